//! JSON bodies of patches, and readers of returned objects.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::secret_value::SecretValue;
use crate::domain::{
    k8s::{object_ref::Name, objects::Secret},
    plan::{ContainerList, Images, ObjectVersion},
};

/// The names in a ServiceAccount's `imagePullSecrets`. An entry without a name says nothing and is not written
/// again.
pub(super) fn pull_secrets(account: &Value) -> Vec<Name<Secret>> {
    let mut names = listed_names(account);
    names.retain(|name| !name.as_str().is_empty());
    names
}

/// The names in `imagePullSecrets` of a Pod template; empty, that of an entry without one. Such an entry counts:
/// admission copies the ServiceAccount's list into a Pod only if the Pod's has no entry at all.
pub(super) fn template_pull_secrets(workload: &Value) -> Vec<Name<Secret>> {
    let spec = workload.pointer("/spec/template/spec");
    spec.map(listed_names).unwrap_or_default()
}

fn listed_names(owner: &Value) -> Vec<Name<Secret>> {
    let list = owner.get("imagePullSecrets").and_then(Value::as_array);
    let name =
        |item: &Value| Name::new(item.get("name").and_then(Value::as_str).unwrap_or_default());
    list.into_iter().flatten().map(name).collect()
}

pub(super) fn resource_version(object: &Value) -> &Value {
    object
        .pointer("/metadata/resourceVersion")
        .unwrap_or(&Value::Null)
}

/// Which object it is, and in which state.
pub(super) fn object_version(object: &Value) -> ObjectVersion {
    let text = |field: &str| {
        let value = object.pointer(&format!("/metadata/{field}"));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    ObjectVersion {
        uid: text("uid"),
        version: text("resourceVersion"),
    }
}

/// A change of the Pod template's spec.
pub(super) fn pod_spec(fields: &Value) -> Value {
    json!({ "spec": { "template": { "spec": fields } } })
}

/// Whether a Deployment's rollout is paused.
pub(super) fn is_paused(deployment: &Value) -> bool {
    deployment.pointer("/spec/paused").and_then(Value::as_bool) == Some(true)
}

/// kubectl refuses the same.
pub(super) const PAUSED: &str = "the rollout is paused: resume it first";

/// Why a workload does not replace its Pods when its template changes; `None` where it does.
pub(super) fn rollout_blocker(workload: &Value) -> Option<&'static str> {
    if is_paused(workload) {
        return Some(PAUSED);
    }
    let strategy = workload.pointer("/spec/updateStrategy/type");
    let is_on_delete = strategy.and_then(Value::as_str) == Some("OnDelete");
    is_on_delete.then_some("the update strategy is OnDelete: delete the Pods instead")
}

/// As `kubectl rollout restart` does it.
pub(super) fn restart(now: Timestamp) -> Value {
    json!({ "spec": { "template": { "metadata": { "annotations": {
        "kubectl.kubernetes.io/restartedAt": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    } } } } })
}

/// What holds an object that is being deleted, in a sentence; `None` while it is not.
pub(super) fn pending_deletion(object: &Value) -> Option<String> {
    object.pointer("/metadata/deletionTimestamp")?;
    let held = finalizers(object);
    Some(if held.is_empty() {
        "it is terminating: try again when it is gone".to_owned()
    } else {
        format!(
            "it is terminating until its finalizers are removed ({}): try again when it is gone",
            held.join(", ")
        )
    })
}

pub(super) fn finalizers(object: &Value) -> Vec<&str> {
    let list = object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A hash of a value: whether it still stands is seen without keeping it.
pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What is deleted takes with it what it owns, as with kubectl: of a Job `batch/v1` would leave the Pods.
pub(super) fn delete(is_dry_run: bool, preconditions: Option<Value>) -> Value {
    let mut options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
    });
    if let Some(fields) = options.as_object_mut() {
        if is_dry_run {
            fields.insert("dryRun".to_owned(), json!(["All"]));
        }
        fields.extend(preconditions.map(|what| ("preconditions".to_owned(), what)));
    }
    options
}

/// An object as it can be made again: with all that people and controllers gave it, and without what the
/// server did (`uid`, `resourceVersion`, `creationTimestamp`, `generation`, `managedFields`, `status`).
pub(super) fn strip_server_fields(object: &Value) -> SecretValue {
    let mut object = SecretValue::from(object.clone());
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|field, _| {
            matches!(
                field.as_str(),
                "name" | "namespace" | "labels" | "annotations" | "ownerReferences" | "finalizers"
            )
        });
    }
    object
}

/// What people and controllers gave an object besides its content: labels, annotations, owners, finalizers.
/// A Deployment's controller writes the number of the revision into an annotation.
pub(super) fn meta(object: &Value) -> Value {
    let fields = ["labels", "annotations", "ownerReferences", "finalizers"];
    let all = fields.into_iter().map(|field| {
        let mut value = object.pointer(&format!("/metadata/{field}")).cloned();
        if let Some(annotations) = value.as_mut().and_then(Value::as_object_mut) {
            annotations.remove("deployment.kubernetes.io/revision");
        }
        let is_empty = |value: &Value| *value == json!({}) || *value == json!([]);
        (
            field.to_owned(),
            value.filter(|value| !is_empty(value)).unwrap_or_default(),
        )
    });
    Value::Object(all.collect())
}

/// A hash of what an object holds, without what the server and the controllers note in it: its state, and the
/// Secrets that a cluster makes for a ServiceAccount.
pub(super) fn content(object: &Value) -> u64 {
    let mut held = SecretValue::from(object.clone());
    if let Some(fields) = held.as_object_mut() {
        for noted in ["apiVersion", "kind", "metadata", "status", "secrets"] {
            drop(fields.remove(noted).map(SecretValue::from));
        }
    }
    let text = Zeroizing::new(held.to_string());
    hash(&(text.as_str(), meta(object).to_string()))
}

/// The list that a container is in, and its image. `pod_spec`: the fields that lead from the object to the
/// spec of its Pods.
pub(super) fn image<'a>(
    object: &'a Value,
    pod_spec: &[&str],
    container: &str,
) -> Option<(ContainerList, &'a str)> {
    ContainerList::ALL.into_iter().find_map(|list| {
        let all = object.pointer(&format!("/{}/{}", pod_spec.join("/"), list.field()))?;
        let mut all = all.as_array()?.iter();
        let found = all.find(|item| item.get("name").and_then(Value::as_str) == Some(container))?;
        let image = found.get("image").and_then(Value::as_str);
        Some((list, image.unwrap_or_default()))
    })
}

/// The containers of a Pod template with their images.
pub(super) fn images(template: &Value) -> Images {
    let lists = ["initContainers", "containers"].into_iter();
    let all = lists.filter_map(|list| template.pointer(&format!("/spec/{list}"))?.as_array());
    let text = |item: &Value, field: &str| -> Arc<str> {
        item.get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .into()
    };
    all.flatten()
        .map(|item| (text(item, "name"), text(item, "image")))
        .collect()
}
