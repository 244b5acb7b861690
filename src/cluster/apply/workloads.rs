//! Changes to workloads and their Pods.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    bodies,
    create::create as make,
    delete::{self, Deleted},
    patch::Patch,
    server::{Server, unknown},
    update::{Step, update},
};
use crate::{
    cluster::{
        Trouble,
        paths::{self, workload as path},
    },
    domain::{
        key::{Key, Name},
        objects::{Pod, Secret, ServiceAccount, Subject, Workload, WorkloadKey, WorkloadKind},
        plan::{
            Before, ContainerImage, Deployment, Done, Found, ImageOwner, Lists, Outcome, Seen,
            manifest,
        },
    },
};

pub(super) async fn create(server: Server<'_>, deployment: &Deployment) -> Result<Done, Trouble> {
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
        Err(format!("a Deployment {key} with {other} exists already"))
    };
    make(server, &deployments, id.key.name.as_str(), &body, fits).await
}

pub(super) async fn restart(server: Server<'_>, id: &WorkloadKey) -> Result<Done, Trouble> {
    let annotation = bodies::restart(jiff::Timestamp::now());
    let step = |found: &Value| Step::Write(Patch::merge(found, annotation.clone()));
    let updated = update(server, &path(id), step).await?;
    // New Pods are not made old again.
    Ok(updated.done_for_good())
}

/// The ServiceAccount of a workload's template.
fn account(workload: &Value) -> &str {
    let name = workload.pointer("/spec/template/spec/serviceAccountName");
    let name = name.and_then(Value::as_str).filter(|name| !name.is_empty());
    name.unwrap_or("default")
}

pub(super) async fn set_account(
    server: Server<'_>,
    id: &WorkloadKey,
    expected: Option<&Seen<Name<ServiceAccount>>>,
    wanted: &Name<ServiceAccount>,
) -> Result<Done, Trouble> {
    let seen = |found: &Value| Seen {
        uid: bodies::revision(found).uid,
        value: Name::new(account(found)),
    };
    let step = |found: &Value| {
        if account(found) == wanted.as_str() {
            return Step::Keep;
        }
        let now = seen(found);
        if let Some(why) = unexpected(server, "ServiceAccount", expected, &now) {
            return Step::Refuse(why);
        }
        // `serviceAccount` is the old name of the field; the server keeps both alike.
        let fields = json!({
            "serviceAccountName": wanted.as_str(),
            "serviceAccount": wanted.as_str(),
        });
        Step::Write(Patch::merge(found, bodies::pod_spec(&fields)))
    };
    let updated = update(server, &path(id), step).await?;
    let now = seen(updated.found());
    let done = updated.done(|found| Before::Account(seen(found)));
    Ok(Done {
        found: Some(Found::Account(now)),
        ..done
    })
}

pub(super) async fn set_image(
    server: Server<'_>,
    owner: &ImageOwner,
    container: &str,
    expected: Option<&Seen<ContainerImage>>,
    wanted: &str,
) -> Result<Done, Trouble> {
    let spec = owner.pod_spec();
    let seen = |found: &Value| {
        let (list, image) = bodies::image(found, spec, container)?;
        let image = Arc::from(image);
        Some(Seen {
            uid: bodies::revision(found).uid,
            value: ContainerImage { list, image },
        })
    };
    let step = |found: &Value| {
        let Some(now) = seen(found) else {
            return Step::Refuse(format!("{owner} has no container {container} any more"));
        };
        if *now.value.image == *wanted {
            return Step::Keep;
        }
        if let Some(why) = unexpected(server, "image", expected, &now) {
            return Step::Refuse(why);
        }
        // It finds the container in the list by its name.
        let item = json!({ "name": container, "image": wanted });
        let containers = json!({ now.value.list.field(): [item] });
        let fields = spec.iter().rev();
        let fields = fields.fold(containers, |inner, field| json!({ *field: inner }));
        Step::Write(Patch::strategic(found, fields))
    };
    let path = match owner.subject() {
        Subject::Pod(key) => paths::pod(key),
        Subject::Workload(id) => path(id),
    };
    let updated = update(server, &path, step).await?;
    let Some(now) = seen(updated.found()) else {
        return Ok(updated.done_for_good());
    };
    let done = updated.done(|_| Before::Image(now.clone()));
    Ok(Done {
        found: Some(Found::Image(now)),
        ..done
    })
}

/// Why a field is left as it is: it is not what was shown before, or what the change that is taken back has
/// left.
fn unexpected<T: PartialEq + std::fmt::Display>(
    server: Server<'_>,
    field: &str,
    expected: Option<&Seen<T>>,
    now: &Seen<T>,
) -> Option<String> {
    let expected = expected.filter(|expected| server.expects() && *expected != now)?;
    Some(if expected.uid == now.uid {
        format!(
            "somebody has changed it: the {field} is {} and not {}, so it is left as it is",
            now.value, expected.value
        )
    } else {
        "somebody has deleted it and made another of its name, so that is left as it is".to_owned()
    })
}

/// Deletes the Pod that was seen; what has come in its place is left alone.
pub(super) async fn delete_pod(
    server: Server<'_>,
    pod: &Key<Pod>,
    uid: Option<&str>,
) -> Result<Done, Trouble> {
    delete_seen(server, &paths::pod(pod), uid, "another Pod").await
}

/// Deletes the Job that was seen, with its Pods; `batch/v1` would leave them by default.
pub(super) async fn delete_job(
    server: Server<'_>,
    job: &Key<Workload>,
    uid: Option<&str>,
) -> Result<Done, Trouble> {
    let id = WorkloadKey {
        kind: WorkloadKind::Job,
        key: job.clone(),
    };
    delete_seen(server, &path(&id), uid, "another Job").await
}

async fn delete_seen(
    server: Server<'_>,
    path: &str,
    uid: Option<&str>,
    another: &str,
) -> Result<Done, Trouble> {
    let seen = uid.map_or(delete::Seen::Name, |uid| {
        delete::Seen::Object(uid.to_owned())
    });
    Ok(match delete::delete(server, path, &seen).await? {
        Deleted::Gone | Deleted::Lingers(_) => Done::new(Outcome::Applied),
        Deleted::Absent => Done::new(Outcome::Unchanged),
        Deleted::Changed => Done::new(Outcome::NotNeeded(format!(
            "{another} of its name has taken its place"
        ))),
        Deleted::Unknown(why) => unknown(&why),
    })
}

/// Changes the list of a Pod template as it is now, for the version that was read. What others add
/// meanwhile stays.
pub(super) async fn set_pull_secrets(
    server: Server<'_>,
    id: &WorkloadKey,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<Done, Trouble> {
    let step = |found: &Value| {
        let list = bodies::template_pull_secrets(found);
        let changed = change(&list);
        if changed == list {
            return Step::Keep;
        }
        // A merge patch replaces lists.
        let fields = json!({ "imagePullSecrets": manifest::references(&changed) });
        Step::Write(Patch::merge(found, bodies::pod_spec(&fields)))
    };
    let updated = update(server, &path(id), step).await?;
    let now = bodies::template_pull_secrets(updated.found());
    let then = change(&now);
    let done = updated.done(|_| Before::List {
        before: now.clone(),
        after: then.clone(),
    });
    let found = Some(Found::Lists(Lists { now, then }));
    Ok(Done { found, ..done })
}
