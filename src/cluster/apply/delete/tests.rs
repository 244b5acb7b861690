//! What deleting an object ends with: lost answers, and objects that are no longer what they were.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::Method;
use tokio::time::Instant;

use super::*;
use crate::cluster::{apply::api::WriteMode, mock};

const CONFLICT: &str = r#"{"message":"precondition failed","reason":"Conflict"}"#;

fn object(uid: &str, version: &str) -> (u16, Value) {
    (
        200,
        json!({"metadata": {"uid": uid, "resourceVersion": version}}),
    )
}

/// What becomes of a deletion on a server that answers to deletions in this order, and to reads so.
async fn deleted(
    seen: Precondition,
    deletions: &[(u16, &str)],
    read: (u16, Value),
) -> DeleteOutcome {
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
    let server = ApiServer::new(&connection, WriteMode::Apply);
    delete(server, "/x", &seen).await.unwrap()
}

fn state() -> Precondition {
    Precondition::State(ObjectVersion {
        uid: "u".to_owned(),
        version: "1".to_owned(),
    })
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_is_lost_is_looked_after() {
    let lost = [(504, "")];
    let gone = deleted(state(), &lost, (404, json!({}))).await;
    assert!(matches!(gone, DeleteOutcome::Gone), "{gone:?}");
    let another = deleted(state(), &lost, object("v", "9")).await;
    assert!(matches!(another, DeleteOutcome::Gone), "{another:?}");
    let again = deleted(state(), &[(504, ""), (200, "{}")], object("u", "1")).await;
    assert!(matches!(again, DeleteOutcome::Gone), "{again:?}");
    let changed = deleted(state(), &lost, object("u", "2")).await;
    assert!(matches!(changed, DeleteOutcome::Changed), "{changed:?}");
    let never = deleted(state(), &lost, object("u", "1")).await;
    assert!(matches!(never, DeleteOutcome::Unknown(_)), "{never:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_a_pod_is_told_by_deleting_it_again() {
    let pod = || Precondition::Object("u".to_owned());
    let forbidden = || (403, json!({}));
    for answer in [(404, ""), (200, "{}")] {
        let gone = deleted(pod(), &[(504, ""), answer], forbidden()).await;
        assert!(matches!(gone, DeleteOutcome::Gone), "{answer:?}: {gone:?}");
    }
    let other = deleted(pod(), &[(409, CONFLICT)], forbidden()).await;
    assert!(matches!(other, DeleteOutcome::Changed), "{other:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_does_not_say_that_it_is_still_there() {
    for refused in [403, 409, 422, 429, 500, 503] {
        let answers = [(504, ""), (refused, "")];
        let never = deleted(state(), &answers, object("u", "1")).await;
        assert!(
            matches!(never, DeleteOutcome::Unknown(_)),
            "{refused}: {never:?}"
        );
        let gone = deleted(state(), &answers, (404, json!({}))).await;
        assert!(matches!(gone, DeleteOutcome::Gone), "{refused}: {gone:?}");
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
    let server = ApiServer::new(&connection, WriteMode::Apply);
    let (_, object) = made("1", &json!({"replicas": 1}), &json!({}));
    let created = Created {
        revision: Some(patches::object_version(&object)),
        content: patches::content(&object),
        may_come_again: false,
    };
    let done = delete_if_unchanged(server, "/x", &created).await;
    done.unwrap().outcome
}

fn made(version: &str, spec: &Value, annotations: &Value) -> (u16, Value) {
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
    let same = made("7", &json!({"replicas": 1}), &revision);
    assert_eq!(unmade(same, "7").await, Outcome::Applied);
    let scaled = made("7", &json!({"replicas": 3}), &json!({}));
    assert_eq!(unmade(scaled, "7").await, changed);
    let noted = made("7", &json!({"replicas": 1}), &json!({"note": "theirs"}));
    assert_eq!(unmade(noted, "7").await, changed);
    let (code, mut another) = made("7", &json!({"replicas": 1}), &json!({}));
    another["metadata"]["uid"] = json!("v");
    assert_eq!(unmade((code, another), "7").await, changed);
    // Who may not read it deletes it in the state in which it was made.
    let forbidden = || (403, json!({}));
    assert_eq!(unmade(forbidden(), "1").await, Outcome::Applied);
    assert_eq!(unmade(forbidden(), "2").await, changed);
    assert_eq!(unmade((404, json!({})), "1").await, Outcome::Unchanged);
}

/// A creation was stored by its second request; the first is delivered so long after the deletion.
async fn unmade_with_a_late_request(after: Option<Duration>) -> (Outcome, bool) {
    let (_, object) = made("1", &json!({"replicas": 1}), &json!({}));
    let created = Created {
        revision: Some(patches::object_version(&object)),
        content: patches::content(&object),
        may_come_again: true,
    };
    let mut late = object.clone();
    late["metadata"]["uid"] = json!("late");
    // What is there, and since when the late request is on its way.
    let state = Arc::new(Mutex::new((Some(object), None::<Instant>)));
    let held = Arc::clone(&state);
    let connection = mock::server(move |method, _, _| {
        let mut state = held.lock().unwrap();
        if let (Some(since), Some(after)) = (state.1, after)
            && since.elapsed() >= after
        {
            *state = (Some(late.clone()), None);
        }
        if method == Method::DELETE {
            let is_late = state.0.as_ref() == Some(&late);
            *state = (None, (!is_late).then(Instant::now));
            return Some((200, "{}".to_owned()));
        }
        Some(match &state.0 {
            Some(object) => (200, object.to_string()),
            None => (404, String::new()),
        })
    });
    let server = ApiServer::new(&connection, WriteMode::Apply);
    let done = delete_if_unchanged(server, "/x", &created).await.unwrap();
    let is_there = state.lock().unwrap().0.is_some();
    (done.outcome, is_there)
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_after_it_was_taken_back_is_deleted_again() {
    let late = unmade_with_a_late_request(Some(Duration::from_secs(3))).await;
    assert_eq!(late, (Outcome::Applied, false));
    let (never, is_there) = unmade_with_a_late_request(None).await;
    assert!(
        matches!(&never, Outcome::Unknown(why) if why.contains("still create it")),
        "{never:?}"
    );
    assert!(!is_there);
    // Nor is it taken back for good because it is not there when undo is tried again.
    let absent = mock::connection(|_, _| Some((404, String::new())));
    let created = Created {
        revision: None,
        content: 0,
        may_come_again: true,
    };
    let again = async |mode| {
        let done = delete_if_unchanged(ApiServer::new(&absent, mode), "/x", &created).await;
        done.unwrap().outcome
    };
    assert_eq!(again(WriteMode::DryRun).await, Outcome::Unchanged);
    assert_eq!(again(WriteMode::Apply).await, never);
}
