//! Ephemeral containers: added through a subresource of their own, and never changed or removed
//! (`ValidatePodEphemeralContainersUpdate`).

use serde_json::{Value, json};

use super::workload::container;
use crate::sandbox::{
    object::{list, text},
    resources::ResourceKind,
    status::StatusCause,
};

const LIST: &str = "/spec/ephemeralContainers";

/// Fields that ephemeral containers must not set, of those likely to be tried.
const FORBIDDEN: &[&str] = &[
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "startupProbe",
];

/// Rejects ephemeral containers in new Pods and templates.
pub(super) fn check_new_object(kind: ResourceKind, object: &Value) -> Option<StatusCause> {
    let (pointer, why) = match kind {
        ResourceKind::Pod => (LIST, "cannot be set on create"),
        _ => (
            "/spec/template/spec/ephemeralContainers",
            "ephemeral containers not allowed in pod template",
        ),
    };
    let field = pointer.trim_start_matches('/').replace('/', ".");
    (!list(object, pointer).is_empty()).then(|| StatusCause::forbidden(field, why))
}

/// Validates each ephemeral container.
pub(super) fn check(pod: &Value) -> Vec<StatusCause> {
    let names = |field: &str| list(pod, field).iter().map(|it| text(it, "/name"));
    let others: Vec<&str> = names("/spec/containers")
        .chain(names("/spec/initContainers"))
        .collect();
    let mut seen = others.clone();
    let mut causes = Vec::new();
    for (index, added) in list(pod, LIST).iter().enumerate() {
        let field = format!("spec.ephemeralContainers[{index}]");
        causes.extend(container(added, &field));
        let name = text(added, "/name");
        if seen.contains(&name) {
            causes.push(StatusCause::duplicate(
                format!("{field}.name"),
                &json!(name),
            ));
        }
        seen.push(name);
        let target = text(added, "/targetContainerName");
        if !target.is_empty() && !others.contains(&target) {
            let field = format!("{field}.targetContainerName");
            causes.push(StatusCause::not_found(field, &json!(target)));
        }
        let set = FORBIDDEN
            .iter()
            .filter(|field| added.get(**field).is_some());
        causes.extend(set.map(|it| {
            let why = "cannot be set for an Ephemeral Container";
            StatusCause::forbidden(format!("{field}.{it}"), why)
        }));
    }
    causes
}

pub(super) fn changes(old: &Value, new: &Value) -> Vec<StatusCause> {
    list(old, LIST)
        .iter()
        .filter_map(|before| {
            let name = text(before, "/name");
            let mut after = list(new, LIST).iter();
            let done = match after.find(|it| text(it, "/name") == name) {
                None => "removed",
                Some(after) if after != before => "changed",
                Some(_) => return None,
            };
            let why = format!("existing ephemeral containers {name:?} may not be {done}\n");
            Some(StatusCause::forbidden("spec.ephemeralContainers", &why))
        })
        .collect()
}
