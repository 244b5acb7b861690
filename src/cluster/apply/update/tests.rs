//! One object on a server whose answers get lost, and that somebody else writes too.

use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::json;

use super::*;
use crate::{
    cluster::{Connection, apply::api::WriteMode, mock},
    domain::{
        fixtures::key,
        plan::{Outcome, SetPaused},
    },
};

/// What becomes of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fall {
    Stored,
    /// Stored, and answered with this status all the same.
    Lost(u16),
    /// Not stored, and answered with this status.
    Dropped(u16),
    /// Answered with 504, and stored only after the next time that the object was read.
    Delayed,
    /// Somebody else writes this just before.
    Behind(&'static str),
    /// Stored, and then somebody writes a field beside it; answered with 504.
    LostUnder,
    /// Not stored; another pullscope writes this, and the answer is 504.
    Another(&'static str),
    /// Not stored; somebody writes this with kubectl, and the answer is 504.
    Colleague(&'static str),
}

struct Shelf {
    object: Value,
    version: u64,
    falls: Vec<Fall>,
    delayed: Option<Value>,
    patches: usize,
    /// Admission puts this in front of each value.
    prefix: &'static str,
}

impl Shelf {
    fn write(&mut self, patch: &Value) -> (u16, String) {
        let sent = patch.pointer("/metadata/resourceVersion").cloned();
        if sent != self.object.pointer("/metadata/resourceVersion").cloned() {
            let body = r#"{"message":"the object has been modified","reason":"Conflict"}"#;
            return (409, body.to_owned());
        }
        let value = patch["value"].as_str().unwrap().to_owned();
        let value = if value.starts_with(self.prefix) {
            value
        } else {
            format!("{}{value}", self.prefix)
        };
        self.set("value", json!(value));
        (200, self.object.to_string())
    }

    /// Answers as if it were stored.
    fn dry_run(&mut self, patch: &Value) -> (u16, String) {
        if let Some(Fall::Dropped(code)) = self.falls.first() {
            self.patches += 1;
            return (*code, String::new());
        }
        let (object, version) = (self.object.clone(), self.version);
        let answer = self.write(patch);
        (self.object, self.version) = (object, version);
        answer
    }

    fn set(&mut self, field: &str, value: Value) {
        self.version += 1;
        self.object[field] = value;
        self.object["metadata"]["managedFields"] =
            json!([{"manager": "pullscope", "time": self.version}]);
        self.object["metadata"]["resourceVersion"] = json!(self.version.to_string());
    }

    fn patch(&mut self, patch: &Value) -> (u16, String) {
        self.patches += 1;
        let fall = if self.falls.is_empty() {
            Fall::Stored
        } else {
            self.falls.remove(0)
        };
        match fall {
            Fall::Stored => self.write(patch),
            Fall::Lost(code) => {
                self.write(patch);
                (code, String::new())
            }
            Fall::Dropped(code) => (code, String::new()),
            Fall::Delayed => {
                self.delayed = Some(patch.clone());
                (504, String::new())
            }
            Fall::Behind(value) => {
                self.set("value", json!(value));
                self.write(patch)
            }
            Fall::LostUnder => {
                self.write(patch);
                self.set("other", json!("theirs"));
                (504, String::new())
            }
            Fall::Another(value) => {
                self.set("value", json!(value));
                (504, String::new())
            }
            Fall::Colleague(value) => {
                let ours = self.object["metadata"]["managedFields"].clone();
                self.set("value", json!(value));
                let mut entries = ours.as_array().cloned().unwrap_or_default();
                entries.push(json!({"manager": "kubectl", "time": self.version}));
                self.object["metadata"]["managedFields"] = json!(entries);
                (504, String::new())
            }
        }
    }
}

fn shelf(falls: &[Fall]) -> (Connection, Arc<Mutex<Shelf>>) {
    let shelf = Arc::new(Mutex::new(Shelf {
        object: json!({"metadata": {"uid": "u", "resourceVersion": "1"}, "value": "old"}),
        version: 1,
        falls: falls.to_vec(),
        delayed: None,
        patches: 0,
        prefix: "",
    }));
    let held = Arc::clone(&shelf);
    let connection = mock::server(move |method, path, body| {
        let mut shelf = held.lock().unwrap();
        Some(if path.to_string().contains("dryRun=All") {
            shelf.dry_run(body)
        } else if method == Method::PATCH {
            shelf.patch(body)
        } else {
            let answer = shelf.object.to_string();
            if let Some(late) = shelf.delayed.take() {
                shelf.write(&late);
            }
            (200, answer)
        })
    });
    (connection, shelf)
}

/// Changes `old` to `new`; another value is refused.
async fn run(connection: &Connection, mode: WriteMode) -> Result<ChangeResult, ApiError> {
    let step = |found: &Value| match found["value"].as_str() {
        Some("new") => UpdateDecision::Keep,
        Some("old") => UpdateDecision::Write(Patch::merge(found, json!({"value": "new"}))),
        other => UpdateDecision::Refuse(format!("it is {other:?}")),
    };
    let updated = update(ApiServer::new(connection, mode), "/x", step).await?;
    Ok(updated.done(|_, _| SetPaused::new(key("shop", "web"), true).into()))
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_is_lost_is_made_once_and_can_be_taken_back() {
    for falls in [
        &[Fall::Lost(504)][..],
        &[Fall::Lost(500)],
        &[Fall::Dropped(504)],
        &[Fall::Dropped(502), Fall::Dropped(503)],
        &[Fall::Dropped(504), Fall::Lost(504)],
        &[Fall::Delayed],
        &[Fall::LostUnder],
    ] {
        let (connection, shelf) = shelf(falls);
        let done = run(&connection, WriteMode::Apply).await.unwrap();
        assert_eq!(done.outcome, Outcome::Applied, "{falls:?}");
        assert!(done.undo.is_some(), "{falls:?}");
        let shelf = shelf.lock().unwrap();
        assert_eq!(shelf.object["value"], "new", "{falls:?}");
    }
}

/// Another pullscope leaves the same manager's name: that proves nothing.
#[tokio::test(start_paused = true)]
async fn what_another_pullscope_has_written_is_not_ours() {
    let (connection, shelf) = shelf(&[Fall::Another("theirs")]);
    let done = run(&connection, WriteMode::Apply).await.unwrap();
    assert!(
        matches!(&done.outcome, Outcome::Failed(why) if why.contains("theirs")),
        "{done:?}"
    );
    assert!(done.undo.is_none());
    assert_eq!(shelf.lock().unwrap().object["value"], "theirs");
}

#[tokio::test(start_paused = true)]
async fn what_a_colleague_has_made_so_is_not_taken_back() {
    let (connection, shelf) = shelf(&[Fall::Colleague("new")]);
    let done = run(&connection, WriteMode::Apply).await.unwrap();
    assert_eq!(done.outcome, Outcome::Unchanged, "{done:?}");
    assert!(done.undo.is_none());
    assert_eq!(shelf.lock().unwrap().object["value"], "new");
}

#[test]
fn a_field_that_somebody_takes_over_is_no_write_of_ours() {
    let object = |fields: Value, time: &str, other: &str| {
        let ours = json!({"manager": MANAGER, "time": time, "fieldsV1": fields});
        let other = json!({"manager": "kubectl", "time": other});
        json!({"metadata": {"managedFields": [ours, other]}})
    };
    let all = || json!({"f:data": {"f:a": {}, "f:b": {}}});
    let part = || json!({"f:data": {"f:a": {}}});
    let before = object(all(), "1", "1");
    assert!(!has_written(&before, &object(part(), "1", "2")), "theirs");
    assert!(!has_written(&before, &object(all(), "1", "2")), "theirs");
    assert!(has_written(&before, &before), "ours, within one second");
    assert!(has_written(&before, &object(part(), "2", "2")));
    assert!(has_written(
        &object(part(), "1", "1"),
        &object(all(), "1", "2")
    ));
    assert!(has_written(&json!({}), &before) && !has_written(&before, &json!({})));
}

#[tokio::test(start_paused = true)]
async fn what_admission_has_changed_of_a_lost_write_is_ours() {
    let (connection, shelf) = shelf(&[Fall::Lost(504)]);
    shelf.lock().unwrap().prefix = "mirror/";
    let done = run(&connection, WriteMode::Apply).await.unwrap();
    assert_eq!(done.outcome, Outcome::Applied, "{done:?}");
    assert_eq!(shelf.lock().unwrap().patches, 1);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_has_written_meanwhile_is_looked_at_again() {
    let (connection, shelf) = shelf(&[Fall::Behind("theirs")]);
    let done = run(&connection, WriteMode::Apply).await.unwrap();
    assert!(
        matches!(&done.outcome, Outcome::Failed(why) if why.contains("theirs")),
        "{done:?}"
    );
    assert_eq!(shelf.lock().unwrap().object["value"], "theirs");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_is_said_to_be_unknown() {
    // A time limit that is over each time: something on the way may still deliver it.
    let (connection, _) = shelf(&[Fall::Dropped(504); 20]);
    let done = run(&connection, WriteMode::Apply).await.unwrap();
    assert!(matches!(done.outcome, Outcome::Unknown(_)), "{done:?}");
    assert!(done.undo.is_some(), "should it come, it is taken back");
    // The server itself has given up: what is not stored by now is not stored.
    let (connection, shelf) = shelf(&[Fall::Dropped(500); 20]);
    let done = run(&connection, WriteMode::Apply).await.unwrap();
    assert!(
        matches!(&done.outcome, Outcome::Failed(why) if why.contains("nothing was stored")),
        "{done:?}"
    );
    assert!(shelf.lock().unwrap().patches > 2);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_not_tried_again() {
    let (connection, shelf) = shelf(&[Fall::Dropped(500)]);
    let answer = run(&connection, WriteMode::DryRun).await;
    assert!(
        matches!(answer, Err(ApiError::Status(500, _))),
        "{answer:?}"
    );
    assert_eq!(shelf.lock().unwrap().patches, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_does_not_say_that_nothing_was_stored() {
    for refused in [403, 422, 429, 500] {
        let mut falls = vec![Fall::Dropped(504)];
        falls.extend([Fall::Dropped(refused); 20]);
        let (connection, _) = shelf(&falls);
        let done = run(&connection, WriteMode::Apply).await.unwrap();
        assert!(
            matches!(done.outcome, Outcome::Unknown(_)),
            "{refused}: {done:?}"
        );
        assert!(done.undo.is_some(), "should it come, it is taken back");
        let (connection, shelf) = shelf(&[Fall::Delayed, Fall::Dropped(refused)]);
        let done = run(&connection, WriteMode::Apply).await.unwrap();
        assert_eq!(done.outcome, Outcome::Applied, "{refused}");
        assert!(done.undo.is_some());
        assert_eq!(shelf.lock().unwrap().object["value"], "new");
    }
    let (connection, _) = shelf(&[Fall::Dropped(403)]);
    let answer = run(&connection, WriteMode::Apply).await;
    assert!(matches!(answer, Err(ApiError::Forbidden(_))), "{answer:?}");
}
