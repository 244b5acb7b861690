//! Applies changes to workloads and their Pods.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    api::{ApiServer, unknown},
    create::create as create_object,
    delete::{self, DeleteOutcome, Precondition},
    patch::Patch,
    patches,
    update::{UpdateDecision, UpdateOutcome, read, update},
};
use crate::{
    cluster::{
        ApiError,
        paths::{self, workload as path},
    },
    domain::{
        k8s::{
            object_ref::Name,
            objects::{Secret, Subject, WorkloadRef},
        },
        plan::{
            AccountChange, ChangeResult, ContainerImage, CreateDeployment, DeleteJob, DeletePod,
            ImageChange, ListChange, Observed, Outcome, Restart, SetAccount, SetImage,
            SetTemplatePullSecrets, Undoable, manifest,
        },
    },
};

pub(super) async fn create(
    server: ApiServer<'_>,
    deployment: &CreateDeployment,
) -> Result<ChangeResult, ApiError> {
    let id = deployment.id();
    let deployments = paths::workloads(id.kind, &id.key.namespace);
    let body = manifest::deployment(deployment);
    let fits = |there: &Value| {
        let image = there.pointer("/spec/template/spec/containers/0/image");
        let other = if image.and_then(Value::as_str) != Some(&deployment.image) {
            "another image"
        } else if account(there) != deployment.account.as_str() {
            "another ServiceAccount"
        } else {
            return Ok(());
        };
        let key = &deployment.key;
        Err(format!("Deployment {key} already exists with {other}"))
    };
    let name = id.key.name.as_str();
    let creation = create_object(server, &deployments, name, &body, fits).await?;
    Ok(creation.done(|created| deployment.undo(created)))
}

pub(super) async fn restart(
    server: ApiServer<'_>,
    change: &Restart,
) -> Result<ChangeResult, ApiError> {
    let annotation = patches::restart(jiff::Timestamp::now());
    let step = |found: &Value| match patches::rollout_blocker(found) {
        // A change before this one in the plan may resume it.
        Some(why) if server.checks_expectations() => UpdateDecision::Refuse(why.to_owned()),
        Some(_) | None => UpdateDecision::Write(Patch::merge(found, annotation.clone())),
    };
    let updated = update(server, &path(change.workload.id()), step).await?;
    Ok(updated.done_for_good())
}

/// The ServiceAccount of a workload's template.
fn account(workload: &Value) -> &str {
    let name = workload.pointer("/spec/template/spec/serviceAccountName");
    let name = name.and_then(Value::as_str).filter(|name| !name.is_empty());
    name.unwrap_or("default")
}

pub(super) async fn set_account(
    server: ApiServer<'_>,
    change: &SetAccount,
) -> Result<ChangeResult, ApiError> {
    let wanted = change.account.as_str();
    let observed = |found: &Value| Observed {
        uid: patches::object_version(found).uid,
        value: Name::new(account(found)),
    };
    let step = |found: &Value| {
        if account(found) == wanted {
            return UpdateDecision::Keep;
        }
        let now = observed(found);
        if let Some(why) = unexpected(server, "ServiceAccount", change.before.as_ref(), &now) {
            return UpdateDecision::Refuse(why);
        }
        // `serviceAccount` is the old name of the field; the server keeps both alike.
        let fields = json!({ "serviceAccountName": wanted, "serviceAccount": wanted });
        UpdateDecision::Write(Patch::merge(found, patches::pod_spec(&fields)))
    };
    let updated = update(server, &path(change.workload.id()), step).await?;
    let found = SetAccount {
        before: Some(observed(updated.found())),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done(|found, now| {
            change.undo(AccountChange {
                before: observed(found),
                after: now.map_or_else(|| change.account.clone(), |now| Name::new(account(now))),
            })
        })
    })
}

pub(super) async fn set_image(
    server: ApiServer<'_>,
    change: &SetImage,
) -> Result<ChangeResult, ApiError> {
    let SetImage {
        workload: owner,
        container,
        before: expected,
        image: wanted,
        stored: _,
    } = change;
    let spec = owner.pod_spec();
    let observed = |found: &Value| {
        let (list, image) = patches::image(found, spec, container)?;
        let image = Arc::from(image);
        Some(Observed {
            uid: patches::object_version(found).uid,
            value: ContainerImage { list, image },
        })
    };
    let step = |found: &Value| {
        let Some(now) = observed(found) else {
            return UpdateDecision::Refuse(format!(
                "{owner} no longer has a container {container}"
            ));
        };
        if *now.value.image == **wanted {
            return UpdateDecision::Keep;
        }
        if let Some(why) = unexpected(server, "image", expected.as_ref(), &now) {
            return UpdateDecision::Refuse(why);
        }
        // It finds the container in the list by its name.
        let item = json!({ "name": &**container, "image": wanted });
        let containers = json!({ now.value.list.field(): [item] });
        let fields = spec.iter().rev();
        let fields = fields.fold(containers, |inner, field| json!({ *field: inner }));
        UpdateDecision::Write(Patch::strategic(found, fields))
    };
    let path = match owner.subject() {
        Subject::Pod(key) => paths::pod(key),
        Subject::Workload(id) => path(id),
    };
    let updated = update(server, &path, step).await?;
    let Some(now) = observed(updated.found()) else {
        return Ok(updated.done_for_good());
    };
    let after = updated.now().and_then(|now| observed(now));
    let after = after.map_or_else(|| wanted.as_str().into(), |after| after.value.image);
    let found = SetImage {
        before: Some(now.clone()),
        stored: Some(Arc::clone(&after)).filter(|after| **after != **wanted),
        ..change.clone()
    };
    let before = now;
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done(|_, _| change.undo(ImageChange { before, after }))
    })
}

