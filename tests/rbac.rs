//! The Roles in `assets/rbac` grant what the code asks for: no less, and no more.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path};

use pullscope::{
    cluster::{get, nodes, watch},
    domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{Subject, WorkloadKind, WorkloadRef},
        },
        node,
        plan::{
            AttachSecret, AuthEdit, Change, ConflictPolicy, ConvertSecret, Converted, CopySecret,
            CreateAccount, CreateDeployment, CreateNamespace, CreateSecret, Created, Credentials,
            DeleteAccount, DeleteSecret, DetachSecret, EditSecret, ImageOwner, ListChange,
            ObjectSnapshot, ObjectVersion, Restartable, Rewritten, RollBack, SetAccount, SetImage,
            SetPaused, SetTemplatePullSecrets, Undoable,
        },
        pull_test,
        rbac::Permission,
        registry_auth::credential::Password,
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
    let others = [
        get::log_permission(),
        nodes::permission(),
        node::status_permission(),
    ];
    watched.chain(others.iter().map(grant)).collect()
}

/// One of each change.
fn changes() -> Vec<Change> {
    let namespace = || Namespace::new("shop");
    let login = || Credentials {
        username: "ci".to_owned(),
        password: Password::new("t"),
    };
    let mut all = vec![
        Change::CreateNamespace(CreateNamespace { name: namespace() }),
        Change::CreateSecret(CreateSecret {
            key: ObjectRef::new(namespace(), Name::new("s")),
            server: "r.example".to_owned(),
            login: login(),
        }),
        Change::EditSecret(EditSecret {
            format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
            key: ObjectRef::new(namespace(), Name::new("s")),
            edit: AuthEdit::Remove {
                server: "r.example".to_owned(),
            },
            before: None,
        }),
        Change::convert_secret(ObjectRef::new(namespace(), Name::new("s"))),
        Change::CopySecret(CopySecret {
            from: ObjectRef::new(namespace(), Name::new("s")),
            to: ObjectRef::new(Namespace::new("pay"), Name::new("s")),
            conflict_policy: ConflictPolicy::Merge,
            source_servers: Vec::new(),
            target_servers: Some(Vec::new()),
            expected: None,
        }),
        Change::DeleteSecret(DeleteSecret::new(ObjectRef::new(
            namespace(),
            Name::new("s"),
        ))),
        Change::DeleteAccount(DeleteAccount::new(ObjectRef::new(
            namespace(),
            Name::new("a"),
        ))),
        Change::CreateAccount(CreateAccount {
            key: ObjectRef::new(namespace(), Name::new("a")),
            pull_secrets: Vec::new(),
        }),
        Change::AttachSecret(AttachSecret {
            account: ObjectRef::new(namespace(), Name::new("a")),
            secret: Name::new("s"),
            current: Vec::new(),
        }),
        Change::DetachSecret(DetachSecret {
            account: ObjectRef::new(namespace(), Name::new("a")),
            secret: Name::new("s"),
            current: Vec::new(),
        }),
        Change::CreateDeployment(CreateDeployment::new(
            ObjectRef::new(namespace(), Name::new("web")),
            "r.example/web:1",
            Name::new("a"),
        )),
        Change::SetPaused(SetPaused::new(
            ObjectRef::new(namespace(), Name::new("web")),
            true,
        )),
        Change::RollBack(RollBack {
            deployment: ObjectRef::new(namespace(), Name::new("web")),
            set: Name::new("web-1"),
            revision: 1,
            before: None,
            after: [].into(),
        }),
        Change::delete_pod(ObjectRef::new(namespace(), Name::new("web-1"))),
        Change::delete_job(ObjectRef::new(namespace(), Name::new("nightly-7"))),
    ];
    all.extend(changes_to_workloads());
    all.extend(undone());
    all
}

