//! Changes to workloads.

use serde_json::Value;

use super::{
    bodies,
    server::{ATTEMPTS, MERGE, STRATEGIC, Server, applied, failed, is_conflict, made, unchanged},
};
use crate::{
    cluster::{
        Trouble,
        paths::{self, workload as path},
    },
    domain::{
        key::{Key, Name},
        objects::{Secret, ServiceAccount, Subject, Workload, WorkloadKey, WorkloadKind},
        plan::{Before, Deployment, Done, ImageOwner, Outcome, manifest},
    },
};

pub(super) async fn create(server: Server<'_>, deployment: &Deployment) -> Result<Done, Trouble> {
    let id = deployment.id();
    let deployments = paths::workloads(id.kind, &id.key.namespace);
    match server
        .post(&deployments, &manifest::deployment(deployment))
        .await
    {
        Ok(object) => Ok(made(&object)),
        Err(trouble) if is_conflict(&trouble) => {
            let there = server.get(&path(&id)).await?;
            let image = there.pointer("/spec/template/spec/containers/0/image");
            Ok(
                if image.and_then(Value::as_str) == Some(&deployment.image) {
                    unchanged(&there)
                } else {
                    failed(format!(
                        "a Deployment {} with another image exists already",
                        deployment.key
                    ))
                },
            )
        }
        Err(trouble) => Err(trouble),
    }
}

pub(super) async fn restart(server: Server<'_>, id: &WorkloadKey) -> Result<Done, Trouble> {
    let patch = bodies::restart(jiff::Timestamp::now());
    server.patch(&path(id), MERGE, &patch).await?;
    Ok(Done::new(Outcome::Applied))
}

pub(super) async fn set_account(
    server: Server<'_>,
    id: &WorkloadKey,
    account: &Name<ServiceAccount>,
) -> Result<Done, Trouble> {
    let found = server.get(&path(id)).await?;
    let name = found.pointer("/spec/template/spec/serviceAccountName");
    let before = name.and_then(Value::as_str).unwrap_or("default");
    if before == account.as_str() {
        return Ok(unchanged(&found));
    }
    let object = server
        .patch(&path(id), MERGE, &bodies::set_account(account))
        .await?;
    Ok(Done {
        before: Some(Before::Account(Name::new(before))),
        ..applied(&object)
    })
}

pub(super) async fn set_image(
    server: Server<'_>,
    owner: &ImageOwner,
    container: &str,
    image: &str,
) -> Result<Done, Trouble> {
    let path = match owner.subject() {
        Subject::Pod(key) => paths::pod(key),
        Subject::Workload(id) => path(id),
    };
    let found = server.get(&path).await?;
    match bodies::image_patch(&found, owner.pod_spec(), container, image) {
        bodies::ImagePatch::Same => Ok(unchanged(&found)),
        bodies::ImagePatch::NoContainer => Ok(failed(format!(
            "{owner} has no container {container} any more"
        ))),
        bodies::ImagePatch::Patch(patch, before) => {
            let object = server.patch(&path, STRATEGIC, &patch).await?;
            Ok(Done {
                before: Some(Before::Image(before.into())),
                ..applied(&object)
            })
        }
    }
}

/// Changes the list of a Pod template as it is now, for the version that was read. What others add
/// meanwhile stays.
pub(super) async fn set_pull_secrets(
    server: Server<'_>,
    id: &WorkloadKey,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<Done, Trouble> {
    let path = path(id);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let found = server.get(&path).await?;
        let list = bodies::template_pull_secrets(&found);
        let changed = change(&list);
        if changed == list {
            return Ok(unchanged(&found));
        }
        let patch = bodies::set_template_pull_secrets(&found, &changed);
        match server.patch(&path, MERGE, &patch).await {
            Ok(object) => {
                return Ok(Done {
                    before: Some(Before::List {
                        before: list,
                        after: changed,
                        seen: bodies::revision(&found),
                    }),
                    ..applied(&object)
                });
            }
            Err(trouble) if is_conflict(&trouble) && attempt < ATTEMPTS => {}
            Err(trouble) => return Err(trouble),
        }
    }
}

/// Deletes a Job with its Pods; `batch/v1` would leave them by default.
pub(super) async fn delete_job(server: Server<'_>, key: &Key<Workload>) -> Result<Done, Trouble> {
    let id = WorkloadKey {
        kind: WorkloadKind::Job,
        key: key.clone(),
    };
    match server.delete(&path(&id), None).await {
        Ok(()) => Ok(Done::new(Outcome::Applied)),
        Err(Trouble::NotFound(_)) => Ok(Done::new(Outcome::Unchanged)),
        Err(trouble) => Err(trouble),
    }
}
