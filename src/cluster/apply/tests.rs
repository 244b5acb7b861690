//! Plans on a server that does not do its part.

use std::sync::Mutex;

use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::{
    cluster::mock,
    domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{Secret, WorkloadKind, WorkloadRef},
        },
        plan::{
            AttachSecret, AuthEdit, ConflictPolicy, CopySecret, CreateDeployment, CreateNamespace,
            CreateSecret, Credentials, DeleteAccount, DeleteSecret, EditSecret, Restartable,
            SetImage, SetPaused,
        },
        registry_auth::credential::Password,
    },
};

fn key(name: &str) -> ObjectRef<Secret> {
    ObjectRef::new(Namespace::new("app"), Name::new(name))
}

fn permit() -> WritePermit {
    WritePermit::unless(false).unwrap()
}

fn renew(name: &str) -> Change {
    Change::EditSecret(EditSecret {
        format: crate::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
        key: key(name),
        edit: AuthEdit::Upsert {
            server: "ghcr.io".to_owned(),
            login: Credentials {
                username: "bot".into(),
                password: Password::new("the-new-one"),
            },
        },
        before: None,
    })
}

fn secret(version: usize, data: &Value) -> String {
    json!({
        "metadata": {"uid": "u", "resourceVersion": version.to_string()},
        "type": "kubernetes.io/dockerconfigjson", "data": data,
    })
    .to_string()
}

/// The first Secret is changed, the second is refused, and the first cannot be changed back.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_taken_back_can_be_taken_back_later() {
    for (code, is_known) in [(403, true), (504, false)] {
        let state = Mutex::new((1, json!({".dockerconfigjson": "eyJhdXRocyI6e319"})));
        let connection = mock::server(move |method, uri, body| {
            let mut state = state.lock().unwrap();
            Some(match (method, uri.path().ends_with("/a")) {
                (&Method::PATCH, false) => (403, String::new()),
                (&Method::PATCH, true) if state.0 > 1 => (code, String::new()),
                (&Method::PATCH, true) => {
                    *state = (2, body["data"].clone());
                    (200, secret(state.0, &state.1))
                }
                (_, true) => (200, secret(state.0, &state.1)),
                (_, false) => (200, secret(1, &json!({".dockerconfigjson": "e30="}))),
            })
        });
        let plan = Plan {
            on_failure: OnFailure::TakeBack,
            ..Plan::new("rotate", vec![renew("a"), renew("b")])
        };
        let done = apply(&connection, permit(), &plan, |_, _| {}).await;
        match &done[0].outcome {
            Outcome::Failed(why) => assert!(is_known && why.contains("it was applied"), "{why}"),
            Outcome::Unknown(why) => assert!(!is_known && why.contains("it was applied"), "{why}"),
            other => panic!("{other:?}"),
        }
        assert!(done[0].undo.is_some(), "{code}");
        let undo = plan.undo_plan(&done).unwrap();
        assert_eq!(undo.changes.len(), 1, "{code}");
    }
}

