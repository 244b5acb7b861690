//! Applies the result of a registry probe or a pull test to a finding: *likely* becomes *certain* if the
//! registry's answer and the kubelet's message say the same.
//!
//! The probe runs on the operator's machine. So an answer that says something else than the kubelet's message
//! is evidence and no more: the node may see another registry.

use jiff::Timestamp;

use super::{Evidence, Fact, Finding, Root, Source, open_questions};
use crate::domain::{
    diagnostics::{BEST, Cause, FixId, classify::Confidence, suitable},
    probe::{Answer, Verdict},
};

/// Applies a probe result, obtained at this time.
pub fn settle(finding: &mut Finding, verdict: &Verdict, by: Source, seen: Timestamp) {
    if !finding.is_pull() {
        return;
    }
    let text = || verdict.summary.as_str().into();
    let fact = match (by, verdict.answer) {
        (Source::PullTest, Answer::Ok) => Fact::TestPulled { text: text() },
        (Source::PullTest, _) => Fact::TestRefused { text: text() },
        (_, Answer::Ok) => Fact::RegistryGives,
        (_, Answer::No | Answer::Unknown) => Fact::RegistrySays { text: text() },
    };
    finding.evidence.push(Evidence {
        fact,
        source: by,
        seen: Some(seen),
    });
    if verdict.answer == Answer::No && agrees(finding, verdict) {
        accept(finding, verdict);
    }
}

/// Whether the registry refuses for a reason that the kubelet's message can have.
fn agrees(finding: &Finding, verdict: &Verdict) -> bool {
    let same_root = verdict.root.is_some() && verdict.root == finding.root;
    let possible = |cause: Cause| cause == finding.cause || finding.alternatives.contains(&cause);
    let same_cause =
        verdict.cause.is_some_and(possible) || verdict.alternatives.iter().copied().any(possible);
    same_root || same_cause || finding.cause == Cause::CauseNotStated
}

fn accept(finding: &mut Finding, verdict: &Verdict) {
    let told = finding.root.filter(|root| proven_by_objects(*root));
    let root = told.or(verdict.root).or(finding.root);
    if root != finding.root
        && let Some(cause) = verdict.cause
    {
        let fixes = match finding.names.target.as_deref() {
            Some(target) => suitable(cause.entry().fixes.iter().copied(), target, root),
            None => cause.entry().fixes.to_vec(),
        };
        finding.fixes = first(&fixes, &finding.fixes);
    }
    finding.root = root;
    // A registry that hides what exists leaves two answers open to whoever asks.
    let open = told.is_none() && !verdict.alternatives.is_empty();
    if open && finding.confidence != Confidence::Certain {
        finding.alternatives.clone_from(&verdict.alternatives);
        let cause = finding.cause;
        finding.alternatives.retain(|other| *other != cause);
        finding.settle = open_questions(Confidence::Likely, cause, &finding.alternatives);
        finding.confidence = Confidence::Likely;
        return;
    }
    let kept = finding.root;
    finding
        .alternatives
        .retain(|cause| kept == Some(Root::SecretNotAttached) && is_of_the_node(*cause));
    if finding.alternatives.is_empty() {
        finding.settle.clear();
        finding.confidence = Confidence::Certain;
    } else {
        finding.settle = open_questions(Confidence::Likely, finding.cause, &finding.alternatives);
    }
}

/// Whether it is about a credential of the node's own, of which nothing is learnt by asking from here.
fn is_of_the_node(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::Unauthorized | Cause::CredentialProviderFailure
    )
}

/// Whether the root cause is proven by objects, so that a probe cannot improve it.
fn proven_by_objects(root: Root) -> bool {
    match root {
        Root::SecretNotAttached
        | Root::PodPredatesBinding
        | Root::SecretMissing
        | Root::SecretWrongType
        | Root::SecretWrongKey
        | Root::SecretMalformed
        | Root::EntryForOtherRegistry
        | Root::EntryEmpty
        | Root::ServiceAccountMissing
        | Root::ImageNameInvalid
        | Root::PolicyNever => true,
        Root::CredentialRejected
        | Root::CredentialExpired
        | Root::CredentialLacksAccess
        | Root::TagMissing
        | Root::RepositoryMissing
        | Root::RegistryDown
        | Root::RegistryUnknownHost
        | Root::CaUntrusted
        | Root::CertificateWrong
        | Root::PlainHttp
        | Root::RateLimit
        | Root::WrongPlatform
        | Root::ImageFormat
        | Root::ImagePolicy
        | Root::NodeProblem
        | Root::NotScheduled
        | Root::NotAPull => false,
    }
}

