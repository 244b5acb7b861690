//! What making an object ends with: races, quotas, lost answers.

use std::sync::Mutex;

use http::Method;
use serde_json::json;

use super::*;
use crate::{
    cluster::{apply::api::WriteMode, mock},
    domain::plan::Outcome,
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
    let server = ApiServer::new(&connection, WriteMode::Apply);
    let fits = |there: &Value| {
        let wanted = there["value"] == "wanted";
        wanted.then_some(()).ok_or("it is another one".to_owned())
    };
    let done = create(server, "/x", "a", &json!({}), fits).await;
    match done {
        Ok(creation) => {
            let is_ours = matches!(creation, Creation::Created(_));
            (creation.done_for_good().outcome, is_ours)
        }
        Err(error) => (Outcome::Failed(error.to_string()), false),
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

/// The first look ends without an answer: nothing is sent before it is known whether the object is there.
#[tokio::test(start_paused = true)]
async fn what_was_created_after_a_look_that_failed_is_ours() {
    let created = Mutex::new(false);
    let looks = Mutex::new(0);
    let connection = mock::server(move |method, _, _| {
        let mut created = created.lock().unwrap();
        let mut looks = looks.lock().unwrap();
        Some(match *method {
            // Stored, and the answer is lost.
            Method::POST => {
                *created = true;
                (504, Value::Null)
            }
            _ if *looks == 0 => {
                *looks += 1;
                (504, Value::Null)
            }
            _ if *created => object("wanted"),
            _ => absent(),
        })
        .map(|(code, body): (u16, Value)| (code, body.to_string()))
    });
    let server = ApiServer::new(&connection, WriteMode::Apply);
    let fits = |there: &Value| {
        let wanted = there["value"] == "wanted";
        wanted.then_some(()).ok_or("it is another one".to_owned())
    };
    let creation = create(server, "/x", "a", &json!({}), fits).await.unwrap();
    assert!(matches!(creation, Creation::Created(_)), "{creation:?}");
}
