//! Default objects of every cluster: namespaces, and the Roles of the built-in users.

use serde_json::{Value, json};

use crate::sandbox::{
    resources::ResourceKind,
    world::World,
    write::{self, WriteOptions},
};

pub fn create_defaults(world: &mut World) {
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        create(
            world,
            ResourceKind::Namespace,
            "",
            json!({"metadata": {"name": name}}),
        );
    }
    for (name, rules) in cluster_roles() {
        let role = json!({"metadata": {"name": name}, "rules": rules});
        create(world, ResourceKind::ClusterRole, "", role);
    }
    for (name, role, group) in [
        ("cluster-admin", "cluster-admin", "system:masters"),
        ("viewers", "view", "viewers"),
        ("no-secrets", "all-but-secrets", "no-secrets"),
    ] {
        let binding = json!({
            "metadata": {"name": name},
            "roleRef": {"kind": "ClusterRole", "name": role},
            "subjects": [
                {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group}
            ],
        });
        create(world, ResourceKind::ClusterRoleBinding, "", binding);
    }
}

/// RoleBinding of the user `operator` in a namespace.
pub fn operators_binding() -> Value {
    json!({
        "metadata": {"name": "operators"},
        "roleRef": {"kind": "ClusterRole", "name": "edit"},
        "subjects": [
            {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "operators"}
        ],
    })
}

/// Creates a default object; an existing one is kept.
pub fn create(world: &mut World, kind: ResourceKind, namespace: &str, object: Value) {
    drop(write::create(
        world,
        kind,
        namespace,
        object,
        &WriteOptions::controller(),
    ));
}

const READ: &[&str] = &["get", "list", "watch"];

fn cluster_roles() -> Vec<(&'static str, Value)> {
    let workloads = json!([
        "deployments",
        "deployments/scale",
        "replicasets",
        "replicasets/scale",
        "statefulsets",
        "statefulsets/scale",
        "daemonsets"
    ]);
    let core = json!([
        "pods",
        "pods/log",
        "pods/status",
        "events",
        "configmaps",
        "serviceaccounts",
        "namespaces",
        "resourcequotas"
    ]);
    let read = |group: &str, resources: &Value| json!({"apiGroups": [group], "resources": resources, "verbs": READ});
    let write = |group: &str, resources: Value| json!({"apiGroups": [group], "resources": resources, "verbs": ["*"]});
    let batch = json!(["jobs", "cronjobs"]);
    let every = json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]});
    vec![
        ("cluster-admin", json!([every])),
        (
            "view",
            json!([
                read("", &core),
                read("events.k8s.io", &json!(["events"])),
                read("apps", &workloads),
                read("batch", &batch),
            ]),
        ),
        (
            "edit",
            json!([
                read("", &core),
                read("events.k8s.io", &json!(["events"])),
                write(
                    "",
                    json!([
                        "pods",
                        "pods/eviction",
                        "secrets",
                        "configmaps",
                        "serviceaccounts",
                        "events"
                    ])
                ),
                write("apps", workloads.clone()),
                write("batch", batch.clone()),
            ]),
        ),
        (
            "all-but-secrets",
            json!([
                read("", &core),
                read("", &json!(["nodes"])),
                write(
                    "",
                    json!([
                        "pods",
                        "pods/eviction",
                        "configmaps",
                        "serviceaccounts",
                        "events",
                        "namespaces"
                    ])
                ),
                write("apps", workloads),
                write("batch", batch),
                write("events.k8s.io", json!(["events"])),
                write("rbac.authorization.k8s.io", json!(["*"])),
            ]),
        ),
    ]
}
