//! Making an object, or finding that it is there as it is wanted.
//!
//! The object is looked for before it is made. One that is there after a lost answer, and was not before, is
//! ours where it is what was sent; else somebody has made it meanwhile, and it is never deleted by undo.

use serde::Serialize;
use serde_json::Value;

use super::{
    bodies,
    lost::Lost,
    patience::Patience,
    server::{MANAGER, Server, failed, made, unchanged, unknown},
    wiped::Wiped,
};
use crate::{cluster::Trouble, domain::plan::Done};

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
    let mut patience = server.patience();
    let mut lost: Option<Lost> = None;
    loop {
        let trouble = match server.post(collection, body).await {
            Ok(object) => return Ok(made(&object)),
            Err(trouble) => trouble,
        };
        if lost.is_none() && !server.loses(&trouble) {
            match trouble {
                trouble @ Trouble::AlreadyExists(_) => {
                    return Ok(match lookup(server, &path, &mut patience).await {
                        Lookup::There(there) => met(&there, &fits),
                        Lookup::Absent | Lookup::Unreadable => failed(format!(
                            "{trouble}; it cannot be read, so whether it is the same is not known"
                        )),
                    });
                }
                // A quota is counted by several at once.
                trouble @ Trouble::Conflict(_) => {
                    if !patience.after_conflict().await {
                        return Err(trouble);
                    }
                    continue;
                }
                trouble => return Err(trouble),
            }
        }
        let unanswered = Lost::and(lost.take(), trouble);
        match lookup(server, &path, &mut patience).await {
            Lookup::There(there) => {
                let sent = sent(body)?;
                let is_ours = was_absent && fits(&there).is_ok() && is_as_sent(&there, &sent);
                return Ok(if is_ours {
                    made(&there)
                } else {
                    met(&there, &fits)
                });
            }
            Lookup::Unreadable => return Ok(unknown(&unanswered.to_string())),
            Lookup::Absent => {}
        }
        if !patience.before_look().await {
            return Ok(given_up(&unanswered));
        }
        lost = Some(unanswered);
    }
}

fn sent(body: &impl Serialize) -> Result<Wiped, Trouble> {
    let body = serde_json::to_value(body).map_err(|error| Trouble::Other(error.to_string()))?;
    Ok(Wiped::from(body))
}

/// Whether an object that has come after a lost answer is the one that was sent.
///
/// It was written by us, as far as the server tells who wrote it, nobody has begun to delete it, and it holds
/// what was sent and nothing that the server does not fill in. One that somebody else made meanwhile may be as
/// good, but it is not ours to delete.
fn is_as_sent(there: &Value, sent: &Value) -> bool {
    let managers = there.pointer("/metadata/managedFields");
    let is_ours = managers.and_then(Value::as_array).is_none_or(|managers| {
        managers.iter().any(|entry| {
            entry.get("manager").and_then(Value::as_str) == Some(MANAGER)
                && entry.get("operation").and_then(Value::as_str) == Some("Update")
        })
    });
    // Of these the server fills in nothing.
    let is_equal = ["type", "data", "immutable", "imagePullSecrets"]
        .iter()
        .all(|field| there.get(field) == sent.get(field));
    is_ours
        && bodies::deleting(there).is_none()
        && is_equal
        && bodies::meta(there) == bodies::meta(sent)
        && contains(
            there.get("spec").unwrap_or(&Value::Null),
            sent.get("spec").unwrap_or(&Value::Null),
        )
}

/// Whether a value has all of another one; the server fills in fields.
fn contains(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => wanted.iter().all(|(field, wanted)| {
            there
                .get(field)
                .is_some_and(|there| contains(there, wanted))
        }),
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len()
                && there
                    .iter()
                    .zip(wanted)
                    .all(|(one, other)| contains(one, other))
        }
        // What was not sent is the server's.
        (_, Value::Null) => true,
        (there, wanted) => there == wanted,
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

fn given_up(lost: &Lost) -> Done {
    if lost.may_come() {
        return unknown(&lost.to_string());
    }
    failed(format!("{lost}; it was looked for, and is not there"))
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
            Ok(done) => (
                done.outcome,
                matches!(done.before, Some(Before::Made { .. })),
            ),
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

    #[tokio::test(start_paused = true)]
    async fn a_refusal_after_a_lost_answer_does_not_say_that_nothing_was_stored() {
        for refused in [403, 404, 422, 429, 500] {
            let posts = [(504, ""), (refused, "")];
            let (never, _) = outcome(&[absent()], &posts).await;
            assert!(matches!(never, Outcome::Unknown(_)), "{refused}: {never:?}");
            let late = [absent(), absent(), object("wanted")];
            let late = outcome(&late, &posts).await;
            assert_eq!(late, (Outcome::Applied, true), "{refused}");
        }
        let (refused, _) = outcome(&[absent()], &[(403, "")]).await;
        assert!(matches!(refused, Outcome::Failed(_)), "{refused:?}");
    }

    #[test]
    fn what_a_colleague_has_made_meanwhile_is_not_ours() {
        let sent = json!({
            "metadata": {"name": "web", "labels": {"app.kubernetes.io/managed-by": "pullscope"}},
        });
        let with = |pointer: &str, field: &str, value: Value| {
            let mut there = sent.clone();
            there["metadata"]["uid"] = json!("u");
            there["metadata"]["managedFields"] =
                json!([{"manager": "pullscope", "operation": "Update"}]);
            there.pointer_mut(pointer).unwrap()[field] = value;
            is_as_sent(&there, &sent)
        };
        assert!(with("", "secrets", json!([{"name": "web-token"}])));
        let by = |manager: &str| json!([{"manager": manager, "operation": "Update"}]);
        assert!(!with("/metadata", "managedFields", by("kubectl-create")));
        assert!(!with("/metadata", "labels", json!({"team": "a"})));
        assert!(!with("/metadata", "annotations", json!({"note": "theirs"})));
        assert!(!with(
            "/metadata",
            "deletionTimestamp",
            json!("2026-11-30T10:00:00Z")
        ));
        assert!(!with("", "imagePullSecrets", json!([{"name": "theirs"}])));
    }

    #[test]
    fn what_the_server_fills_in_is_no_difference() {
        let sent = json!({"spec": {"replicas": 1, "containers": [{"name": "a", "image": "a:1"}]}});
        let there = |image: &str, more: Value| {
            let container = json!({"name": "a", "image": image, "imagePullPolicy": "Always"});
            json!({
                "metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}},
                "spec": {"replicas": 1, "paused": false, "containers": [container]},
                "data": more,
            })
        };
        let mut good = there("a:1", Value::Null);
        good.as_object_mut().unwrap().remove("data");
        assert!(is_as_sent(&good, &sent));
        assert!(!is_as_sent(&there("a:2", Value::Null), &sent));
        assert!(!is_as_sent(&there("a:1", json!({"x": "y"})), &sent));
    }
}