/// The server knows no object, and takes whatever is tried.
#[tokio::test]
async fn only_what_the_plan_makes_may_be_missing_in_a_dry_run() {
    let connection = mock::server(|method, uri, body| {
        if uri.path().ends_with("selfsubjectaccessreviews") {
            return Some((201, json!({"status": {"allowed": true}}).to_string()));
        }
        Some(match *method {
            Method::POST => (201, body.to_string()),
            _ => (404, String::new()),
        })
    });
    let create = |name: &str| {
        Change::CreateDeployment(CreateDeployment::new(
            ObjectRef::new(Namespace::new("app"), Name::new(name)),
            "a:1",
            Name::new("default"),
        ))
    };
    let pause = |name: &str| {
        Change::SetPaused(SetPaused::new(
            ObjectRef::new(Namespace::new("app"), Name::new(name)),
            true,
        ))
    };
    let changes = vec![
        create("web"),
        pause("web"),
        pause("other"),
        renew("missing"),
    ];
    let done = dry_run(&connection, permit(), &Plan::new("deploy", changes)).await;
    let good: Vec<bool> = done.iter().map(|done| done.outcome.is_good()).collect();
    assert_eq!(good, [true, true, false, false], "{done:?}");
    // In a namespace that is to be made nothing is there; what is copied is elsewhere.
    let changes = vec![
        Change::CreateNamespace(CreateNamespace {
            name: Namespace::new("app"),
        }),
        renew("missing"),
        Change::CopySecret(CopySecret {
            from: ObjectRef::new(Namespace::new("else"), Name::new("missing")),
            to: key("copy"),
            conflict_policy: ConflictPolicy::Keep,
            source_servers: Vec::new(),
            target_servers: None,
            expected: None,
        }),
    ];
    let done = dry_run(&connection, permit(), &Plan::new("copy", changes)).await;
    let good: Vec<bool> = done.iter().map(|done| done.outcome.is_good()).collect();
    assert_eq!(good, [true, true, false], "{done:?}");
}

/// The connection breaks after the first write, and comes back after some seconds: all are changed.
#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_for_a_while_is_asked_again() {
    for away in [(502, ""), (429, "")] {
        let begun = tokio::time::Instant::now();
        let state =
            Mutex::new(std::collections::BTreeMap::from(["a", "b"].map(|name| {
                (name, (1, json!({".dockerconfigjson": "eyJhdXRocyI6e319"})))
            })));
        let writes = Mutex::new(0);
        let connection = mock::server(move |method, uri, body| {
            let name = if uri.path().ends_with("/a") { "a" } else { "b" };
            let mut writes = writes.lock().unwrap();
            if *writes > 0 && begun.elapsed() < std::time::Duration::from_secs(6) {
                return Some((away.0, away.1.to_owned()));
            }
            let mut state = state.lock().unwrap();
            let there = state.get_mut(name).unwrap();
            if *method == Method::PATCH {
                *writes += 1;
                *there = (there.0 + 1, body["data"].clone());
            }
            Some((200, secret(there.0, &there.1)))
        });
        let plan = Plan {
            on_failure: OnFailure::TakeBack,
            ..Plan::new("rotate", vec![renew("a"), renew("b")])
        };
        let done = apply(&connection, permit(), &plan, |_, _| {}).await;
        let outcomes: Vec<&Outcome> = done.iter().map(|done| &done.outcome).collect();
        assert_eq!(outcomes, [&Outcome::Applied; 2], "{away:?}");
    }
}

/// The second change is refused while the server is away for the first: that is taken back all the same.
#[tokio::test(start_paused = true)]
async fn taking_back_outlasts_a_server_that_is_away() {
    let state = Mutex::new((1, json!({".dockerconfigjson": "eyJhdXRocyI6e319"})));
    let refused: Mutex<Option<tokio::time::Instant>> = Mutex::new(None);
    let connection = mock::server(move |method, uri, body| {
        let mut refused = refused.lock().unwrap();
        let mut state = state.lock().unwrap();
        Some(match (method, uri.path().ends_with("/a")) {
            (&Method::PATCH, false) => {
                *refused = Some(tokio::time::Instant::now());
                (403, String::new())
            }
            (_, false) => (200, secret(1, &json!({".dockerconfigjson": "e30="}))),
            (_, true)
                if refused.is_some_and(|at| at.elapsed() < std::time::Duration::from_secs(40)) =>
            {
                (503, String::new())
            }
            (&Method::PATCH, true) => {
                *state = (state.0 + 1, body["data"].clone());
                (200, secret(state.0, &state.1))
            }
            (_, true) => (200, secret(state.0, &state.1)),
        })
    });
    let plan = Plan {
        on_failure: OnFailure::TakeBack,
        ..Plan::new("rotate", vec![renew("a"), renew("b")])
    };
    let done = apply(&connection, permit(), &plan, |_, _| {}).await;
    assert_eq!(done[0].outcome, Outcome::TakenBack, "{done:?}");
}

