//! Validation of Pods and workloads.

use serde_json::{Value, json};

use super::{immutable_field, labels, names::label_rule, required};
use crate::sandbox::{
    object::{self, copy, list, map, number, text},
    status::StatusCause,
};

/// Validates a Deployment, ReplicaSet, StatefulSet or DaemonSet.
pub(super) fn check(workload: &Value) -> Vec<StatusCause> {
    let mut causes = Vec::new();
    if number(workload, "/spec/replicas") < 0 {
        let value = json!(number(workload, "/spec/replicas"));
        let rule = "must be greater than or equal to 0";
        causes.push(StatusCause::invalid("spec.replicas", &value, rule));
    }
    let template = map(workload, "/spec/template/metadata/labels");
    match map(workload, "/spec/selector/matchLabels") {
        None if list(workload, "/spec/selector/matchExpressions").is_empty() => {
            causes.push(StatusCause::required("spec.selector", ""));
        }
        wanted => {
            let matches = wanted
                .into_iter()
                .flatten()
                .all(|(key, value)| template.is_some_and(|labels| labels.get(key) == Some(value)));
            if !matches {
                let value = template.cloned().map_or(Value::Null, Value::Object);
                let rule = "`selector` does not match template `labels`";
                causes.push(StatusCause::invalid(
                    "spec.template.metadata.labels",
                    &value,
                    rule,
                ));
            }
        }
    }
    causes.extend(labels("spec.template.metadata.labels", template));
    causes.extend(pod_spec(workload, "/spec/template/spec"));
    causes
}

pub(super) fn cron_job(job: &Value) -> Vec<StatusCause> {
    let mut causes: Vec<StatusCause> = required(job, "/spec/schedule", "spec.schedule")
        .into_iter()
        .collect();
    causes.extend(pod_spec(job, "/spec/jobTemplate/spec/template/spec"));
    causes
}

pub(super) fn pod_spec(object: &Value, pointer: &str) -> Vec<StatusCause> {
    let path = pointer.trim_start_matches('/').replace('/', ".");
    let mut causes = Vec::new();
    if list(object, &format!("{pointer}/containers")).is_empty() {
        causes.push(StatusCause::required(format!("{path}.containers"), ""));
    }
    let mut seen = Vec::new();
    for kind in ["initContainers", "containers"] {
        let containers = list(object, &format!("{pointer}/{kind}"));
        for (index, container) in containers.iter().enumerate() {
            let field = format!("{path}.{kind}[{index}]");
            causes.extend(self::container(container, &field));
            let name = text(container, "/name");
            if seen.contains(&name) {
                causes.push(StatusCause::duplicate(
                    format!("{field}.name"),
                    &json!(name),
                ));
            }
            seen.push(name);
        }
    }
    let policy = text(object, &format!("{pointer}/restartPolicy"));
    if !matches!(policy, "" | "Always" | "OnFailure" | "Never") {
        causes.push(StatusCause::unsupported(
            format!("{path}.restartPolicy"),
            &json!(policy),
            &["Always", "OnFailure", "Never"],
        ));
    }
    causes
}

pub(super) fn container(container: &Value, field: &str) -> Vec<StatusCause> {
    let mut causes = Vec::new();
    let name = text(container, "/name");
    causes.extend(required(container, "/name", format!("{field}.name")));
    if let Some(rule) = label_rule(name).filter(|_| !name.is_empty()) {
        causes.push(StatusCause::invalid(
            format!("{field}.name"),
            &json!(name),
            &rule,
        ));
    }
    let image = text(container, "/image");
    causes.extend(required(container, "/image", format!("{field}.image")));
    if image.trim() != image {
        let rule = "must not have leading or trailing whitespace";
        causes.push(StatusCause::invalid(
            format!("{field}.image"),
            &json!(image),
            rule,
        ));
    }
    let policy = text(container, "/imagePullPolicy");
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        causes.push(StatusCause::unsupported(
            format!("{field}.imagePullPolicy"),
            &json!(policy),
            &["Always", "IfNotPresent", "Never"],
        ));
    }
    causes
}

/// Validates an update of a Pod: only images and a few numbers are mutable.
pub(super) fn pod_changes(old: &Value, new: &Value) -> Vec<StatusCause> {
    const RULE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    let mut allowed = new.clone();
    for field in [
        "activeDeadlineSeconds",
        "tolerations",
        "nodeName",
        // Has rules of its own.
        "schedulingGates",
    ] {
        copy(&mut allowed, old, &format!("/spec/{field}"));
    }
    for kind in ["containers", "initContainers"] {
        let images: Vec<String> = list(old, &format!("/spec/{kind}"))
            .iter()
            .map(|container| text(container, "/image").to_owned())
            .collect();
        let changed = allowed
            .pointer_mut(&format!("/spec/{kind}"))
            .and_then(Value::as_array_mut);
        for (container, image) in changed.into_iter().flatten().zip(images) {
            object::put(container, "/image", image);
        }
    }
    let mut causes = new_gates(old, new);
    if allowed.get("spec") != old.get("spec") {
        causes.push(StatusCause::forbidden("spec", RULE));
    }
    causes
}

/// Scheduling gates are taken away, and none is added (`validateSchedulingGates`).
fn new_gates(old: &Value, new: &Value) -> Vec<StatusCause> {
    const LIST: &str = "/spec/schedulingGates";
    let before: Vec<&str> = list(old, LIST).iter().map(|it| text(it, "/name")).collect();
    list(new, LIST)
        .iter()
        .map(|gate| text(gate, "/name"))
        .enumerate()
        .filter(|(_, name)| !before.contains(name))
        .map(|(index, name)| {
            let why = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            StatusCause::forbidden(format!("spec.schedulingGates[{index}].name"), &why)
        })
        .collect()
}

pub(super) fn stateful_set_changes(old: &Value, new: &Value) -> Vec<StatusCause> {
    const RULE: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    let frozen = [
        "selector",
        "serviceName",
        "podManagementPolicy",
        "volumeClaimTemplates",
    ];
    frozen
        .iter()
        .any(|field| !immutable_field(old, new, &format!("/spec/{field}")).is_empty())
        .then(|| StatusCause::forbidden("spec", RULE))
        .into_iter()
        .collect()
}