/// One of each reversal.
fn undone() -> Vec<Change> {
    let namespace = || Namespace::new("shop");
    let secret = || ObjectRef::new(namespace(), Name::new("s"));
    let account = || ObjectRef::new(namespace(), Name::new("a"));
    let object = || ObjectSnapshot::from_object(&serde_json::json!({}));
    let created = || Created {
        revision: Some(ObjectVersion {
            uid: String::new(),
            version: String::new(),
        }),
        content: 0,
        may_come_again: false,
    };
    let list = || ListChange {
        uid: Some("u".to_owned()),
        before: Vec::new(),
        after: Vec::new(),
    };
    let create = CreateSecret {
        key: secret(),
        server: "r.example".to_owned(),
        login: Credentials {
            username: "ci".to_owned(),
            password: Password::new("t"),
        },
    };
    let remove = AuthEdit::Remove {
        server: "r.example".to_owned(),
    };
    let rewritten = Rewritten {
        object: object(),
        written: 0,
    };
    let converted = Converted {
        object: object().into(),
        after: None,
    };
    let create_account = CreateAccount {
        key: account(),
        pull_secrets: Vec::new(),
    };
    let attach = AttachSecret {
        account: account(),
        secret: Name::new("s"),
        current: Vec::new(),
    };
    let web = ObjectRef::new(namespace(), Name::new("web"));
    let deployment = CreateDeployment::new(web.clone(), "r.example/web:1", Name::new("a"));
    let template = SetTemplatePullSecrets {
        workload: Restartable::new(deployment.id()).unwrap(),
        add: Name::new("s"),
        instead_of: None,
        current: Vec::new(),
    };
    vec![
        create.undo(created()),
        EditSecret::new(secret(), remove).undo(rewritten),
        ConvertSecret::new(secret()).undo(converted),
        DeleteSecret::new(secret()).undo(object()),
        create_account.undo(created()),
        DeleteAccount::new(account()).undo(object()),
        attach.undo(list()),
        template.undo(list()),
        deployment.undo(created()),
    ]
}

fn changes_to_workloads() -> Vec<Change> {
    let mut all = Vec::new();
    let namespace = || Namespace::new("shop");
    let workload = |kind| {
        let key = ObjectRef::new(namespace(), Name::new("web"));
        Restartable::new(WorkloadRef { kind, key }).unwrap()
    };
    for kind in WorkloadKind::ALL {
        let key = ObjectRef::new(namespace(), Name::new("web"));
        if Restartable::new(WorkloadRef { kind, key }).is_some() {
            all.push(Change::restart(workload(kind)));
            all.push(Change::SetAccount(SetAccount {
                workload: workload(kind),
                before: None,
                account: Name::new("a"),
            }));
            all.push(Change::SetTemplatePullSecrets(SetTemplatePullSecrets {
                workload: workload(kind),
                add: Name::new("hub"),
                instead_of: None,
                current: Vec::new(),
            }));
        }
        let key = ObjectRef::new(namespace(), Name::new("web"));
        all.extend(set_image(Subject::Workload(WorkloadRef { kind, key })));
    }
    let pod = ObjectRef::new(namespace(), Name::new("web"));
    all.extend(set_image(Subject::Pod(pod)));
    all
}

fn set_image(subject: Subject) -> Option<Change> {
    Some(Change::SetImage(SetImage {
        workload: ImageOwner::new(subject)?,
        container: "app".into(),
        before: None,
        image: "r.example/web:2".to_owned(),
        stored: None,
    }))
}

/// A new change does not compile without its place here: then it needs one in `changes`.
fn is_listed(change: &Change) -> bool {
    match change {
        Change::CreateNamespace(_)
        | Change::CreateSecret(_)
        | Change::EditSecret(_)
        | Change::ConvertSecret(_)
        | Change::CopySecret(_)
        | Change::DeleteSecret(_)
        | Change::DeleteAccount(_)
        | Change::CreateAccount(_)
        | Change::AttachSecret(_)
        | Change::DetachSecret(_)
        | Change::SetAccount(_)
        | Change::SetImage(_)
        | Change::SetTemplatePullSecrets(_)
        | Change::DeleteJob(_)
        | Change::CreateDeployment(_)
        | Change::Restart(_)
        | Change::SetPaused(_)
        | Change::RollBack(_)
        | Change::DeletePod(_)
        | Change::TakeBack(_) => true,
    }
}

#[test]
fn the_role_for_nodes_may_ask_kubelets() {
    let asked = [node::status_permission(), node::proxy_permission()];
    let asked: BTreeSet<Grant> = asked.iter().map(grant).collect();
    assert_eq!(granted("nodes.yaml"), asked);
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
    let reader = node::NodeFileReader::permissions(&Namespace::new("shop"));
    needed.extend(reader.iter().map(grant));
    assert_eq!(granted("operator.yaml"), needed);
}
