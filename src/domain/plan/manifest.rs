//! Manifests of objects that are created; the same are shown and exported.

use serde_json::{Value, json};

use super::CreateDeployment;
use crate::domain::k8s::{
    object_ref::{Name, Namespace, ObjectRef},
    objects::{PullPolicy, Secret, ServiceAccount},
};

/// What makes an object ours to recognise, by the recommended labels of Kubernetes.
fn labels() -> Value {
    json!({ "app.kubernetes.io/managed-by": "pullscope" })
}

pub fn namespace(name: &Namespace) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": name },
    })
}

/// A pull secret with whatever stands under `data` or `stringData`.
pub fn secret(key: &ObjectRef<Secret>, field: &str, content: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": key.name.as_str(), "namespace": key.namespace },
        "type": "kubernetes.io/dockerconfigjson",
        field: content,
    })
}

pub fn account(key: &ObjectRef<ServiceAccount>, secrets: &[Name<Secret>]) -> Value {
    let mut account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": key.name.as_str(), "namespace": key.namespace, "labels": labels() },
    });
    if let (false, Some(fields)) = (secrets.is_empty(), account.as_object_mut()) {
        fields.insert("imagePullSecrets".to_owned(), references(secrets));
    }
    account
}

pub fn references(secrets: &[Name<Secret>]) -> Value {
    let names = secrets.iter().map(Name::as_str);
    names.map(|name| json!({ "name": name })).collect()
}

pub fn deployment(deployment: &CreateDeployment) -> Value {
    let name = deployment.key.name.as_str();
    let mut container = json!({ "name": name, "image": deployment.image });
    if let Some(fields) = container.as_object_mut() {
        if let Some(port) = deployment.port {
            fields.insert("ports".to_owned(), json!([{ "containerPort": port }]));
        }
        if let Some(policy) = deployment.policy {
            fields.insert("imagePullPolicy".to_owned(), json!(policy_word(policy)));
        }
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": deployment.key.namespace,
            "labels": { "app": name },
        },
        "spec": {
            "replicas": deployment.replicas,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": {
                    "serviceAccountName": deployment.account.as_str(),
                    "containers": [container],
                },
            },
        },
    })
}

fn policy_word(policy: PullPolicy) -> &'static str {
    match policy {
        PullPolicy::Always => "Always",
        PullPolicy::IfNotPresent => "IfNotPresent",
        PullPolicy::Never => "Never",
    }
}

/// As YAML: what it is and whose comes first, as people write it.
pub fn yaml(object: &Value) -> String {
    // A JSON value is a YAML document; the writer fails only where its target does.
    let written = |value: &Value| serde_saphyr::to_string(value).unwrap_or_default();
    let Some(fields) = object.as_object() else {
        return written(object);
    };
    let first = HEAD.iter().filter_map(|name| fields.get_key_value(*name));
    let rest = fields
        .iter()
        .filter(|(name, _)| !HEAD.contains(&name.as_str()));
    let mut text = String::new();
    for (name, value) in first.chain(rest) {
        text.push_str(&written(&json!({ name: value })));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_reads_back_as_the_object() {
        let key = ObjectRef::new(Namespace::new("shop"), Name::new("web"));
        let deployment = CreateDeployment {
            replicas: 2,
            port: Some(8080),
            policy: Some(PullPolicy::Always),
            ..CreateDeployment::new(key, "ghcr.io/acme/web:1", Name::new("yes"))
        };
        for object in [
            super::deployment(&deployment),
            account(
                &ObjectRef::new(Namespace::new("shop"), Name::new("123")),
                &[Name::new("null")],
            ),
        ] {
            let text = yaml(&object);
            let back: Value = serde_saphyr::from_str(&text).unwrap();
            assert_eq!(back, object, "{text}");
        }
    }
}
