//! Predicts pull failures of running Pods, should their images be pulled again: on another node or after the
//! next restart.
//!
//! There is no error yet, so only certain problems are reported: a malformed Secret, an expired token, and a
//! registry probe that was refused.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Evidence, EvidenceSource, Fact, Finding, FindingBuilder, auth, finish, sent_credential,
};
use crate::domain::{
    context::{CredentialChain, PodContext},
    diagnostics::{Cause, classify::Confidence},
    k8s::{
        objects::{Container, ContainerState},
        pull_attempt::PullAttempt,
    },
    probe::{ProbeConclusion, PullAnswer},
    registry_auth::image_ref::ImageRef,
};

/// Checks the images of a healthy Pod.
pub fn preflight(context: &PodContext) -> Vec<Finding> {
    let containers = context.pod.containers.iter();
    containers
        .filter_map(|it| from_objects(context, it))
        .collect()
}

fn from_objects(context: &PodContext, container: &Container) -> Option<Finding> {
    let image = ImageRef::parse(&container.image).ok()?;
    let links = context.credential_chain(&image);
    let draft = match auth::find_malformed_secret(&links) {
        Some(link) => {
            let mut draft = FindingBuilder::new(Cause::PullSecretMalformed);
            auth::conclude_malformed_secret(&mut draft, link, &image);
            draft
        }
        None => expired_credential(&links, context.now)?,
    };
    Some(finish(
        context,
        PullAttempt::own(container),
        &state(container),
        draft,
    ))
}

/// The first credential that would be sent has expired.
fn expired_credential(links: &CredentialChain, now: Timestamp) -> Option<FindingBuilder> {
    let mut tried = links.logins.iter();
    let (secret, entry) = tried.next()?;
    let ended = sent_credential::expiry_fact(secret, entry, now)?;
    if !matches!(ended, Fact::Expired { .. }) {
        return None;
    }
    // Another entry is tried when this one is refused.
    let confidence = match tried.next() {
        Some(_) => Confidence::Possible,
        None => Confidence::Likely,
    };
    let mut draft = FindingBuilder::new(Cause::TokenExpired);
    draft.limit_confidence(confidence);
    sent_credential::set_credential(&mut draft, secret, entry);
    draft.add_evidence(ended, EvidenceSource::Secret);
    Some(draft)
}

/// Findings for the containers with this image when the registry refuses it.
pub fn preflight_refusal(
    context: &PodContext,
    image: &str,
    conclusion: &ProbeConclusion,
    seen: Timestamp,
) -> Vec<Finding> {
    let Some(cause) = conclusion
        .cause
        .filter(|_| conclusion.answer == PullAnswer::No)
    else {
        return Vec::new();
    };
    let containers = context.pod.containers.iter();
    let refused = containers.filter(|container| &*container.image == image);
    refused
        .map(|container| {
            let mut draft = FindingBuilder::new(cause);
            draft.root = conclusion.root;
            draft.alternatives.clone_from(&conclusion.alternatives);
            if let Ok(parsed) = ImageRef::parse(image)
                && let links = context.credential_chain(&parsed)
                && let Some((secret, entry)) = links.logins.first()
            {
                sent_credential::set_credential(&mut draft, secret, entry);
            }
            draft.evidence.push(Evidence {
                fact: Fact::RegistrySays {
                    text: conclusion.summary.as_str().into(),
                },
                source: EvidenceSource::Registry,
                observed_at: Some(seen),
            });
            finish(
                context,
                PullAttempt::own(container),
                &state(container),
                draft,
            )
        })
        .collect()
}

/// The state in the words of `kubectl get pods`.
fn state(container: &Container) -> Arc<str> {
    match &container.state {
        ContainerState::Unreported => "Pending".into(),
        ContainerState::Waiting { reason, .. } => Arc::clone(reason),
        ContainerState::Running { .. } => "Running".into(),
        ContainerState::Terminated(exit) => match &exit.reason {
            Some(reason) => Arc::clone(reason),
            None => "Terminated".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{super::RootCause, *};
    use crate::domain::{
        context,
        fixtures::{now, pod, running, seconds_ago, secret, upserted},
        k8s::objects::{SecretContent, SecretType},
        store::{
            Store,
            update::StoreUpdate,
            watch::{SecretWatch, WatchCoverage},
        },
    };

    fn context(expires: Option<Timestamp>) -> PodContext {
        let mut pod = pod("shop", "web", running());
        pod.containers[0].image = "registry.example/web:1".into();
        let entries = [("registry.example", "bot")];
        let mut secret = secret("shop", "regcred", SecretType::DockerConfigJson, &entries);
        pod.pull_secrets = Arc::from([secret.key.name.clone()]);
        if let SecretContent::Read(summary) = &mut secret.content {
            let mut entry = summary.entries[0].clone();
            entry.expires = expires;
            summary.entries = Arc::from([entry]);
        }
        let mut store = Store::default();
        let key = pod.key.clone();
        store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
        let slice = SecretWatch::DockerConfigJson;
        store.apply(StoreUpdate::Secrets(slice, upserted(vec![secret])), now());
        context::pod_context(&store, &WatchCoverage::complete(), &key, now()).unwrap()
    }

    #[test]
    fn a_token_that_has_ended_will_be_refused() {
        assert_eq!(preflight(&context(None)), []);
        assert_eq!(
            preflight(&context(Some(seconds_ago(-60)))),
            [],
            "it still holds"
        );
        let found = preflight(&context(Some(seconds_ago(60))));
        let [finding] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(finding.root, Some(RootCause::CredentialExpired));
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(&*finding.state, "Running");
    }

    #[test]
    fn what_the_registry_refuses_today_will_not_be_pulled_tomorrow() {
        let mut conclusion = ProbeConclusion {
            answer: PullAnswer::No,
            cause: Some(Cause::ImageNotFound),
            root: Some(RootCause::TagMissing),
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            suggestion: None,
            tags: Vec::new(),
            summary: "there is no tag 1".to_owned(),
        };
        let context = context(None);
        let found = preflight_refusal(&context, "registry.example/web:1", &conclusion, now());
        let [finding] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(finding.root, Some(RootCause::TagMissing));
        assert_eq!(finding.confidence, Confidence::Certain);
        conclusion.answer = PullAnswer::Ok;
        assert_eq!(
            preflight_refusal(&context, "registry.example/web:1", &conclusion, now()),
            []
        );
    }
}
