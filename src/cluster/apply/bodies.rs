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

/// The names in `imagePullSecrets` of a Pod template.
pub(super) fn template_pull_secrets(workload: &Value) -> Vec<Name<Secret>> {
    let spec = workload.pointer("/spec/template/spec");
    spec.map(pull_secrets).unwrap_or_default()
}

/// The whole list of a Pod template, for the version that was read.
pub(super) fn set_template_pull_secrets(workload: &Value, list: &[Name<Secret>]) -> Value {
    json!({
        "metadata": { "resourceVersion": version(workload) },
        "spec": { "template": { "spec": { "imagePullSecrets": manifest::references(list) } } },
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

/// What is deleted takes with it what it owns, as with kubectl: of a Job `batch/v1` would leave the Pods.
pub(super) fn delete(rehearses: bool, preconditions: Option<Value>) -> Value {
    let mut options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
    });
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

/// A strategic merge patch: it finds the container in the list by its name. `pod_spec`: the fields that
/// lead to it.
pub(super) fn image_patch(
    object: &Value,
    pod_spec: &[&str],
    container: &str,
    image: &str,
) -> ImagePatch {
    for list in ["containers", "initContainers"] {
        let all = object
            .pointer(&format!("/{}/{list}", pod_spec.join("/")))
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
        let spec = json!({ list: [{ "name": container, "image": image }] });
        let fields = pod_spec.iter().rev();
        let patch = fields.fold(spec, |inner, field| json!({ *field: inner }));
        return ImagePatch::Patch(patch, before.to_owned());
    }
    ImagePatch::NoContainer
}