/// Between preview and confirmation a colleague deletes the object and makes another one of its name.
#[tokio::test]
async fn what_bears_the_name_of_a_deleted_object_is_not_deleted() {
    for change in [
        Change::from(DeleteSecret::new(key("regcred"))),
        Change::from(DeleteAccount::new(ObjectRef::new(
            Namespace::new("app"),
            Name::new("web"),
        ))),
    ] {
        for (theirs, is_good) in [
            (json!({"uid": "u", "resourceVersion": "2"}), true),
            (json!({"uid": "u", "labels": {"team": "b"}}), false),
            (json!({"uid": "v"}), false),
        ] {
            let dry_run_connection = mock::server(|method, uri, _| {
                Some(if uri.path().ends_with("selfsubjectaccessreviews") {
                    (201, json!({"status": {"allowed": true}}).to_string())
                } else if *method == Method::GET {
                    (200, json!({"metadata": {"uid": "u"}}).to_string())
                } else {
                    (200, "{}".to_owned())
                })
            });
            let plan = Plan::new("delete", vec![change.clone()]);
            let results = dry_run(&dry_run_connection, permit(), &plan).await;
            let plan = plan.with_live_state(&results);
            let meant = mock::server(move |method, _, _| {
                assert!(is_good || *method == Method::GET, "nothing is deleted");
                Some(if *method == Method::GET {
                    (200, json!({ "metadata": theirs }).to_string())
                } else {
                    (200, "{}".to_owned())
                })
            });
            let done = apply(&meant, permit(), &plan, |_, _| {}).await;
            assert_eq!(done[0].outcome.is_good(), is_good, "{change}: {done:?}");
        }
    }
}

/// What is taken back is taken back of the object that was changed, and of no other of its name.
#[tokio::test]
async fn another_object_of_the_name_is_not_taken_back() {
    let account = ObjectRef::new(Namespace::new("app"), Name::new("web"));
    let pause = SetPaused::new(
        ObjectRef::new(Namespace::new("app"), Name::new("web")),
        true,
    );
    let attach = AttachSecret {
        account,
        secret: Name::new("regcred"),
        current: Vec::new(),
    };
    for change in [Change::from(pause), Change::from(attach)] {
        let state = |uid: &str| {
            json!({
                "metadata": {"uid": uid, "resourceVersion": "1"},
                "spec": {"paused": false},
            })
        };
        let was = state("u");
        let server = mock::server(move |method, _, body| {
            let mut object = was.clone();
            if *method == Method::PATCH {
                merge(&mut object, body);
            }
            Some((200, object.to_string()))
        });
        let plan = Plan::new("change", vec![change]);
        let done = apply(&server, permit(), &plan, |_, _| {}).await;
        let undo = plan.undo_plan(&done).unwrap();
        for (uid, is_good) in [("u", true), ("v", false)] {
            let mut theirs = state(uid);
            theirs["spec"]["paused"] = json!(true);
            theirs["imagePullSecrets"] = json!([{"name": "regcred"}]);
            let server = mock::server(move |method, _, _| {
                assert!(is_good || *method == Method::GET, "nothing is written");
                Some((200, theirs.to_string()))
            });
            let undone = apply(&server, permit(), &undo, |_, _| {}).await;
            assert_eq!(undone[0].outcome.is_good(), is_good, "{undone:?}");
        }
    }
}

/// A merge patch (RFC 7386).
fn merge(object: &mut Value, patch: &Value) {
    for (name, value) in patch.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) if object[name].is_object() => merge(&mut object[name], value),
            _ => object[name] = value.clone(),
        }
    }
}

