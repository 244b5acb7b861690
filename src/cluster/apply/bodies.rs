//! What is sent: objects and patches as JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::{
    key::{Key, Name, Namespace},
    objects::{Secret, ServiceAccount, Workload},
};

/// What makes an object ours to recognise, by the recommended labels of Kubernetes.
fn labels() -> Value {
    json!({ "app.kubernetes.io/managed-by": "pullscope" })
}

pub(super) fn namespace(name: &Namespace) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": name },
    })
}

pub(super) fn account(key: &Key<ServiceAccount>, secrets: &[Name<Secret>]) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": key.name.as_str(), "namespace": key.namespace, "labels": labels() },
        "imagePullSecrets": references(secrets),
    })
}

pub(super) fn deployment(
    key: &Key<Workload>,
    image: &str,
    account: &Name<ServiceAccount>,
    replicas: u32,
) -> Value {
    let name = key.name.as_str();
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": name, "namespace": key.namespace, "labels": { "app": name } },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": {
                    "serviceAccountName": account.as_str(),
                    "containers": [{ "name": name, "image": image }],
                },
            },
        },
    })
}

fn references(secrets: &[Name<Secret>]) -> Vec<Value> {
    let names = secrets.iter().map(Name::as_str);
    names.map(|name| json!({ "name": name })).collect()
}

/// The names in a ServiceAccount's `imagePullSecrets`.
pub(super) fn pull_secrets(account: &Value) -> Vec<Name<Secret>> {
    let list = account.get("imagePullSecrets").and_then(Value::as_array);
    let names = list
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("name")?.as_str());
    names.map(Name::new).collect()
}

/// The whole list, for the version that was read: a merge patch replaces lists.
pub(super) fn set_pull_secrets(account: &Value, list: &[Name<Secret>]) -> Value {
    json!({
        "metadata": { "resourceVersion": version(account) },
        "imagePullSecrets": references(list),
    })
}

pub(super) fn version(object: &Value) -> &Value {
    object
        .pointer("/metadata/resourceVersion")
        .unwrap_or(&Value::Null)
}

pub(super) fn set_account(account: &Name<ServiceAccount>) -> Value {
    // `serviceAccount` is the old name of the field; the server keeps both alike.
    json!({ "spec": { "template": { "spec": {
        "serviceAccountName": account.as_str(),
        "serviceAccount": account.as_str(),
    } } } })
}

/// As `kubectl rollout restart` does it.
pub(super) fn restart(now: Timestamp) -> Value {
    json!({ "spec": { "template": { "metadata": { "annotations": {
        "kubectl.kubernetes.io/restartedAt": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    } } } } })
}

pub(super) fn delete(rehearses: bool, preconditions: Option<Value>) -> Value {
    let mut options = json!({ "apiVersion": "v1", "kind": "DeleteOptions" });
    if let Some(fields) = options.as_object_mut() {
        if rehearses {
            fields.insert("dryRun".to_owned(), json!(["All"]));
        }
        fields.extend(preconditions.map(|what| ("preconditions".to_owned(), what)));
    }
    options
}

/// How a container gets another image.
pub(super) enum ImagePatch {
    Patch(Value),
    /// It has it already.
    Same,
    NoContainer,
}

/// A strategic merge patch: it finds the container in the list by its name.
pub(super) fn image_patch(workload: &Value, container: &str, image: &str) -> ImagePatch {
    for list in ["containers", "initContainers"] {
        let all = workload
            .pointer(&format!("/spec/template/spec/{list}"))
            .and_then(Value::as_array);
        let found = all
            .into_iter()
            .flatten()
            .find(|item| item.get("name").and_then(Value::as_str) == Some(container));
        let Some(found) = found else { continue };
        if found.get("image").and_then(Value::as_str) == Some(image) {
            return ImagePatch::Same;
        }
        return ImagePatch::Patch(json!({ "spec": { "template": { "spec": {
            list: [{ "name": container, "image": image }],
        } } } }));
    }
    ImagePatch::NoContainer
}
