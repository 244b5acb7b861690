//! Rollout changes of a Deployment: pause, resume, roll back.

use serde_json::{Value, json};

use super::{
    api::{ApiServer, failed},
    patch::Patch,
    patches,
    update::{UpdateDecision, read, update},
    workloads::unexpected,
};
use crate::{
    cluster::{ApiError, paths},
    domain::{
        k8s::{
            object_ref::{Name, ObjectRef},
            objects::{Workload, WorkloadKind, WorkloadRef},
        },
        plan::{ChangeResult, Observed, RollBack, SetPaused, Template, Undoable},
    },
};

pub(super) async fn set_paused(
    server: ApiServer<'_>,
    change: &SetPaused,
) -> Result<ChangeResult, ApiError> {
    let SetPaused {
        deployment,
        paused,
        before: expected,
    } = change;
    let path = path(WorkloadKind::Deployment, deployment, &deployment.name);
    let observed = |found: &Value| Observed {
        uid: patches::object_version(found).uid,
        value: patches::is_paused(found),
    };
    let step = |found: &Value| {
        let now = observed(found);
        if now.value == *paused {
            return UpdateDecision::Keep;
        }
        if let Some(why) = unexpected(server, "paused", expected.as_ref(), &now) {
            return UpdateDecision::Refuse(why);
        }
        UpdateDecision::Write(Patch::merge(found, json!({ "spec": { "paused": paused } })))
    };
    let updated = update(server, &path, step).await?;
    let found = SetPaused {
        before: Some(observed(updated.found())),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done(|found, _| change.undo(observed(found)))
    })
}

/// Rolls back like `kubectl rollout undo`: the template of the ReplicaSet replaces the Deployment's.
///
/// A template other than the one in the preview is rejected.
pub(super) async fn roll_back(
    server: ApiServer<'_>,
    change: &RollBack,
) -> Result<ChangeResult, ApiError> {
    let RollBack {
        deployment,
        set,
        before: expected,
        ..
    } = change;
    let older = path(WorkloadKind::ReplicaSet, deployment, set);
    let older = read(server, &older, &mut server.backoff()).await?;
    let Some(template) = template(&older) else {
        return Ok(failed(format!("ReplicaSet {set} has no Pod template")));
    };
    let path = path(WorkloadKind::Deployment, deployment, &deployment.name);
    let step = |found: &Value| {
        if found.pointer("/spec/template") == Some(&template) {
            return UpdateDecision::Keep;
        }
        if patches::is_paused(found) && server.checks_expectations() {
            return UpdateDecision::Refuse(patches::PAUSED.to_owned());
        }
        let is_other = |expected: &Observed<Template>| *expected != observed(found);
        if expected.as_ref().is_some_and(is_other) && server.checks_expectations() {
            return UpdateDecision::Refuse(
                "the Deployment was changed by someone else, so it is left unchanged".to_owned(),
            );
        }
        UpdateDecision::Write(Patch::replace(found, "/spec/template", &template))
    };
    let updated = update(server, &path, step).await?;
    let found = RollBack {
        before: Some(observed(updated.found())),
        after: patches::images(&template),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done_for_good()
    })
}

/// The template of a Deployment as it is shown and compared.
fn observed(deployment: &Value) -> Observed<Template> {
    let template = deployment.pointer("/spec/template").unwrap_or(&Value::Null);
    Observed {
        uid: patches::object_version(deployment).uid,
        value: Template {
            images: patches::images(template),
            hash: patches::hash(&template.to_string()),
        },
    }
}

/// The Pod template of a ReplicaSet without the label that its controller put in.
fn template(set: &Value) -> Option<Value> {
    let mut template = set.pointer("/spec/template")?.clone();
    if let Some(Value::Object(labels)) = template.pointer_mut("/metadata/labels") {
        labels.remove("pod-template-hash");
    }
    Some(template)
}

/// Where something in the Deployment's namespace is.
fn path(kind: WorkloadKind, deployment: &ObjectRef<Workload>, name: &Name<Workload>) -> String {
    paths::workload(&WorkloadRef {
        kind,
        key: ObjectRef::new(deployment.namespace.clone(), name.clone()),
    })
}