/// Why a field is not changed: it differs from the preview, or from what the change to undo has left.
pub(super) fn unexpected<T: PartialEq + std::fmt::Display>(
    server: ApiServer<'_>,
    field: &str,
    expected: Option<&Observed<T>>,
    now: &Observed<T>,
) -> Option<String> {
    let expected = expected.filter(|expected| server.checks_expectations() && *expected != now)?;
    Some(if expected.uid == now.uid {
        format!(
            "it was changed by someone else: {field} is {}, not {}, so it is left unchanged",
            now.value, expected.value
        )
    } else {
        ANOTHER.to_owned()
    })
}

const ANOTHER: &str = "it was deleted and recreated by someone else, so it is left unchanged";

/// Why an object is not changed: its uid differs.
pub(super) fn another_object(
    server: ApiServer<'_>,
    uid: Option<&str>,
    found: &Value,
) -> Option<String> {
    let is_other = uid.is_some_and(|uid| uid != patches::object_version(found).uid);
    (is_other && server.checks_expectations()).then(|| ANOTHER.to_owned())
}

/// Deletes the expected Pod; a later one of the same name is left alone.
pub(super) async fn delete_pod(
    server: ApiServer<'_>,
    change: &DeletePod,
) -> Result<ChangeResult, ApiError> {
    let path = paths::pod(&change.pod);
    if change.only_if_waiting {
        match read(server, &path, &mut server.backoff()).await {
            Ok(pod) if is_ready(&pod) => {
                return Ok(ChangeResult::new(Outcome::NotNeeded(
                    "the Pod is ready".to_owned(),
                )));
            }
            Err(ApiError::NotFound(_)) => return Ok(ChangeResult::new(Outcome::Unchanged)),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    delete_pinned(server, &path, change.uid.as_deref(), "another Pod").await
}

/// The condition `Ready` of a Pod.
fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Ready")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    })
}

/// Deletes the expected Job with its Pods, which `batch/v1` would leave by default.
pub(super) async fn delete_job(
    server: ApiServer<'_>,
    change: &DeleteJob,
) -> Result<ChangeResult, ApiError> {
    let path = path(&change.id());
    delete_pinned(server, &path, change.uid.as_deref(), "another Job").await
}

async fn delete_pinned(
    server: ApiServer<'_>,
    path: &str,
    uid: Option<&str>,
    another: &str,
) -> Result<ChangeResult, ApiError> {
    let precondition = uid.map_or(Precondition::Name, |uid| {
        Precondition::Object(uid.to_owned())
    });
    Ok(match delete::delete(server, path, &precondition).await? {
        DeleteOutcome::Gone | DeleteOutcome::Lingers(_) => ChangeResult::new(Outcome::Applied),
        DeleteOutcome::Absent => ChangeResult::new(Outcome::Unchanged),
        DeleteOutcome::Changed => ChangeResult::new(Outcome::NotNeeded(format!(
            "{another} of the same name has replaced it"
        ))),
        DeleteOutcome::Unknown(why) => unknown(&why),
    })
}

pub(super) async fn set_pull_secrets(
    server: ApiServer<'_>,
    change: &SetTemplatePullSecrets,
) -> Result<ChangeResult, ApiError> {
    let id = change.workload.id();
    let (updated, list) = change_list(server, id, None, |list| change.changed(list)).await?;
    let found = SetTemplatePullSecrets {
        current: list.before.clone(),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done(|_, _| change.undo(list))
    })
}

/// Changes the list of a Pod template in its current version; additions by others stay.
///
/// `uid` is that of the only object that may be changed.
pub(super) async fn change_list(
    server: ApiServer<'_>,
    id: &WorkloadRef,
    uid: Option<&str>,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<(UpdateOutcome, ListChange), ApiError> {
    let step = |found: &Value| {
        if let Some(why) = another_object(server, uid, found) {
            return UpdateDecision::Refuse(why);
        }
        let list = patches::template_pull_secrets(found);
        let changed = change(&list);
        if changed == list {
            return UpdateDecision::Keep;
        }
        // A merge patch replaces lists.
        let fields = json!({ "imagePullSecrets": manifest::references(&changed) });
        UpdateDecision::Write(Patch::merge(found, patches::pod_spec(&fields)))
    };
    let updated = update(server, &path(id), step).await?;
    let before = patches::template_pull_secrets(updated.found());
    let stored = updated.now().map(|now| patches::template_pull_secrets(now));
    let after = stored.unwrap_or_else(|| change(&before));
    let uid = Some(patches::object_version(updated.found()).uid);
    Ok((updated, ListChange { uid, before, after }))
}