/// A mutating admission policy gives the image another registry.
#[tokio::test]
async fn what_admission_makes_of_a_change_is_shown_and_can_be_taken_back() {
    let deployment = |image: &str| {
        json!({
            "metadata": {"uid": "u", "resourceVersion": "1"},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}},
        })
    };
    let state = std::sync::Arc::new(Mutex::new("old:1".to_owned()));
    let held = std::sync::Arc::clone(&state);
    let connection = mock::server(move |method, uri, body| {
        if uri.path().ends_with("selfsubjectaccessreviews") {
            return Some((201, json!({"status": {"allowed": true}}).to_string()));
        }
        let mut image = held.lock().unwrap();
        if *method != Method::PATCH {
            return Some((200, deployment(&image).to_string()));
        }
        let sent = body.pointer("/spec/template/spec/containers/0/image");
        let sent = sent.and_then(Value::as_str).unwrap();
        let stored = if sent.starts_with("old") {
            sent.to_owned()
        } else {
            format!("mirror.local/{sent}")
        };
        let is_dry = uri
            .query()
            .is_some_and(|query| query.contains("dryRun=All"));
        if !is_dry {
            image.clone_from(&stored);
        }
        Some((200, deployment(&stored).to_string()))
    });
    let id = CreateDeployment::new(
        ObjectRef::new(Namespace::new("app"), Name::new("web")),
        "a:1",
        Name::new("default"),
    )
    .id();
    let owner = Restartable::new(id).unwrap().into();
    let plan = Plan::new(
        "image",
        vec![SetImage::new(owner, "web".into(), "new:2").into()],
    );
    let results = dry_run(&connection, permit(), &plan).await;
    let plan = plan.with_live_state(&results);
    let shown = plan.changes[0].preview();
    assert!(
        shown
            .iter()
            .any(|line| line.text.contains("mirror.local/new:2")),
        "{shown:?}"
    );
    let done = apply(&connection, permit(), &plan, |_, _| {}).await;
    assert_eq!(done[0].outcome, Outcome::Applied);
    assert_eq!(*state.lock().unwrap(), "mirror.local/new:2");
    let undo = plan.undo_plan(&done).unwrap();
    let undone = apply(&connection, permit(), &undo, |_, _| {}).await;
    assert_eq!(undone[0].outcome, Outcome::Applied, "{undone:?}");
    assert_eq!(*state.lock().unwrap(), "old:1");
}

/// Pods are replaced by nothing where a rollout is paused, or waits for their deletion.
#[tokio::test]
async fn what_rolls_nothing_out_is_not_restarted() {
    let restart = |kind| {
        let key = ObjectRef::new(Namespace::new("app"), Name::new("web"));
        Change::restart(Restartable::new(WorkloadRef { kind, key }).unwrap())
    };
    for (kind, spec, is_good) in [
        (WorkloadKind::Deployment, json!({}), true),
        (WorkloadKind::Deployment, json!({"paused": true}), false),
        (
            WorkloadKind::DaemonSet,
            json!({"updateStrategy": {"type": "OnDelete"}}),
            false,
        ),
    ] {
        let object = json!({"metadata": {"uid": "u"}, "spec": spec}).to_string();
        let connection = mock::server(move |method, _, _| {
            assert!(is_good || *method == Method::GET, "nothing is written");
            Some((200, object.clone()))
        });
        let plan = Plan::new("restart", vec![restart(kind)]);
        let done = apply(&connection, permit(), &plan, |_, _| {}).await;
        assert_eq!(done[0].outcome.is_good(), is_good, "{done:?}");
    }
}

