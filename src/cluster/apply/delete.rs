//! Deleting an object in the state that was seen, and no other.

use serde_json::{Value, json};

use super::{
    bodies,
    patience::Patience,
    server::{Server, failed, unknown, with_traces},
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
    let mut patience = Patience::default();
    let mut lost: Option<Trouble> = None;
    loop {
        match (server.delete(path, seen.preconditions()).await, lost.take()) {
            (Ok(answer), _) => {
                return Ok(match bodies::deleting(&answer) {
                    Some(why) => Deleted::Lingers(why),
                    None => Deleted::Gone,
                });
            }
            (Err(Trouble::NotFound(_)), None) => return Ok(Deleted::Absent),
            (Err(Trouble::NotFound(_)), Some(_)) => return Ok(Deleted::Gone),
            (Err(Trouble::Conflict(_)), None) => return Ok(Deleted::Changed),
            (Err(Trouble::Conflict(_)), Some(trouble)) => {
                let after = after_loss(server, path, seen, &mut patience).await;
                return Ok(after.unwrap_or(Deleted::Unknown(trouble.to_string())));
            }
            (Err(trouble), _) if server.loses(&trouble) => {
                if let Some(ended) = after_loss(server, path, seen, &mut patience).await {
                    return Ok(ended);
                }
                // With its preconditions it can be asked for again: a later one is not deleted.
                if seen.uid().is_none() || !patience.before_look().await {
                    return Ok(Deleted::Unknown(trouble.to_string()));
                }
                lost = Some(trouble);
            }
            (Err(trouble), _) => return Err(trouble),
        }
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

/// Deletes what a change has made, unless it is another one by now.
pub(super) async fn unmake(server: Server<'_>, path: &str, seen: &Seen) -> Result<Done, Trouble> {
    Ok(match delete(server, path, seen).await? {
        Deleted::Gone | Deleted::Lingers(_) => Done::new(Outcome::Applied),
        Deleted::Absent => Done::new(Outcome::Unchanged),
        Deleted::Changed => failed(super::server::CHANGED),
        Deleted::Unknown(why) => unknown(&why),
    })
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
}