/// Puts these fixes before the existing ones.
fn first(better: &[FixId], before: &[FixId]) -> Vec<FixId> {
    let mut fixes: Vec<FixId> = Vec::new();
    for fix in better.iter().chain(before) {
        if !fixes.contains(fix) {
            fixes.push(*fix);
        }
    }
    fixes.truncate(BEST);
    fixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::now;

    fn finding(cause: Cause, root: Option<Root>, alternatives: &[Cause]) -> Finding {
        Finding {
            container: None,
            image: None,
            target: None,
            state: "ImagePullBackOff".into(),
            cause,
            root,
            confidence: Confidence::Likely,
            alternatives: alternatives.to_vec(),
            evidence: Vec::new(),
            settle: vec!["ask".into()],
            fixes: cause.entry().fixes.to_vec(),
            crashed: false,
            names: crate::domain::diagnostics::Names::default(),
        }
    }

    fn verdict(answer: Answer, cause: Option<Cause>, root: Option<Root>) -> Verdict {
        Verdict {
            answer,
            cause,
            root,
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            summary: "401 from the token service".into(),
        }
    }

    use Cause::{CauseNotStated, ImageNotFound, RepositoryMissingOrNoAccess, Unauthorized};

    #[test]
    fn an_answer_that_agrees_makes_it_certain() {
        let cases = [
            // what the kubelet said, what the objects prove, what the registry says → the root
            (
                Unauthorized,
                None,
                Unauthorized,
                Root::CredentialRejected,
                Root::CredentialRejected,
            ),
            (
                CauseNotStated,
                None,
                ImageNotFound,
                Root::TagMissing,
                Root::TagMissing,
            ),
            (
                RepositoryMissingOrNoAccess,
                Some(Root::SecretNotAttached),
                RepositoryMissingOrNoAccess,
                Root::RepositoryMissing,
                Root::SecretNotAttached,
            ),
        ];
        for (cause, root, says, its_root, wanted) in cases {
            let mut finding = finding(cause, root, &[ImageNotFound]);
            settle(
                &mut finding,
                &verdict(Answer::No, Some(says), Some(its_root)),
                Source::Registry,
                now(),
            );
            assert_eq!(finding.confidence, Confidence::Certain, "{cause}");
            assert_eq!(finding.root, Some(wanted), "{cause}");
            assert!(finding.alternatives.is_empty() && finding.settle.is_empty());
            assert_eq!(finding.evidence.len(), 1);
        }
    }

    #[test]
    fn another_refusal_than_the_nodes_is_evidence_only() {
        let mut finding = finding(Cause::RegistryUnreachableDns, None, &[]);
        let before = finding.clone();
        settle(
            &mut finding,
            &verdict(Answer::No, Some(Unauthorized), None),
            Source::Registry,
            now(),
        );
        assert_eq!(finding.evidence.len(), 1);
        finding.evidence.clear();
        assert_eq!(finding, before);
    }

    #[test]
    fn a_registry_that_gives_the_image_from_here_proves_nothing_of_the_node() {
        let mut finding = finding(Unauthorized, None, &[]);
        settle(
            &mut finding,
            &verdict(Answer::Ok, None, None),
            Source::Registry,
            now(),
        );
        assert_eq!(finding.confidence, Confidence::Likely);
        assert!(
            finding.evidence[0]
                .line(now())
                .contains("from this machine")
        );
    }

    #[test]
    fn a_credential_of_the_node_is_not_ruled_out_from_here() {
        let provider = Cause::CredentialProviderFailure;
        let attached = Some(Root::SecretNotAttached);
        let mut finding = finding(
            Cause::NoCredentialsSent,
            attached,
            &[Cause::ForbiddenByPolicy, provider],
        );
        let says = verdict(Answer::No, Some(Cause::NoCredentialsSent), None);
        settle(&mut finding, &says, Source::Registry, now());
        assert_eq!(finding.root, attached);
        assert_eq!(finding.alternatives, [provider]);
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(finding.settle.len(), 2);
    }

    /// Not even where the node says the same of itself.
    #[test]
    fn what_is_out_of_reach_from_here_is_evidence_only() {
        let root = Some(Root::RegistryUnknownHost);
        let mut finding = finding(Cause::RegistryUnreachableDns, root, &[]);
        let before = finding.clone();
        let says = verdict(Answer::Unknown, Some(Cause::RegistryUnreachableDns), None);
        settle(&mut finding, &says, Source::Registry, now());
        assert_eq!(finding.evidence.len(), 1);
        finding.evidence.clear();
        assert_eq!(finding, before);
    }

    #[test]
    fn a_registry_that_hides_leaves_it_likely() {
        let mut hiding = verdict(Answer::No, Some(Unauthorized), None);
        hiding.alternatives = vec![ImageNotFound];
        let mut finding = finding(Unauthorized, None, &[]);
        finding.confidence = Confidence::Possible;
        settle(&mut finding, &hiding, Source::Registry, now());
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(finding.alternatives, [ImageNotFound]);
        assert_eq!(finding.settle.len(), 2);
        finding.confidence = Confidence::Certain;
        settle(&mut finding, &hiding, Source::Registry, now());
        assert_eq!(finding.confidence, Confidence::Certain);
        assert_eq!(finding.alternatives, [], "certain of one cause only");
    }
}
