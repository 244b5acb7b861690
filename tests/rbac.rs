//! The Roles in `assets/rbac` grant what the code asks for: no less, and no more.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use pullscope::{
    cluster::{nodes, read, watch},
    domain::{
        credential::Password,
        key::{Key, Name, Namespace},
        objects::{Subject, WorkloadKey, WorkloadKind},
        plan::{
            Before, Change, Copy, Deployment, Edit, Existing, ImageOwner, Login, Restartable,
            Revision,
        },
        pull_test,
        rights::Permission,
    },
};
use serde::Deserialize;

/// Group, resource and verb.
type Grant = (String, String, String);

#[derive(Deserialize)]
struct Role {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    verbs: Vec<String>,
}

fn granted(file: &str) -> BTreeSet<Grant> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/rbac");
    let text = fs::read_to_string(path.join(file)).unwrap();
    let role: Role = serde_saphyr::from_str(&text).unwrap();
    let mut all = BTreeSet::new();
    for rule in role.rules {
        for group in &rule.api_groups {
            for resource in &rule.resources {
                for verb in &rule.verbs {
                    all.insert((group.clone(), resource.clone(), verb.clone()));
                }
            }
        }
    }
    all
}

fn grant(permission: &Permission) -> Grant {
    let text = |text: &str| text.to_owned();
    (
        text(&permission.group),
        text(&permission.resource),
        text(&permission.verb),
    )
}

/// What the watches ask for. `get` belongs to it: a Secret's values are fetched for a probe, and
/// kubectl's Roles for reading have the three verbs.
fn reads() -> BTreeSet<Grant> {
    let needed = watch::permissions();
    let grants = needed.iter().map(grant);
    let watched = grants.flat_map(|(group, resource, verb)| {
        let get = (group.clone(), resource.clone(), "get".to_owned());
        [(group, resource, verb), get]
    });
    let others = [read::log_permission(), nodes::permission()];
    watched.chain(others.iter().map(grant)).collect()
}

/// One of each change.
fn changes() -> Vec<Change> {
    let namespace = || Namespace::new("shop");
    let login = || Login {
        username: "ci".to_owned(),
        password: Password::new("t"),
    };
    let mut all = vec![
        Change::CreateNamespace(namespace()),
        Change::CreateSecret {
            key: Key::new(namespace(), Name::new("s")),
            server: "r.example".to_owned(),
            login: login(),
        },
        Change::EditSecret {
            key: Key::new(namespace(), Name::new("s")),
            edit: Edit::Remove {
                server: "r.example".to_owned(),
            },
            before: None,
        },
        Change::convert_secret(Key::new(namespace(), Name::new("s"))),
        Change::CopySecret(Copy {
            from: Key::new(namespace(), Name::new("s")),
            to: Key::new(Namespace::new("pay"), Name::new("s")),
            existing: Existing::Merge,
            brings: Vec::new(),
            there: Some(Vec::new()),
        }),
        Change::DeleteSecret {
            key: Key::new(namespace(), Name::new("s")),
        },
        Change::DeleteAccount {
            key: Key::new(namespace(), Name::new("a")),
        },
        Change::CreateAccount {
            key: Key::new(namespace(), Name::new("a")),
            pull_secrets: Vec::new(),
        },
        Change::AttachSecret {
            account: Key::new(namespace(), Name::new("a")),
            secret: Name::new("s"),
            seen: Vec::new(),
        },
        Change::DetachSecret {
            account: Key::new(namespace(), Name::new("a")),
            secret: Name::new("s"),
            seen: Vec::new(),
        },
        Change::CreateDeployment(Deployment::new(
            Key::new(namespace(), Name::new("web")),
            "r.example/web:1",
            Name::new("a"),
        )),
        Change::SetPaused {
            deployment: Key::new(namespace(), Name::new("web")),
            paused: true,
        },
        Change::RollBack {
            deployment: Key::new(namespace(), Name::new("web")),
            set: Name::new("web-1"),
            revision: 1,
            before: None,
            after: [].into(),
        },
        Change::delete_pod(Key::new(namespace(), Name::new("web-1"))),
        Change::delete_job(Key::new(namespace(), Name::new("nightly-7"))),
    ];
    all.extend(changes_to_workloads());
    let made = || {
        let (uid, version) = (String::new(), String::new());
        Arc::new(Before::Made {
            seen: Revision { uid, version },
            content: 0,
        })
    };
    let taken_back = all.clone().into_iter().map(|change| Change::TakeBack {
        change: Box::new(change),
        before: made(),
        found: None,
    });
    all.extend(taken_back.collect::<Vec<_>>());
    all
}

fn changes_to_workloads() -> Vec<Change> {
    let mut all = Vec::new();
    let namespace = || Namespace::new("shop");
    let workload = |kind| {
        let key = Key::new(namespace(), Name::new("web"));
        Restartable::new(WorkloadKey { kind, key }).unwrap()
    };
    for kind in WorkloadKind::ALL {
        let key = Key::new(namespace(), Name::new("web"));
        if Restartable::new(WorkloadKey { kind, key }).is_some() {
            all.push(Change::Restart(workload(kind)));
            all.push(Change::SetAccount {
                workload: workload(kind),
                before: None,
                account: Name::new("a"),
            });
            all.push(Change::SetTemplatePullSecrets {
                workload: workload(kind),
                add: Name::new("hub"),
                instead_of: None,
                seen: Vec::new(),
            });
        }
        let key = Key::new(namespace(), Name::new("web"));
        all.extend(set_image(Subject::Workload(WorkloadKey { kind, key })));
    }
    let pod = Key::new(namespace(), Name::new("web"));
    all.extend(set_image(Subject::Pod(pod)));
    all
}

fn set_image(subject: Subject) -> Option<Change> {
    Some(Change::SetImage {
        workload: ImageOwner::new(subject)?,
        container: "app".into(),
        before: None,
        image: "r.example/web:2".to_owned(),
    })
}

/// A new change does not compile without its place here: then it needs one in `changes`.
fn is_listed(change: &Change) -> bool {
    match change {
        Change::CreateNamespace(_)
        | Change::CreateSecret { .. }
        | Change::EditSecret { .. }
        | Change::ConvertSecret { .. }
        | Change::CopySecret(_)
        | Change::DeleteSecret { .. }
        | Change::DeleteAccount { .. }
        | Change::CreateAccount { .. }
        | Change::AttachSecret { .. }
        | Change::DetachSecret { .. }
        | Change::SetAccount { .. }
        | Change::SetImage { .. }
        | Change::SetTemplatePullSecrets { .. }
        | Change::DeleteJob { .. }
        | Change::CreateDeployment(_)
        | Change::Restart(_)
        | Change::SetPaused { .. }
        | Change::RollBack { .. }
        | Change::DeletePod { .. }
        | Change::TakeBack { .. } => true,
    }
}

#[test]
fn a_viewer_may_read_what_is_watched() {
    assert_eq!(granted("viewer.yaml"), reads());
}

#[test]
fn an_operator_may_make_every_change_and_let_kubelets_pull() {
    let mut needed = reads();
    for change in changes() {
        assert!(is_listed(&change));
        needed.extend(change.permissions().iter().map(grant));
    }
    needed.extend(
        pull_test::permissions(&Namespace::new("shop"))
            .iter()
            .map(grant),
    );
    assert_eq!(granted("operator.yaml"), needed);
}
