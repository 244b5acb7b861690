//! Predicts pull failures of running Pods, should their images be pulled again: on another node or after the
//! next restart.
//!
//! There is no error yet, so only certain problems are reported: a malformed Secret, an expired token, and a
//! registry probe that was refused.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Draft, Evidence, Fact, Finding, Source, auth, finish, sent_credential};
use crate::domain::{
    context::{Case, Links, carries},
    diagnostics::{Cause, classify::Confidence},
    k8s::{
        objects::{Container, ContainerState},
        pull_attempt::PullAttempt,
    },
    probe::{Answer, Verdict},
    registry_auth::image_ref::ImageRef,
};

/// Checks the images of a healthy Pod.
pub fn foresee(case: &Case) -> Vec<Finding> {
    let containers = case.pod.containers.iter();
    containers.filter_map(|it| of_objects(case, it)).collect()
}

fn of_objects(case: &Case, container: &Container) -> Option<Finding> {
    let image = ImageRef::parse(&container.image).ok()?;
    let links = case.links(&image);
    let draft = match auth::malformed(&links) {
        Some(link) => {
            let mut draft = Draft::new(Cause::PullSecretMalformed);
            auth::spoiled(&mut draft, link);
            draft
        }
        None => has_ended(&links, case.now)?,
    };
    Some(finish(
        case,
        PullAttempt::own(container),
        &state(container),
        draft,
    ))
}

/// The first credential that would be sent has expired.
fn has_ended(links: &Links, now: Timestamp) -> Option<Draft> {
    let mut tried = links.tries.iter().filter(|(_, entry)| carries(entry));
    let (secret, entry) = tried.next()?;
    let ended = sent_credential::ended(secret, entry, now)?;
    if !matches!(ended, Fact::Ended { .. }) {
        return None;
    }
    // Another entry is tried when this one is refused.
    let confidence = match tried.next() {
        Some(_) => Confidence::Possible,
        None => Confidence::Likely,
    };
    let mut draft = Draft::new(Cause::TokenExpired);
    draft.doubt(confidence);
    sent_credential::credential(&mut draft, secret, entry);
    draft.tell(ended, Source::Secret);
    Some(draft)
}

/// Findings for the containers with this image when the registry refuses it.
pub fn foresee_refusal(
    case: &Case,
    image: &str,
    verdict: &Verdict,
    seen: Timestamp,
) -> Vec<Finding> {
    let Some(cause) = verdict.cause.filter(|_| verdict.answer == Answer::No) else {
        return Vec::new();
    };
    let containers = case.pod.containers.iter();
    let refused = containers.filter(|container| &*container.image == image);
    refused
        .map(|container| {
            let mut draft = Draft::new(cause);
            draft.root = verdict.root;
            draft.alternatives.clone_from(&verdict.alternatives);
            if let Ok(parsed) = ImageRef::parse(image)
                && let links = case.links(&parsed)
                && let Some((secret, entry)) = links.tries.iter().find(|(_, it)| carries(it))
            {
                sent_credential::credential(&mut draft, secret, entry);
            }
            draft.evidence.push(Evidence {
                fact: Fact::RegistrySays {
                    text: verdict.summary.as_str().into(),
                },
                source: Source::Registry,
                seen: Some(seen),
            });
            finish(case, PullAttempt::own(container), &state(container), draft)
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
    use super::{super::Root, *};
    use crate::domain::{
        context,
        fixtures::{ago, changed, now, pod, running, secret},
        k8s::objects::{SecretContent, SecretType},
        store::{
            World,
            update::Batch,
            watch::{SecretSlice, Sight},
        },
    };

    fn case(expires: Option<Timestamp>) -> Case {
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
        let mut world = World::default();
        let key = pod.key.clone();
        world.fold(Batch::Pods(changed(vec![pod])), now());
        let slice = SecretSlice::DockerConfigJson;
        world.fold(Batch::Secrets(slice, changed(vec![secret])), now());
        context::case(&world, &Sight::full(), &key, now()).unwrap()
    }

    #[test]
    fn a_token_that_has_ended_will_be_refused() {
        assert_eq!(foresee(&case(None)), []);
        assert_eq!(foresee(&case(Some(ago(-60)))), [], "it still holds");
        let found = foresee(&case(Some(ago(60))));
        let [finding] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(finding.root, Some(Root::CredentialExpired));
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(&*finding.state, "Running");
    }

    #[test]
    fn what_the_registry_refuses_today_will_not_be_pulled_tomorrow() {
        let mut verdict = Verdict {
            answer: Answer::No,
            cause: Some(Cause::ImageNotFound),
            root: Some(Root::TagMissing),
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            summary: "there is no tag 1".to_owned(),
        };
        let case = case(None);
        let found = foresee_refusal(&case, "registry.example/web:1", &verdict, now());
        let [finding] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(finding.root, Some(Root::TagMissing));
        assert_eq!(finding.confidence, Confidence::Certain);
        verdict.answer = Answer::Ok;
        assert_eq!(
            foresee_refusal(&case, "registry.example/web:1", &verdict, now()),
            []
        );
    }
}
