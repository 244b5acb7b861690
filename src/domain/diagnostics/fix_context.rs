//! Collects the names that the fixes of a finding refer to.

use std::sync::Arc;

use super::FindingBuilder;
use crate::domain::{
    context::PodContext,
    diagnostics::{FixContext, FixTarget, NEW_SECRET},
    k8s::{objects::SecretType, pull_attempt::PullAttempt},
    registry_auth::{image_ref::ImageRef, registries},
};

pub(super) fn build(
    context: &PodContext,
    attempt: PullAttempt<'_>,
    draft: &FindingBuilder,
) -> FixContext {
    let image = ImageRef::parse(attempt.image()).ok();
    let pod = &context.pod;
    let secret = draft.secret.clone().or_else(|| only_listed(context));
    FixContext {
        namespace: Some(pod.key.namespace.to_string()),
        pod: Some(pod.key.name.to_string()),
        workload: context.workload.as_ref().map(|it| it.id.kubectl()),
        container: Some(attempt.container.name.to_string()),
        service_account: Some(pod.service_account.to_string()),
        identity: image
            .as_ref()
            .and_then(|image| context.provider_link(image)?.identity),
        account_lists: context.account.present().map(|account| {
            account
                .pull_secrets
                .iter()
                .map(ToString::to_string)
                .collect()
        }),
        other_service_account: draft
            .other_service_account
            .as_ref()
            .map(ToString::to_string),
        matching_secret: draft.matching_secret.as_ref().map(ToString::to_string),
        new_secret: Some(new_secret(context, secret.as_deref())),
        secret: secret.map(|name| name.to_string()),
        source_namespace: draft.source_namespace.as_ref().map(ToString::to_string),
        current_auth_key: draft.current_auth_key.as_ref().map(ToString::to_string),
        expected_auth_key: draft
            .expected_auth_key
            .clone()
            .or_else(|| image.as_ref().map(docker_server)),
        username: draft.username.as_ref().map(ToString::to_string),
        suggested_image: draft.suggested_image.clone(),
        image: Some(attempt.image().to_string()),
        repository: image.as_ref().map(ImageRef::repository),
        host: image.as_ref().map(|image| image.host().to_owned()),
        mirror: draft.mirror.clone(),
        node: pod.node.as_ref().map(ToString::to_string),
        event_object: None,
        clues: draft.clues,
        fault: draft
            .fault
            .clone()
            .filter(|fault| fault.cause() == draft.cause),
        target: Some(Box::new(target(context, attempt))),
    }
}

/// The target of a fix for this pull.
fn target(context: &PodContext, attempt: PullAttempt<'_>) -> FixTarget {
    let account = context.account.present();
    let target = FixTarget::for_pod(
        &context.pod,
        &attempt.container.name,
        context.workload.as_deref(),
        account.map(|account| &*account.pull_secrets),
    );
    let listed = context.pull_secrets.iter();
    let secrets = listed.filter_map(|listed| listed.secret.present());
    let legacy = secrets
        .chain(&context.unlisted_secrets)
        .filter(|secret| secret.secret_type == SecretType::DockerCfg);
    FixTarget {
        legacy_secrets: legacy.map(|secret| secret.key.name.clone()).collect(),
        volume: attempt.volume.cloned(),
        ..target
    }
}

fn only_listed(context: &PodContext) -> Option<Arc<str>> {
    match context.pull_secrets.as_slice() {
        [only] => Some(only.name.shared()),
        _ => None,
    }
}

/// A name that no Secret of the namespace has: that of the Secret that is missed, or the one of the Kubernetes
/// documentation, with a number where that is taken.
fn new_secret(context: &PodContext, missed: Option<&str>) -> String {
    let listed = context.pull_secrets.iter();
    let present = listed.filter_map(|listed| listed.secret.present());
    let taken: Vec<&str> = present
        .chain(&context.unlisted_secrets)
        .map(|secret| secret.key.name.as_str())
        .collect();
    let numbered = (2..).map(|number| format!("{NEW_SECRET}-{number}"));
    let names = missed.map(str::to_owned).into_iter();
    names
        .chain([NEW_SECRET.to_owned()])
        .chain(numbered)
        .find(|name| !taken.contains(&name.as_str()))
        .unwrap_or_else(|| NEW_SECRET.to_owned())
}

/// What `--docker-server` gets for this image.
fn docker_server(image: &ImageRef) -> String {
    registries::docker_server(image.host()).to_owned()
}
