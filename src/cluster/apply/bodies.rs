//! What is sent to change an object that is there: patches as JSON, and what is read off its answers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::wiped::Wiped;
use crate::domain::{
    key::Name,
    objects::{Secret, ServiceAccount},
    plan::{Revision, manifest},
};

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
        "imagePullSecrets": manifest::references(list),
    })
}

pub(super) fn version(object: &Value) -> &Value {
    object
        .pointer("/metadata/resourceVersion")
        .unwrap_or(&Value::Null)
}

/// Which object it is, and in which state.
pub(super) fn revision(object: &Value) -> Revision {
    let text = |field: &str| {
        let value = object.pointer(&format!("/metadata/{field}"));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Revision {
        uid: text("uid"),
        version: text("resourceVersion"),
    }
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

/// An object as it can be made again: without what the server gave it.
pub(super) fn reborn(mut object: Wiped) -> Wiped {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|field, _| {
            matches!(
                field.as_str(),
                "name" | "namespace" | "labels" | "annotations"
            )
        });
    }
    object
}

/// How a container gets another image.
pub(super) enum ImagePatch {
    /// The patch, and the image before.
    Patch(Value, String),
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
        let before = found
            .get("image")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if before == image {
            return ImagePatch::Same;
        }
        let patch = json!({ "spec": { "template": { "spec": {
            list: [{ "name": container, "image": image }],
        } } } });
        return ImagePatch::Patch(patch, before.to_owned());
    }
    ImagePatch::NoContainer
}
