//! A Deployment's rollout: stopped, let go on, taken back to an older revision.

use serde_json::{Value, json};

use super::server::{JSON_PATCH, MERGE, Server, applied, failed, unchanged};
use crate::{
    cluster::{Trouble, paths},
    domain::{
        key::{Key, Name},
        objects::{Workload, WorkloadKey, WorkloadKind},
        plan::{Before, Done},
    },
};

pub(super) async fn set_paused(
    server: Server<'_>,
    deployment: &Key<Workload>,
    paused: bool,
) -> Result<Done, Trouble> {
    let path = path(WorkloadKind::Deployment, deployment, &deployment.name);
    let found = server.get(&path).await?;
    let is = found.pointer("/spec/paused").and_then(Value::as_bool) == Some(true);
    if is == paused {
        return Ok(unchanged(&found));
    }
    let patch = json!({ "spec": { "paused": paused } });
    let object = server.patch(&path, MERGE, &patch).await?;
    Ok(Done {
        before: Some(Before::Paused(is)),
        ..applied(&object)
    })
}

/// As `kubectl rollout undo` does it: the template of the ReplicaSet takes the place of the
/// Deployment's. When somebody changes the Deployment in between, nothing is done.
pub(super) async fn roll_back(
    server: Server<'_>,
    deployment: &Key<Workload>,
    set: &Name<Workload>,
) -> Result<Done, Trouble> {
    let older = server
        .get(&path(WorkloadKind::ReplicaSet, deployment, set))
        .await?;
    let Some(template) = template(&older) else {
        return Ok(failed(format!("the ReplicaSet {set} has no Pod template")));
    };
    let path = path(WorkloadKind::Deployment, deployment, &deployment.name);
    let found = server.get(&path).await?;
    if found.pointer("/spec/template") == Some(&template) {
        return Ok(unchanged(&found));
    }
    let patch = json!([
        { "op": "test", "path": "/metadata/generation", "value": found.pointer("/metadata/generation") },
        { "op": "replace", "path": "/spec/template", "value": template },
    ]);
    match server.patch(&path, JSON_PATCH, &patch).await {
        Ok(object) => Ok(applied(&object)),
        Err(Trouble::Status(422, text)) => Ok(failed(format!(
            "somebody has changed the Deployment meanwhile: {text}"
        ))),
        Err(trouble) => Err(trouble),
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
fn path(kind: WorkloadKind, deployment: &Key<Workload>, name: &Name<Workload>) -> String {
    paths::workload(&WorkloadKey {
        kind,
        key: Key::new(deployment.namespace.clone(), name.clone()),
    })
}
