//! Changes to workloads.

use serde_json::Value;

use super::{
    bodies,
    server::{MERGE, STRATEGIC, Server, applied, failed, is_conflict, made, unchanged},
};
use crate::{
    cluster::{
        Trouble,
        paths::{self, workload as path},
    },
    domain::{
        key::Name,
        objects::{ServiceAccount, WorkloadKey},
        plan::{Before, Deployment, Done, Outcome, manifest},
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
    id: &WorkloadKey,
    container: &str,
    image: &str,
) -> Result<Done, Trouble> {
    let found = server.get(&path(id)).await?;
    match bodies::image_patch(&found, container, image) {
        bodies::ImagePatch::Same => Ok(unchanged(&found)),
        bodies::ImagePatch::NoContainer => Ok(failed(format!(
            "{id} has no container {container} any more"
        ))),
        bodies::ImagePatch::Patch(patch, before) => {
            let object = server.patch(&path(id), STRATEGIC, &patch).await?;
            Ok(Done {
                before: Some(Before::Image(before.into())),
                ..applied(&object)
            })
        }
    }
}
