//! Making an object, or finding that it is there as it is wanted.
//!
//! The object is looked for before it is made: of one that is there after a lost answer, and was not before,
//! it is then known whose it is.

use serde::Serialize;
use serde_json::Value;

use super::{
    bodies,
    patience::Patience,
    server::{Server, failed, made, unchanged, unknown},
    wiped::Wiped,
};
use crate::{
    cluster::{Trouble, trouble::Fate},
    domain::plan::Done,
};

/// Makes an object; `fits` says why one that is there already is not as good.
pub(super) async fn create(
    server: Server<'_>,
    collection: &str,
    name: &str,
    body: &impl Serialize,
    fits: impl Fn(&Value) -> Result<(), String>,
) -> Result<Done, Trouble> {
    let path = format!("{collection}/{name}");
    let was_absent = match server.get(&path).await {
        Ok(there) => return Ok(met(&there, &fits)),
        Err(Trouble::NotFound(_)) => true,
        // Whoever may make it need not be allowed to read it.
        Err(_) => false,
    };
    let mut patience = Patience::default();
    let mut lost: Option<Trouble> = None;
    loop {
        match server.post(collection, body).await {
            Ok(object) => return Ok(made(&object)),
            Err(trouble @ Trouble::AlreadyExists(_)) => {
                return match (lookup(server, &path, &mut patience).await, lost) {
                    (Lookup::There(there), Some(_)) => Ok(ours(&there, was_absent, &fits)),
                    (Lookup::There(there), None) => Ok(met(&there, &fits)),
                    (Lookup::Absent | Lookup::Unreadable, Some(lost)) => {
                        Ok(unknown(&lost.to_string()))
                    }
                    (Lookup::Absent | Lookup::Unreadable, None) => Ok(failed(format!(
                        "{trouble}; it cannot be read, so whether it is the same is not known"
                    ))),
                };
            }
            // A quota is counted by several at once.
            Err(trouble @ Trouble::Conflict(_)) => {
                if !patience.after_conflict().await {
                    return Err(trouble);
                }
            }
            Err(trouble) if server.loses(&trouble) => {
                match lookup(server, &path, &mut patience).await {
                    Lookup::There(there) => return Ok(ours(&there, was_absent, &fits)),
                    Lookup::Unreadable => return Ok(unknown(&trouble.to_string())),
                    Lookup::Absent => {}
                }
                if !patience.before_look().await {
                    return Ok(given_up(&trouble));
                }
                lost = Some(trouble);
            }
            Err(trouble) => return Err(trouble),
        }
    }
}

enum Lookup {
    There(Wiped),
    Absent,
    Unreadable,
}

async fn lookup(server: Server<'_>, path: &str, patience: &mut Patience) -> Lookup {
    match super::update::look(server, path, patience).await {
        Ok(Some(there)) => Lookup::There(there),
        Ok(None) => Lookup::Unreadable,
        Err(_) => Lookup::Absent,
    }
}

fn given_up(trouble: &Trouble) -> Done {
    if trouble.fate() == Fate::Pending {
        return unknown(&trouble.to_string());
    }
    failed(format!("{trouble}; it was looked for, and is not there"))
}

/// An object that is there after an answer was lost.
fn ours(there: &Value, was_absent: bool, fits: &impl Fn(&Value) -> Result<(), String>) -> Done {
    if was_absent && bodies::deleting(there).is_none() && fits(there).is_ok() {
        return made(there);
    }
    met(there, fits)
}

