//! Deleting an object in the state that was seen, and no other.

use serde_json::{Value, json};

use super::{
    bodies,
    lost::Lost,
    patience::Patience,
    server::{CHANGED, Server, failed, unknown, with_traces},
    update::look,
};
use crate::{
    cluster::Trouble,
    domain::plan::{Before, Done, Outcome, Revision},
};

/// What must be so for the object to be deleted.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// This object in this state.
    State(Revision),
    /// This object, whatever was written to it since.
    Object(String),
    /// Whatever bears the name.
    Name,
}

impl Seen {
    fn preconditions(&self) -> Option<Value> {
        match self {
            Self::State(Revision { uid, version }) => {
                Some(json!({ "uid": uid, "resourceVersion": version }))
            }
            Self::Object(uid) => Some(json!({ "uid": uid })),
            Self::Name => None,
        }
    }

    fn uid(&self) -> Option<&str> {
        match self {
            Self::State(Revision { uid, .. }) | Self::Object(uid) => Some(uid),
            Self::Name => None,
        }
    }
}

/// What became of a deletion.
#[derive(Debug)]
pub(super) enum Deleted {
    Gone,
    /// It is marked, and stays until its grace period is over or these finalizers are removed.
    Lingers(String),
    /// It was not there.
    Absent,
    /// It is another one by now, or in another state.
    Changed,
    Unknown(String),
}

pub(super) async fn delete(
    server: Server<'_>,
    path: &str,
    seen: &Seen,
) -> Result<Deleted, Trouble> {
    let mut patience = server.patience();
    let mut lost: Option<Lost> = None;
    loop {
        let trouble = match server.delete(path, seen.preconditions()).await {
            Ok(answer) => {
                return Ok(match bodies::deleting(&answer) {
                    Some(why) => Deleted::Lingers(why),
                    None => Deleted::Gone,
                });
            }
            Err(trouble) => trouble,
        };
        if lost.is_none() && !server.loses(&trouble) {
            return match trouble {
                Trouble::NotFound(_) => Ok(Deleted::Absent),
                Trouble::Conflict(_) => Ok(Deleted::Changed),
                trouble => Err(trouble),
            };
        }
        if matches!(trouble, Trouble::NotFound(_)) {
            return Ok(Deleted::Gone);
        }
        // It is another one by now, or in another state: to ask again is of no use.
        let is_over = matches!(trouble, Trouble::Conflict(_));
        let unanswered = Lost::and(lost.take(), trouble);
        if let Some(ended) = after_loss(server, path, seen, &mut patience).await {
            return Ok(ended);
        }
        // With its preconditions it can be asked for again: a later one is not deleted.
        if is_over || seen.uid().is_none() || !patience.before_look().await {
            return Ok(Deleted::Unknown(unanswered.to_string()));
        }
        lost = Some(unanswered);
    }
}

/// What is seen of a deletion whose answer was lost; `None`: the object is there as it was, or cannot be
/// read.
async fn after_loss(
    server: Server<'_>,
    path: &str,
    seen: &Seen,
    patience: &mut Patience,
) -> Option<Deleted> {
    match look(server, path, patience).await {
        Err(_) => Some(Deleted::Gone),
        Ok(None) => None,
        Ok(Some(there)) => {
            let now = bodies::revision(&there);
            if seen.uid().is_some_and(|uid| uid != now.uid) {
                return Some(Deleted::Gone);
            }
            if let Some(why) = bodies::deleting(&there) {
                return Some(Deleted::Lingers(why));
            }
            match seen {
                Seen::State(seen) if *seen != now => Some(Deleted::Changed),
                Seen::State(_) | Seen::Object(_) | Seen::Name => None,
            }
        }
    }
}

