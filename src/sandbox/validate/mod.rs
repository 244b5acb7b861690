//! Validation of single objects (`pkg/apis/*/validation`): 422 with every cause at once.

mod ephemeral;
mod names;
mod rbac;
mod secret;
mod workload;

use serde_json::{Value, json};

use super::{
    object::{self, list, map, text},
    resources::ResourceKind,
    status::{ApiResult, ApiStatus, StatusCause},
};

/// Rejects what cannot be decoded into the kind's type: 400, before validation.
pub fn encoding(kind: ResourceKind, object: &Value) -> ApiResult<()> {
    match kind {
        ResourceKind::Secret => secret::encoding(object),
        _ => Ok(()),
    }
}

pub fn new_object(kind: ResourceKind, object: &Value) -> ApiResult<()> {
    let mut causes = causes(kind, object);
    causes.extend(ephemeral::check_new_object(kind, object));
    refuse(kind, object, &causes)
}

pub fn changed_object(kind: ResourceKind, old: &Value, new: &Value) -> ApiResult<()> {
    let mut causes = causes(kind, new);
    causes.extend(new_finalizers(old, new));
    causes.extend(forbidden_changes(kind, old, new));
    refuse(kind, new, &causes)
}

/// Validates an update of the subresource `ephemeralcontainers`.
pub fn changed_ephemeral_containers(old: &Value, new: &Value) -> ApiResult<()> {
    let mut causes = causes(ResourceKind::Pod, new);
    causes.extend(ephemeral::changes(old, new));
    refuse(ResourceKind::Pod, new, &causes)
}

fn refuse(kind: ResourceKind, object: &Value, causes: &[StatusCause]) -> ApiResult<()> {
    if causes.is_empty() {
        return Ok(());
    }
    let name = object::name(object);
    Err(ApiStatus::invalid(kind.resource(), name, causes))
}

fn causes(kind: ResourceKind, object: &Value) -> Vec<StatusCause> {
    let mut causes: Vec<StatusCause> = names::check(kind, object).into_iter().collect();
    causes.extend(labels("metadata.labels", map(object, "/metadata/labels")));
    match kind {
        ResourceKind::Secret => causes.extend(secret::check(object)),
        ResourceKind::ConfigMap => causes.extend(secret::check_keys(object, "data")),
        ResourceKind::Pod => {
            causes.extend(workload::pod_spec(object, "/spec"));
            causes.extend(ephemeral::check(object));
        }
        ResourceKind::Deployment
        | ResourceKind::ReplicaSet
        | ResourceKind::StatefulSet
        | ResourceKind::DaemonSet => {
            causes.extend(workload::check(object));
        }
        ResourceKind::Job => causes.extend(workload::pod_spec(object, "/spec/template/spec")),
        ResourceKind::CronJob => causes.extend(workload::cron_job(object)),
        ResourceKind::RoleBinding | ResourceKind::ClusterRoleBinding => {
            causes.extend(rbac::binding(object));
        }
        ResourceKind::Role | ResourceKind::ClusterRole => causes.extend(rbac::rules(object)),
        ResourceKind::Namespace
        | ResourceKind::Node
        | ResourceKind::ServiceAccount
        | ResourceKind::Event
        | ResourceKind::ResourceQuota => {}
    }
    causes
}

fn forbidden_changes(kind: ResourceKind, old: &Value, new: &Value) -> Vec<StatusCause> {
    match kind {
        ResourceKind::Secret => secret::forbidden_changes(old, new),
        ResourceKind::ConfigMap => secret::immutable(old, new),
        ResourceKind::Pod => workload::pod_changes(old, new),
        ResourceKind::Deployment | ResourceKind::ReplicaSet | ResourceKind::DaemonSet => {
            immutable_field(old, new, "/spec/selector")
        }
        ResourceKind::StatefulSet => workload::stateful_set_changes(old, new),
        ResourceKind::Job => immutable_field(old, new, "/spec/template"),
        ResourceKind::RoleBinding | ResourceKind::ClusterRoleBinding => rbac::role_ref(old, new),
        ResourceKind::Namespace
        | ResourceKind::Node
        | ResourceKind::ServiceAccount
        | ResourceKind::Event
        | ResourceKind::ResourceQuota
        | ResourceKind::CronJob
        | ResourceKind::Role
        | ResourceKind::ClusterRole => Vec::new(),
    }
}

/// What goes cannot be held by more than held it before (`ValidateNoNewFinalizers`).
fn new_finalizers(old: &Value, new: &Value) -> Option<StatusCause> {
    if !object::is_terminating(old) {
        return None;
    }
    let before = list(old, "/metadata/finalizers");
    let added: Vec<String> = list(new, "/metadata/finalizers")
        .iter()
        .filter(|finalizer| !before.contains(finalizer))
        .map(ToString::to_string)
        .collect();
    let added = added.join(", ");
    (!added.is_empty()).then(|| {
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{added}}}"
        );
        StatusCause::forbidden("metadata.finalizers", &why)
    })
}

fn immutable_field(old: &Value, new: &Value, pointer: &str) -> Vec<StatusCause> {
    let (was, is) = (old.pointer(pointer), new.pointer(pointer));
    if was == is {
        return Vec::new();
    }
    let field = pointer.trim_start_matches('/').replace('/', ".");
    let value = is.cloned().unwrap_or(Value::Null);
    vec![StatusCause::invalid(field, &value, "field is immutable")]
}

/// Label values: at most 63 characters, alphanumeric at both ends.
fn labels(field: &str, labels: Option<&serde_json::Map<String, Value>>) -> Vec<StatusCause> {
    const RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| {
            if let Some(rule) = names::qualified_rule(key) {
                return Some(StatusCause::invalid(field, &json!(key), &rule));
            }
            let text = value.as_str().unwrap_or_default();
            if text.len() > 63 {
                let rule = "must be no more than 63 characters";
                return Some(StatusCause::invalid(field, &json!(text), rule));
            }
            let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
            let fits = text.chars().all(inner)
                && end(text.chars().next())
                && end(text.chars().next_back());
            (!fits).then(|| StatusCause::invalid(field, &json!(text), RULE))
        })
        .collect()
}

/// The cause that an empty text at `pointer` is.
fn required(object: &Value, pointer: &str, field: impl Into<String>) -> Option<StatusCause> {
    text(object, pointer)
        .is_empty()
        .then(|| StatusCause::required(field, ""))
}