/// An object that somebody has made before.
fn met(there: &Value, fits: &impl Fn(&Value) -> Result<(), String>) -> Done {
    if let Some(why) = bodies::deleting(there) {
        return failed(why);
    }
    match fits(there) {
        Ok(()) => unchanged(there),
        Err(why) => failed(why),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::Method;
    use serde_json::json;

    use super::*;
    use crate::{
        cluster::{apply::server::Mode, mock},
        domain::plan::{Before, Outcome},
    };

    const EXISTS: &str = r#"{"message":"x already exists","reason":"AlreadyExists"}"#;
    const QUOTA: &str =
        r#"{"message":"Operation cannot be fulfilled on resourcequotas","reason":"Conflict"}"#;

    /// The outcome of making an object on a server that answers to reads and to posts, each in their order,
    /// and then always like the last time.
    async fn outcome(reads: &[(u16, Value)], posts: &[(u16, &str)]) -> (Outcome, bool) {
        let next = |counter: &Mutex<usize>, most: usize| {
            let mut counter = counter.lock().unwrap();
            *counter += 1;
            (*counter - 1).min(most - 1)
        };
        let (read, posted) = (Mutex::new(0), Mutex::new(0));
        let reads = reads.to_vec();
        let posts: Vec<(u16, String)> = posts
            .iter()
            .map(|(code, text)| (*code, (*text).to_owned()))
            .collect();
        let connection = mock::connection(move |method, _| {
            Some(if method == Method::POST {
                posts[next(&posted, posts.len())].clone()
            } else {
                let (code, body) = &reads[next(&read, reads.len())];
                (*code, body.to_string())
            })
        });
        let server = Server::new(&connection, Mode::Earnest);
        let fits = |there: &Value| {
            let wanted = there["value"] == "wanted";
            wanted.then_some(()).ok_or("it is another one".to_owned())
        };
        let done = create(server, "/x", "a", &json!({}), fits).await;
        match done {
            Ok(done) => (done.outcome, matches!(done.before, Some(Before::Made(_)))),
            Err(trouble) => (Outcome::Failed(trouble.to_string()), false),
        }
    }

    fn object(value: &str) -> (u16, Value) {
        (
            200,
            json!({"metadata": {"uid": "u", "resourceVersion": "1"}, "value": value}),
        )
    }

    fn absent() -> (u16, Value) {
        (404, json!({}))
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_is_there_as_it_is_wanted_is_as_good() {
        let raced = |there| [absent(), there];
        let found = outcome(&raced(object("wanted")), &[(409, EXISTS)]).await;
        assert_eq!(found, (Outcome::Unchanged, false));
        let (found, _) = outcome(&raced(object("other")), &[(409, EXISTS)]).await;
        assert_eq!(found, Outcome::Failed("it is another one".to_owned()));
        let mut going = object("wanted");
        going.1["metadata"]["deletionTimestamp"] = json!("2026-11-30T10:00:00Z");
        going.1["metadata"]["finalizers"] = json!(["example.com/hold"]);
        let (found, _) = outcome(&raced(going), &[(409, EXISTS)]).await;
        assert!(
            matches!(&found, Outcome::Failed(why) if why.contains("example.com/hold")),
            "{found:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_that_is_counted_by_others_too_is_waited_for() {
        let (made, ours) = outcome(&[absent()], &[(409, QUOTA), (409, QUOTA), (201, "{}")]).await;
        assert_eq!((made, ours), (Outcome::Applied, true));
        let (failed, _) = outcome(&[absent()], &[(409, QUOTA)]).await;
        assert!(
            matches!(&failed, Outcome::Failed(why) if why.contains("resourcequotas")),
            "{failed:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_lost_answer_it_is_known_whose_the_object_is() {
        let lost = [(504, "")];
        let ours = outcome(&[absent(), object("wanted")], &lost).await;
        assert_eq!(ours, (Outcome::Applied, true));
        let (theirs, _) = outcome(&[absent(), object("other")], &lost).await;
        assert!(matches!(theirs, Outcome::Failed(_)), "{theirs:?}");
        // Not there yet: made again, and by then the first one has come.
        let late = outcome(
            &[absent(), absent(), object("wanted")],
            &[(504, ""), (409, EXISTS)],
        )
        .await;
        assert_eq!(late, (Outcome::Applied, true));
        let (never, _) = outcome(&[absent()], &lost).await;
        assert!(matches!(never, Outcome::Unknown(_)), "{never:?}");
        let (never, _) = outcome(&[absent()], &[(500, "")]).await;
        assert!(matches!(never, Outcome::Failed(_)), "{never:?}");
    }
}
