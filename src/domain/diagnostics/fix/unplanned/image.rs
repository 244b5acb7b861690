//! Commands that change an image or pull policy where no plan does.

use serde_json::{Value, json};

use super::{
    super::target::{FixTarget, PodOwner},
    edit_manifest, edit_other, is_held_by_partition,
};
use crate::domain::{k8s::objects::ImageVolume, shell};

/// Commands for another image where no plan sets it: of a volume, in a Job, with an owner of another kind.
pub(super) fn image(target: &FixTarget, image: &str) -> Vec<String> {
    match &target.volume {
        Some(volume) => set_volume_image(target, volume, image),
        None => set_image(target, image),
    }
}

/// Sets the image of a volume.
///
/// The volumes of a list are merged by name (`patchMergeKey`), so the others stay.
fn set_volume_image(target: &FixTarget, volume: &ImageVolume, image: &str) -> Vec<String> {
    let name = &*volume.name;
    let volumes = json!([{ "name": name, "image": { "reference": image } }]);
    let template = json!({ "spec": { "template": { "spec": { "volumes": volumes } } } });
    let patch = |object: &str, patch: &Value| {
        let patch = shell::quote(&patch.to_string());
        target.kubectl(&format!("patch {object} -p {patch}"))
    };
    let path = format!(
        "(.volumes[]? | select(.name == {}) | .image.reference) = {}",
        json!(name),
        json!(image)
    );
    match (&target.owner, &target.pod) {
        (PodOwner::None, Some(pod)) => {
            vec![target.replaced_pod(pod, &format!(" | .spec |= ({path})"))]
        }
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::Rolling(id) | PodOwner::ReplicaSet(id), _) => [patch(&id.kubectl(), &template)]
            .into_iter()
            .chain(target.roll_out())
            .collect(),
        (PodOwner::CronJob { id, job }, _) => {
            let template = json!({ "spec": { "jobTemplate": template } });
            [patch(&id.kubectl(), &template)]
                .into_iter()
                .chain(target.delete_job(job.as_ref()))
                .collect()
        }
        (PodOwner::Job(id), _) => {
            vec![target.replaced_job(&id.key, &format!(" | .spec.template.spec |= ({path})"))]
        }
        (PodOwner::StaticPod { node }, _) => vec![edit_manifest(node)],
        (PodOwner::Other { kind, name, .. }, _) => vec![edit_other(target, kind, name)],
    }
}

fn set_image(target: &FixTarget, image: &str) -> Vec<String> {
    let Some(container) = &target.container else {
        return Vec::new();
    };
    match &target.owner {
        PodOwner::Job(id) if container.template_image.is_some() => {
            let filter = format!(
                " | (.spec.template.spec | (.containers, .initContainers) | .[]? | select(.name == {}) | .image) = {}",
                json!(&*container.name),
                json!(image)
            );
            vec![target.replaced_job(&id.key, &filter)]
        }
        PodOwner::Other { kind, .. } if &**kind == "ReplicaSet" => {
            let assignment = shell::quote(&format!("{}={image}", container.name));
            vec![target.kubectl(&format!("set image deployment/NAME {assignment}"))]
        }
        PodOwner::Other { kind, name, .. } => vec![edit_other(target, kind, name)],
        PodOwner::StaticPod { node } => vec![edit_manifest(node)],
        PodOwner::Rolling(id)
            if container.template_image.is_some() && is_held_by_partition(target) =>
        {
            let assignment = shell::quote(&format!("{}={image}", container.name));
            let set = target.kubectl(&format!("set image {} {assignment}", id.kubectl()));
            [set].into_iter().chain(target.roll_out()).collect()
        }
        PodOwner::None
        | PodOwner::Rolling(_)
        | PodOwner::ReplicaSet(_)
        | PodOwner::Job(_)
        | PodOwner::CronJob { .. } => Vec::new(),
    }
}

/// Commands for the pull policy `IfNotPresent`.
pub(in crate::domain::diagnostics::fix) fn pull_policy(target: &FixTarget) -> Vec<String> {
    match (&target.owner, &target.pod) {
        (PodOwner::Rolling(id) | PodOwner::ReplicaSet(id) | PodOwner::CronJob { id, .. }, _) => {
            vec![target.kubectl(&format!("edit {}", id.kubectl()))]
        }
        (PodOwner::Job(id), _) => {
            let policy = policy_of(target);
            vec![target.replaced_job(&id.key, &format!(" | (.spec.template.spec{policy}"))]
        }
        (PodOwner::None, Some(pod)) => {
            let policy = policy_of(target);
            vec![target.replaced_pod(pod, &format!(" | (.spec{policy}"))]
        }
        (PodOwner::None, None) => Vec::new(),
        (PodOwner::StaticPod { node }, _) => vec![edit_manifest(node)],
        (PodOwner::Other { kind, name, .. }, _) => vec![edit_other(target, kind, name)],
    }
}

/// The rest of a jq path to the pull policy of a container or an image volume, with its new value.
fn policy_of(target: &FixTarget) -> String {
    if let Some(volume) = &target.volume {
        return format!(
            " | .volumes[]? | select(.name == {}) | .image.pullPolicy) = \"IfNotPresent\"",
            json!(&*volume.name)
        );
    }
    let container = target.container.as_ref();
    let name = container.map_or("CONTAINER", |container| &*container.name);
    format!(
        " | (.containers, .initContainers) | .[]? | select(.name == {}) | .imagePullPolicy) = \"IfNotPresent\"",
        json!(name)
    )
}