/// Deletes an object as it is now, and keeps it.
pub(super) async fn remove(server: Server<'_>, path: &str) -> Result<Done, Trouble> {
    let found = match server.get(path).await {
        Err(Trouble::NotFound(_)) => return Ok(Done::new(Outcome::Unchanged)),
        found => found?,
    };
    let seen = Seen::State(bodies::revision(&found));
    let before = || Some(Before::was(&found, None));
    let done = match delete(server, path, &seen).await? {
        Deleted::Gone | Deleted::Lingers(_) => Done {
            before: before(),
            ..Done::new(Outcome::Applied)
        },
        Deleted::Absent => Done::new(Outcome::Unchanged),
        Deleted::Changed => {
            failed("somebody has just changed it: look at it again before it is deleted")
        }
        Deleted::Unknown(why) => Done {
            before: before(),
            ..unknown(&why)
        },
    };
    Ok(with_traces(&found, done))
}

/// Deletes what a change has made, if it still holds what it did then (`content`: a hash of that).
///
/// It is deleted in the state in which it was compared. Who may not read it deletes it in the state in which
/// it was made, or not at all.
pub(super) async fn unmake(
    server: Server<'_>,
    path: &str,
    made: &Revision,
    content: u64,
) -> Result<Done, Trouble> {
    let mut patience = server.patience();
    loop {
        let (seen, was_read) = match server.get(path).await {
            Ok(found) if server.expects() => {
                let now = bodies::revision(&found);
                if now.uid != made.uid || bodies::content(&found) != content {
                    return Ok(failed(CHANGED));
                }
                (now, true)
            }
            // In a rehearsal an earlier change of the plan has yet to put its content back.
            Ok(found) => (bodies::revision(&found), true),
            Err(Trouble::NotFound(_)) => return Ok(Done::new(Outcome::Unchanged)),
            Err(Trouble::Forbidden(_)) => (made.clone(), false),
            Err(trouble) => return Err(trouble),
        };
        return Ok(match delete(server, path, &Seen::State(seen)).await? {
            Deleted::Gone | Deleted::Lingers(_) => Done::new(Outcome::Applied),
            Deleted::Absent => Done::new(Outcome::Unchanged),
            // A Deployment's status is written all the time.
            Deleted::Changed if was_read && patience.after_conflict().await => continue,
            Deleted::Changed => failed(CHANGED),
            Deleted::Unknown(why) => unknown(&why),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::Method;

    use super::*;
    use crate::cluster::{apply::server::Mode, mock};

    const CONFLICT: &str = r#"{"message":"precondition failed","reason":"Conflict"}"#;

    fn object(uid: &str, version: &str) -> (u16, Value) {
        (
            200,
            json!({"metadata": {"uid": uid, "resourceVersion": version}}),
        )
    }

    /// What becomes of a deletion on a server that answers to deletions in this order, and to reads so.
    async fn deleted(seen: Seen, deletions: &[(u16, &str)], read: (u16, Value)) -> Deleted {
        let deletions: Vec<(u16, String)> = deletions
            .iter()
            .map(|(code, text)| (*code, (*text).to_owned()))
            .collect();
        let count = Mutex::new(0);
        let connection = mock::server(move |method, _, body| {
            if method != Method::DELETE {
                return Some((read.0, read.1.to_string()));
            }
            assert!(body.get("preconditions").is_some(), "{body}");
            let mut count = count.lock().unwrap();
            *count += 1;
            Some(deletions[(*count - 1).min(deletions.len() - 1)].clone())
        });
        let server = Server::new(&connection, Mode::Earnest);
        delete(server, "/x", &seen).await.unwrap()
    }

    fn state() -> Seen {
        Seen::State(Revision {
            uid: "u".to_owned(),
            version: "1".to_owned(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_deletion_whose_answer_is_lost_is_looked_after() {
        let lost = [(504, "")];
        let gone = deleted(state(), &lost, (404, json!({}))).await;
        assert!(matches!(gone, Deleted::Gone), "{gone:?}");
        let another = deleted(state(), &lost, object("v", "9")).await;
        assert!(matches!(another, Deleted::Gone), "{another:?}");
        let again = deleted(state(), &[(504, ""), (200, "{}")], object("u", "1")).await;
        assert!(matches!(again, Deleted::Gone), "{again:?}");
        let changed = deleted(state(), &lost, object("u", "2")).await;
        assert!(matches!(changed, Deleted::Changed), "{changed:?}");
        let never = deleted(state(), &lost, object("u", "1")).await;
        assert!(matches!(never, Deleted::Unknown(_)), "{never:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_read_a_pod_is_told_by_deleting_it_again() {
        let pod = || Seen::Object("u".to_owned());
        let forbidden = || (403, json!({}));
        for answer in [(404, ""), (200, "{}")] {
            let gone = deleted(pod(), &[(504, ""), answer], forbidden()).await;
            assert!(matches!(gone, Deleted::Gone), "{answer:?}: {gone:?}");
        }
        let other = deleted(pod(), &[(409, CONFLICT)], forbidden()).await;
        assert!(matches!(other, Deleted::Changed), "{other:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_after_a_lost_answer_does_not_say_that_it_is_still_there() {
        for refused in [403, 409, 422, 429, 500, 503] {
            let answers = [(504, ""), (refused, "")];
            let never = deleted(state(), &answers, object("u", "1")).await;
            assert!(matches!(never, Deleted::Unknown(_)), "{refused}: {never:?}");
            let gone = deleted(state(), &answers, (404, json!({}))).await;
            assert!(matches!(gone, Deleted::Gone), "{refused}: {gone:?}");
        }
    }

    /// What becomes of an object that a change has made, on a server that answers to reads so and takes a
    /// deletion in this version only.
    async fn unmade(read: (u16, Value), version: &'static str) -> Outcome {
        let connection = mock::server(move |method, _, body| {
            if method != Method::DELETE {
                return Some((read.0, read.1.to_string()));
            }
            let wanted = json!({"uid": "u", "resourceVersion": version});
            Some(if body.get("preconditions") == Some(&wanted) {
                (200, "{}".to_owned())
            } else {
                (409, CONFLICT.to_owned())
            })
        });
        let server = Server::new(&connection, Mode::Earnest);
        let (_, object) = made("1", json!({"replicas": 1}), json!({}));
        let content = bodies::content(&object);
        let done = unmake(server, "/x", &bodies::revision(&object), content).await;
        done.unwrap().outcome
    }

    fn made(version: &str, spec: Value, annotations: Value) -> (u16, Value) {
        let meta = json!({
            "uid": "u", "resourceVersion": version, "generation": 2, "annotations": annotations,
        });
        let status = json!({"observedGeneration": version});
        (
            200,
            json!({"metadata": meta, "spec": spec, "status": status}),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_change_has_made_is_deleted_only_as_it_was_made() {
        let changed = Outcome::Failed(CHANGED.to_owned());
        let revision = json!({"deployment.kubernetes.io/revision": "1"});
        let same = made("7", json!({"replicas": 1}), revision);
        assert_eq!(unmade(same, "7").await, Outcome::Applied);
        let scaled = made("7", json!({"replicas": 3}), json!({}));
        assert_eq!(unmade(scaled, "7").await, changed);
        let noted = made("7", json!({"replicas": 1}), json!({"note": "theirs"}));
        assert_eq!(unmade(noted, "7").await, changed);
        let (code, mut another) = made("7", json!({"replicas": 1}), json!({}));
        another["metadata"]["uid"] = json!("v");
        assert_eq!(unmade((code, another), "7").await, changed);
        // Who may not read it deletes it in the state in which it was made.
        let forbidden = || (403, json!({}));
        assert_eq!(unmade(forbidden(), "1").await, Outcome::Applied);
        assert_eq!(unmade(forbidden(), "2").await, changed);
        assert_eq!(unmade((404, json!({})), "1").await, Outcome::Unchanged);
    }
}
