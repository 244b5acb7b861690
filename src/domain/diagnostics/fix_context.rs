//! Collects the names that the fixes of a finding refer to.

use std::sync::Arc;

use super::FindingBuilder;
use crate::domain::{
    context::{PeerContainer, PodContext},
    diagnostics::{EntryUse, FixContext, FixId, FixTarget, NEW_SECRET},
    k8s::{
        objects::{AnyObjectRef, SecretType},
        pull_attempt::PullAttempt,
    },
    plan::manager::{ObjectManager, OwnershipMetadata},
    registry_auth::{image_ref::ImageRef, keyring::key_matches, registries},
};

pub(super) fn build(
    context: &PodContext,
    attempt: PullAttempt<'_>,
    draft: &FindingBuilder,
) -> FixContext {
    let image = ImageRef::parse(attempt.image()).ok();
    let pod = &context.pod;
    let secret = draft.secret.clone().or_else(|| only_listed(context));
    let expected_auth_key = draft
        .expected_auth_key
        .clone()
        .or_else(|| image.as_ref().map(docker_server));
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
        secret: secret.as_ref().map(ToString::to_string),
        source_namespace: draft.source_namespace.as_ref().map(ToString::to_string),
        current_auth_key: draft.current_auth_key.as_ref().map(ToString::to_string),
        entry_uses: entry_uses(
            context,
            draft,
            secret.as_deref(),
            expected_auth_key.as_deref(),
        ),
        managers: managers(context, secret.as_deref()),
        expected_auth_key,
        username: username(draft),
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

/// The user of the entry, without what was copied along with the name.
fn username(draft: &FindingBuilder) -> Option<String> {
    let username = draft.username.as_ref()?;
    Some(username.trim().to_owned())
}

/// The images of other Pods that the entry is for, where a fix would rename or remove it; not those that the
/// right key is for as well.
fn entry_uses(
    context: &PodContext,
    draft: &FindingBuilder,
    secret: Option<&str>,
    right: Option<&str>,
) -> Vec<EntryUse> {
    let changes = |fix: &FixId| matches!(fix, FixId::CorrectServer | FixId::RemoveEntry);
    let (Some(secret), Some(entry)) = (secret, draft.current_auth_key.as_deref()) else {
        return Vec::new();
    };
    if !draft.fixes.iter().any(changes) {
        return Vec::new();
    }
    let uses = context.secret_uses.iter();
    let uses = uses
        .filter(|it| it.secret.as_str() == secret)
        .map(|it| (&it.pod, &it.image));
    let lists = |peer: &&PeerContainer| {
        let mut listed = peer.secrets.iter();
        peer.pulled && listed.any(|name| name.as_str() == secret)
    };
    let peers = context.peers.iter().filter(lists);
    let peers = peers.map(|peer| (&peer.pod.name, &peer.image));
    let is_lost = |image: &ImageRef| {
        let by_the_right_one = right.is_some_and(|it| it != entry && key_matches(it, image));
        key_matches(entry, image) && !by_the_right_one
    };
    let mut found: Vec<EntryUse> = Vec::new();
    for (pod, image) in uses.chain(peers) {
        let is_known = found.iter().any(|it| it.image == **image);
        if !is_known && ImageRef::parse(image).is_ok_and(|it| is_lost(&it)) {
            found.push(EntryUse {
                pod: pod.to_string(),
                image: image.to_string(),
            });
        }
    }
    found
}

/// What manages the Secret, the ServiceAccount and the workload.
fn managers(context: &PodContext, secret: Option<&str>) -> Vec<(AnyObjectRef, ObjectManager)> {
    let listed = context.pull_secrets.iter();
    let listed = listed.filter_map(|listed| listed.secret.present());
    let mut secrets = listed.chain(&context.unlisted_secrets);
    let secret = secrets.find(|it| secret == Some(it.key.name.as_str()));
    let secret = secret.map(|it| (AnyObjectRef::Secret(it.key.clone()), &it.meta));
    let account = context.account.present();
    let account = account.map(|it| (AnyObjectRef::ServiceAccount(it.key.clone()), &it.meta));
    let workload = context.workload.as_ref();
    let workload = workload.map(|it| (AnyObjectRef::Workload(it.id.clone()), &it.meta));
    let objects = [secret, account, workload].into_iter().flatten();
    objects
        .filter_map(|(object, meta)| {
            let manager = ObjectManager::detect(&OwnershipMetadata::from_meta(meta))?;
            Some((object, manager))
        })
        .collect()
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
