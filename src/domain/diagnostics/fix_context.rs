//! Collects the names that the fixes of a finding refer to.

use std::sync::Arc;

use super::Draft;
use crate::domain::{
    context::Case,
    diagnostics::{FixTarget, Names},
    k8s::pull_attempt::PullAttempt,
    registry_auth::{image_ref::ImageRef, registries},
};

pub(super) fn of(case: &Case, attempt: PullAttempt<'_>, draft: &Draft) -> Names {
    let image = ImageRef::parse(attempt.image()).ok();
    let pod = &case.pod;
    let secret = draft.secret.clone().or_else(|| only_listed(case));
    Names {
        namespace: Some(pod.key.namespace.to_string()),
        pod: Some(pod.key.name.to_string()),
        workload: case.workload.as_ref().map(|it| it.id.kubectl()),
        container: Some(attempt.container.name.to_string()),
        service_account: Some(pod.service_account.to_string()),
        account_lists: case.account.present().map(|account| {
            account
                .pull_secrets
                .iter()
                .map(ToString::to_string)
                .collect()
        }),
        holder: draft.holder.as_ref().map(ToString::to_string),
        matching: draft.matching.as_ref().map(ToString::to_string),
        secret: secret.map(|name| name.to_string()),
        from: draft.from.as_ref().map(ToString::to_string),
        entry: draft.entry.as_ref().map(ToString::to_string),
        server: draft.server.clone().or_else(|| image.as_ref().map(server)),
        username: draft.username.as_ref().map(ToString::to_string),
        image: Some(attempt.image().to_string()),
        repository: image.as_ref().map(ImageRef::repository),
        host: image.as_ref().map(|image| image.host().to_owned()),
        node: pod.node.as_ref().map(ToString::to_string),
        involved: None,
        target: Some(Box::new(target(case, attempt))),
    }
}

/// The target of a fix for this pull.
fn target(case: &Case, attempt: PullAttempt<'_>) -> FixTarget {
    let account = case.account.present();
    let target = FixTarget::of_pod(
        &case.pod,
        &attempt.container.name,
        case.workload.as_deref(),
        account.map(|account| &*account.pull_secrets),
    );
    FixTarget {
        volume: attempt.volume.cloned(),
        ..target
    }
}

fn only_listed(case: &Case) -> Option<Arc<str>> {
    match case.listed.as_slice() {
        [only] => Some(only.name.shared()),
        _ => None,
    }
}

/// What `--docker-server` gets for this image.
fn server(image: &ImageRef) -> String {
    match registries::of_host(image.host()) {
        Some(preset) if preset.id == "docker-hub" => preset.server.to_owned(),
        _ => image.host().to_owned(),
    }
}