/// The answer is lost and nothing is there; the object comes later, and is taken back then.
#[tokio::test(start_paused = true)]
async fn what_may_have_been_created_can_be_taken_back() {
    let connection = mock::server(|method, _, _| {
        Some(match *method {
            Method::POST => (504, String::new()),
            _ => (404, String::new()),
        })
    });
    let create = CreateSecret {
        key: key("late"),
        server: "ghcr.io".to_owned(),
        login: Credentials {
            username: "bot".into(),
            password: Password::new("the-new-one"),
        },
    };
    let plan = Plan::new("create", vec![create.into()]);
    let done = apply(&connection, permit(), &plan, |_, _| {}).await;
    assert!(matches!(done[0].outcome, Outcome::Unknown(_)), "{done:?}");
    let undo = plan.undo_plan(&done).unwrap();
    let sent = std::sync::Arc::new(Mutex::new(Value::Null));
    let held = std::sync::Arc::clone(&sent);
    let storing = mock::server(move |method, _, body| {
        Some(if *method == Method::POST {
            *held.lock().unwrap() = body.clone();
            (201, body.to_string())
        } else {
            (404, String::new())
        })
    });
    apply(&storing, permit(), &plan, |_, _| {}).await;
    let sent = sent.lock().unwrap().clone();
    for (is_ours, expected) in [(true, 1), (false, 0)] {
        let mut there = sent.clone();
        there["metadata"]["uid"] = json!("u");
        if !is_ours {
            there["data"] = json!({});
        }
        let deletions = std::sync::Arc::new(Mutex::new(0));
        let counted = std::sync::Arc::clone(&deletions);
        let connection = mock::server(move |method, _, _| {
            let mut counted = counted.lock().unwrap();
            if *method == Method::DELETE {
                *counted += 1;
            } else if *counted > 0 {
                return Some((404, String::new()));
            }
            Some((200, there.to_string()))
        });
        let undone = apply(&connection, permit(), &undo, |_, _| {}).await;
        // Another of the requests that were not answered may come yet.
        let is_unknown = matches!(undone[0].outcome, Outcome::Unknown(_));
        assert_eq!(is_unknown, is_ours, "{undone:?}");
        assert_eq!(*deletions.lock().unwrap(), expected);
    }
}

/// The Pod may have become ready while the preview was read.
#[tokio::test(start_paused = true)]
async fn a_pod_that_no_longer_waits_is_not_deleted() {
    for (ready, is_deleted) in [("True", false), ("False", true)] {
        let connection = mock::server(move |method, _, _| {
            assert!(is_deleted || *method != Method::DELETE);
            let pod = json!({
                "metadata": {"uid": "u", "resourceVersion": "1"},
                "status": {"conditions": [{"type": "Ready", "status": ready}]},
            });
            Some((200, pod.to_string()))
        });
        let pod = ObjectRef::new(Namespace::new("app"), Name::new("web-1"));
        let plan = Plan::new("Retry", vec![Change::retry_pod(pod)]);
        let done = apply(&connection, permit(), &plan, |_, _| {}).await;
        let is_made = matches!(done[0].outcome, Outcome::Applied);
        assert_eq!(is_made, is_deleted, "{done:?}");
    }
}

/// What is at the place of a copy and could not be read cannot be shown, so it is not replaced.
#[tokio::test(start_paused = true)]
async fn a_copy_over_what_could_not_be_read_is_not_tried_in_a_dry_run() {
    let source = secret(1, &json!({".dockerconfigjson": "eyJhdXRocyI6e319"}));
    let connection = mock::server(move |method, uri, _| {
        Some(if uri.path().ends_with("accessreviews") {
            (201, json!({"status": {"allowed": true}}).to_string())
        } else if uri.path().ends_with("/from") {
            assert_eq!(*method, Method::GET);
            (200, source.clone())
        } else {
            assert_eq!(*method, Method::GET, "nothing is written");
            (500, String::new())
        })
    });
    let copy = CopySecret {
        from: key("from"),
        to: key("to"),
        conflict_policy: ConflictPolicy::Replace,
        source_servers: Vec::new(),
        target_servers: None,
        expected: None,
    };
    let plan = Plan::new("Copy", vec![copy.into()]);
    let done = dry_run(&connection, permit(), &plan).await;
    assert!(
        matches!(done[0].outcome, Outcome::Failed(_)),
        "{:?}",
        done[0].outcome
    );
}
