//! What a conversion keeps, and what becomes of it when the server does not do its part.

use std::sync::{Arc, Mutex};

use http::Method;

use super::*;
use crate::{
    cluster::{Connection, apply::api::WriteMode, mock},
    domain::{
        k8s::object_ref::{Name, Namespace},
        plan::{Reversal, TakeBack},
    },
};

fn key() -> ObjectRef<Secret> {
    ObjectRef::new(Namespace::new("app"), Name::new("regcred"))
}

/// A Secret with a configuration under another key, and all else that one can have.
fn opaque() -> Value {
    let config = r#"{"auths":{"ghcr.io":{"username":"bot","password":"canary"}}}"#;
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
        "metadata": {
            "name": "regcred", "namespace": "app", "uid": "u", "resourceVersion": "7",
            "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": [{"manager": "m"}],
            "labels": {"team": "a"}, "annotations": {"note": "b"},
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1"}],
        },
        "data": {"config.json": BASE64_STANDARD.encode(config), "other": "aXJyZXBsYWNlYWJsZQ=="},
    })
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A server with this Secret that answers to each `POST` that is meant, and to each that is only tried, so.
fn server(
    found: Value,
    meant: impl Fn(usize) -> (u16, String) + Send + Sync + 'static,
    tried: (u16, &'static str),
) -> (Connection, Asked) {
    let asked = Asked::default();
    let heard = Arc::clone(&asked);
    let (there, posts) = (Mutex::new(true), Mutex::new(0));
    let connection = mock::server(move |method, uri, body| {
        let dry = uri
            .query()
            .is_some_and(|query| query.contains("dryRun=All"));
        let name = body.pointer("/metadata/name").and_then(Value::as_str);
        let word = match (method, dry) {
            (&Method::POST, true) => {
                assert_ne!(name, Some("regcred"), "its own name is taken");
                "try"
            }
            (&Method::POST, false) => "make",
            (&Method::DELETE, _) => "delete",
            (_, _) => "read",
        };
        heard.lock().unwrap().push(word.to_owned());
        let mut there = there.lock().unwrap();
        Some(match (word, *there) {
            ("try", _) => (tried.0, tried.1.to_owned()),
            ("make", _) => {
                let mut posts = posts.lock().unwrap();
                *posts += 1;
                meant(*posts)
            }
            ("delete", _) => {
                let seen = body.pointer("/preconditions/resourceVersion");
                assert_eq!(seen, Some(&json!("7")));
                *there = false;
                (200, "{}".to_owned())
            }
            (_, true) => (200, found.to_string()),
            (_, false) => (404, String::new()),
        })
    });
    (connection, asked)
}

fn asked(asked: &Asked, word: &str) -> usize {
    let asked = asked.lock().unwrap();
    asked.iter().filter(|one| *one == word).count()
}

async fn converted(connection: &Connection) -> ChangeResult {
    let server = ApiServer::new(connection, WriteMode::Apply);
    convert(server, &ConvertSecret::new(key())).await.unwrap()
}

/// What was made of the Secret, as the undo knows it.
fn known_after(done: &ChangeResult) -> Option<ObjectVersion> {
    match &done.undo {
        Some(Change::TakeBack(TakeBack {
            reversal: Reversal::Type { before, .. },
            ..
        })) => before.after.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_that_a_secret_holds_is_kept() {
    let found = opaque();
    let (source, made) = replacement(&found).unwrap();
    assert_eq!(source, "config.json");
    let mut wanted = found.clone();
    wanted["type"] = json!(TYPE);
    wanted["data"][KEY] = found["data"]["config.json"].clone();
    let meta = wanted["metadata"].as_object_mut().unwrap();
    for field in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
    ] {
        meta.remove(field);
    }
    assert_eq!(*made, wanted);
}

#[test]
fn what_the_kubelet_reads_is_taken_before_anything_else() {
    let mut found = opaque();
    found["data"]["a"] = found["data"]["config.json"].clone();
    found["data"][KEY] = json!(BASE64_STANDARD.encode(r#"{"auths":{}}"#));
    let (source, made) = replacement(&found).unwrap();
    assert_eq!(source, KEY);
    assert_eq!(made["data"], found["data"]);
    found["data"][KEY] = json!(BASE64_STANDARD.encode("{}"));
    let (source, made) = replacement(&found).unwrap();
    assert_eq!(source, "a");
    assert_eq!(made["data"][KEY], found["data"]["a"]);
}

/// The kubelet reads none of these, and each has a configuration in it.
#[test]
fn a_configuration_in_another_form_is_written_as_the_kubelet_reads_it() {
    let entries = r#"{"ghcr.io":{"username":"bot","password":"canary"}}"#;
    let config = format!(r#"{{"auths":{entries}}}"#);
    let encode = |text: &str| BASE64_STANDARD.encode(text);
    for (what, key, stored) in [
        (
            "a byte order mark",
            KEY,
            encode(&format!("\u{feff}{config}")),
        ),
        ("encoded twice", "config", encode(&encode(&config))),
        (
            "encoded twice, with a newline",
            KEY,
            encode(&format!("{}\n", encode(&config))),
        ),
        ("a .dockercfg", ".dockercfg", encode(entries)),
    ] {
        let mut found = opaque();
        found["data"] = json!({ key: stored, "password": encode("canary") });
        let (source, made) = replacement(&found).unwrap();
        assert_eq!(source, key, "{what}");
        assert_eq!(made["data"][KEY], json!(encode(&config)), "{what}");
    }
    let mut found = opaque();
    found["data"] = json!({ "username": encode("bot"), "other": encode(entries) });
    assert!(replacement(&found).is_none(), "a login alone is none");
}

#[tokio::test]
async fn what_the_server_would_not_take_is_known_before_the_old_one_goes() {
    let refused = r#"{"message":"denied by policy","reason":"Forbidden"}"#;
    let (connection, heard) = server(opaque(), |_| (201, "{}".to_owned()), (403, refused));
    let done = converted(&connection).await;
    assert!(
        matches!(&done.outcome, Outcome::Failed(why) if why.contains("denied by policy")),
        "{done:?}"
    );
    assert_eq!(asked(&heard, "delete"), 0);
}

#[tokio::test]
async fn a_secret_that_would_not_be_gone_at_once_is_not_deleted() {
    let mut found = opaque();
    found["metadata"]["finalizers"] = json!(["example.com/hold"]);
    let (connection, heard) = server(found, |_| (201, "{}".to_owned()), (201, "{}"));
    let done = converted(&connection).await;
    assert!(
        matches!(&done.outcome, Outcome::Failed(why) if why.contains("example.com/hold")),
        "{done:?}"
    );
    assert_eq!(asked(&heard, "delete"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_busy_is_asked_again() {
    let new = opaque().to_string();
    let answer = move |number| match number {
        1 | 2 => (
            503,
            r#"{"message":"apiserver is shutting down"}"#.to_owned(),
        ),
        _ => (201, new.clone()),
    };
    let (connection, _) = server(opaque(), answer, (201, "{}"));
    let done = converted(&connection).await;
    assert_eq!(done.outcome, Outcome::Applied, "{done:?}");
    assert!(known_after(&done).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_put_back_is_kept_and_made_again_by_hand() {
    let full = |_| (507, r#"{"message":"no room"}"#.to_owned());
    let (connection, heard) = server(opaque(), full, (201, "{}"));
    let done = converted(&connection).await;
    let Outcome::Failed(why) = &done.outcome else {
        panic!("{done:?}");
    };
    assert!(why.contains("could not be restored: "), "{why}");
    assert!(
        !why.contains("u tries"),
        "it is printed after the end too: {why}"
    );
    assert!(
        why.contains("create secret docker-registry regcred"),
        "{why}"
    );
    assert!(!format!("{done:?}").contains("canary"));
    assert_eq!(known_after(&done), None);
    assert!(asked(&heard, "make") > 2, "it does not give up at once");
}

#[tokio::test(start_paused = true)]
async fn what_was_made_by_an_attempt_whose_end_was_not_known_can_be_taken_back() {
    // The first attempt ends without an answer, and the object comes later.
    let count = Mutex::new(0);
    let found = opaque();
    let made = {
        let (_, made) = replacement(&found).unwrap();
        let mut made = Value::clone(&made);
        made["metadata"]["uid"] = json!("v");
        made["metadata"]["resourceVersion"] = json!("9");
        made
    };
    let state = Mutex::new(("old", found));
    let connection = mock::server(move |method, uri, _| {
        let dry = uri
            .query()
            .is_some_and(|query| query.contains("dryRun=All"));
        let mut state = state.lock().unwrap();
        Some(match (method, dry) {
            (&Method::POST, true) => (201, "{}".to_owned()),
            (&Method::POST, false) => {
                let mut count = count.lock().unwrap();
                *count += 1;
                (504, String::new())
            }
            (&Method::DELETE, _) => {
                *state = ("gone", Value::Null);
                (200, "{}".to_owned())
            }
            (_, _) if state.0 == "gone" && *count.lock().unwrap() > 5 => {
                *state = ("made", made.clone());
                (404, String::new())
            }
            (_, _) if state.0 == "gone" => (404, String::new()),
            (_, _) => (200, state.1.to_string()),
        })
    });
    let done = converted(&connection).await;
    assert_eq!(done.outcome, Outcome::Applied, "{done:?}");
    assert_eq!(known_after(&done).unwrap().version, "9");
}

/// Each phase runs into its limit, and the end of the program does not come before.
#[tokio::test(start_paused = true)]
async fn a_conversion_ends_within_its_limit() {
    for hangs in ["delete", "make", "read"] {
        let found = opaque();
        let there = Mutex::new(true);
        let mut connection = mock::server(move |method, uri, _| {
            let dry = uri
                .query()
                .is_some_and(|query| query.contains("dryRun=All"));
            let mut there = there.lock().unwrap();
            match (method, dry) {
                (&Method::POST, true) => Some((201, "{}".to_owned())),
                (&Method::POST, false) if hangs == "make" => None,
                (&Method::POST, false) => Some((504, String::new())),
                (&Method::DELETE, _) if hangs == "delete" => None,
                (&Method::DELETE, _) => {
                    *there = false;
                    Some((200, "{}".to_owned()))
                }
                (_, _) if *there => Some((200, found.to_string())),
                (_, _) if hangs == "read" => None,
                (_, _) => Some((404, String::new())),
            }
        });
        connection.request_limit = Duration::from_secs(600);
        let begun = Instant::now();
        let done = converted(&connection).await;
        assert!(done.is_lost && done.undo.is_some(), "{hangs}: {done:?}");
        let took = begun.elapsed();
        assert!(took > REQUEST, "{hangs}: it does not give up at once");
        assert!(took <= CONVERSION_LIMIT, "{hangs}: {took:?}");
    }
}

/// A deletion whose answer is lost, and that is refused when it is asked for again: it may come late.
#[tokio::test(start_paused = true)]
async fn a_deletion_that_may_come_late_keeps_what_was_there() {
    let found = opaque();
    let deletions = Mutex::new(0);
    let connection = mock::server(move |method, _, _| {
        Some(match *method {
            Method::POST => (201, "{}".to_owned()),
            Method::DELETE => {
                let mut deletions = deletions.lock().unwrap();
                *deletions += 1;
                (if *deletions == 1 { 504 } else { 429 }, String::new())
            }
            _ => (200, found.to_string()),
        })
    });
    let done = converted(&connection).await;
    assert!(
        matches!(&done.outcome, Outcome::Unknown(why) if why.contains("secret docker-registry regcred")),
        "the commands are told: {done:?}"
    );
    assert!(done.is_lost && done.undo.is_some());
}

#[test]
fn the_commands_are_there_whichever_way_the_secret_is_converted() {
    let old = SecretValue::from(opaque());
    let (_, new) = replacement(&old).unwrap();
    let empty = || SecretValue::from(json!({}));
    for sides in [
        [&new, &old],
        [&old, &new],
        [&old, &empty()],
        [&empty(), &new],
    ] {
        let told = manual_commands(&key(), sides);
        assert!(
            told.starts_with("; to restore its credentials by hand"),
            "{told}"
        );
        assert!(
            told.contains("create secret docker-registry regcred"),
            "{told}"
        );
        assert!(!told.contains("canary"));
    }
    assert_eq!(
        manual_commands(&key(), [&empty(), &empty()]),
        "; restore it from a backup"
    );
}

#[tokio::test]
async fn a_long_name_is_cut_where_it_stays_a_name() {
    for end in [".", "-", "a"] {
        let name = format!("{}{end}{}", "a".repeat(235), "b".repeat(17));
        let asked = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&asked);
        let connection = mock::server(move |_, _, body| {
            let name = body.pointer("/metadata/name").and_then(Value::as_str);
            name.unwrap_or_default()
                .clone_into(&mut heard.lock().unwrap());
            Some((201, "{}".to_owned()))
        });
        let key = ObjectRef::new(Namespace::new("app"), Name::new(name));
        let server = ApiServer::new(&connection, WriteMode::Apply);
        let wanted = SecretValue::from(opaque());
        dry_run_under_other_name(server, &key, &wanted)
            .await
            .unwrap();
        let name = asked.lock().unwrap();
        assert!(name.len() <= LONGEST_NAME);
        let labels = name.split('.');
        let is_label = |label: &str| !label.is_empty() && !label.starts_with('-');
        assert!(labels.clone().all(is_label), "{name}");
        assert!(labels.clone().all(|label| !label.ends_with('-')), "{name}");
    }
}

/// Whatever the server refuses for some seconds after the old Secret is gone, one of the two is there in the end.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_passes_loses_no_secret() {
    for (code, body, seconds) in [
        (403, r#"{"message":"exceeded quota"}"#, 4),
        (401, r#"{"message":"Unauthorized"}"#, 30),
        (429, "", 40),
        (408, "", 4),
    ] {
        let begun = Instant::now();
        let found = opaque();
        let there = Mutex::new(Some(found));
        let connection = mock::server(move |method, uri, sent| {
            let dry = uri
                .query()
                .is_some_and(|query| query.contains("dryRun=All"));
            let mut there = there.lock().unwrap();
            Some(match (method, dry) {
                (&Method::POST, true) => (201, "{}".to_owned()),
                (&Method::POST, false) if begun.elapsed() < Duration::from_secs(seconds) => {
                    (code, body.to_owned())
                }
                (&Method::POST, false) => {
                    let mut made = sent.clone();
                    made["metadata"]["uid"] = json!("v");
                    *there = Some(made.clone());
                    (201, made.to_string())
                }
                (&Method::DELETE, _) => {
                    *there = None;
                    (200, "{}".to_owned())
                }
                (_, _) => match &*there {
                    Some(there) => (200, there.to_string()),
                    None => (404, String::new()),
                },
            })
        });
        let done = converted(&connection).await;
        assert!(!done.is_lost, "{code}: {done:?}");
    }
}

/// The request for the new Secret is given up, comes late, and the server refuses whatever is asked since.
#[tokio::test(start_paused = true)]
async fn what_came_late_is_not_said_to_be_lost() {
    let (_, wanted) = replacement(&opaque()).unwrap();
    let mut made = Value::clone(&wanted);
    made["metadata"]["uid"] = json!("v");
    made["metadata"]["resourceVersion"] = json!("9");
    let since = Mutex::new(None::<Instant>);
    let connection = mock::server(move |method, uri, _| {
        let dry = uri
            .query()
            .is_some_and(|query| query.contains("dryRun=All"));
        let mut since = since.lock().unwrap();
        let is_late = since.is_some_and(|at| at.elapsed() > CREATING);
        Some(match (method, dry) {
            (&Method::POST, true) => (201, "{}".to_owned()),
            (&Method::POST, false) => (403, String::new()),
            (&Method::DELETE, _) => {
                *since = Some(Instant::now());
                (200, "{}".to_owned())
            }
            (_, _) if is_late => (200, made.to_string()),
            (_, _) if since.is_some() => (404, String::new()),
            (_, _) => (200, opaque().to_string()),
        })
    });
    let done = converted(&connection).await;
    assert_eq!(done.outcome, Outcome::Applied, "{done:?}");
    assert!(!done.is_lost);
    assert!(known_after(&done).is_some(), "{done:?}");
}

#[tokio::test(start_paused = true)]
async fn who_takes_the_name_meanwhile_is_not_waited_for() {
    let mut theirs = opaque();
    theirs["data"] = json!({"theirs": "YQ=="});
    theirs["metadata"]["uid"] = json!("theirs");
    let deleted = Mutex::new(false);
    let connection = mock::server(move |method, uri, _| {
        let dry = uri
            .query()
            .is_some_and(|query| query.contains("dryRun=All"));
        let mut deleted = deleted.lock().unwrap();
        Some(match (method, dry, *deleted) {
            (&Method::POST, true, _) => (201, "{}".to_owned()),
            (&Method::DELETE, ..) => {
                *deleted = true;
                (200, "{}".to_owned())
            }
            (_, _, true) => (200, theirs.to_string()),
            (_, _, false) => (200, opaque().to_string()),
        })
    });
    let begun = Instant::now();
    let done = converted(&connection).await;
    assert!(done.is_lost && done.undo.is_some(), "{done:?}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn only_what_was_shown_is_converted() {
    let mut theirs = opaque();
    theirs["metadata"]["labels"]["team"] = json!("theirs");
    for (there, is_good) in [(opaque(), true), (theirs, false)] {
        let (connection, heard) = server(there, |_| (201, "{}".to_owned()), (201, "{}"));
        let change = ConvertSecret {
            before: Some(observed(&opaque())),
            ..ConvertSecret::new(key())
        };
        let server = ApiServer::new(&connection, WriteMode::Apply);
        let done = convert(server, &change).await.unwrap();
        assert_eq!(done.outcome.is_good(), is_good, "{done:?}");
        assert_eq!(asked(&heard, "delete"), usize::from(is_good));
    }
}
