//! Applies the result of a registry probe or a pull test to a finding: *likely* becomes *certain* if the
//! registry's answer and the kubelet's message say the same.
//!
//! The probe runs on the operator's machine. So an answer that says something else than the kubelet's message
//! is evidence and no more: the node may see another registry.

use jiff::Timestamp;

use super::{Evidence, EvidenceSource, Fact, Finding, RootCause, open_questions};
use crate::domain::{
    diagnostics::{Cause, FixId, MAX_FIXES, classify::Confidence},
    probe::{ProbeConclusion, PullAnswer},
};

/// Applies a probe result, obtained at this time.
pub fn apply_probe(
    finding: &mut Finding,
    conclusion: &ProbeConclusion,
    by: EvidenceSource,
    seen: Timestamp,
) {
    if !finding.is_pull() {
        return;
    }
    let text = || conclusion.summary.as_str().into();
    let fact = match (by, conclusion.answer) {
        (EvidenceSource::PullTest, PullAnswer::Ok) => Fact::PullTestSucceeded { text: text() },
        (EvidenceSource::PullTest, _) => Fact::PullTestFailed { text: text() },
        (_, PullAnswer::Ok) => Fact::RegistryAllows,
        (_, PullAnswer::No | PullAnswer::Unknown) => Fact::RegistrySays { text: text() },
    };
    finding.evidence.push(Evidence {
        fact,
        source: by,
        observed_at: Some(seen),
    });
    if conclusion.answer == PullAnswer::No && is_consistent(finding, conclusion) {
        adopt_conclusion(finding, conclusion);
        if let Some(image) = &conclusion.suggestion {
            suggest(finding, image, by, seen);
        }
    }
}

/// Suggests the image that the registry has and that is likely meant, before other fixes; what other objects of the
/// cluster suggest stays.
fn suggest(finding: &mut Finding, image: &str, by: EvidenceSource, seen: Timestamp) {
    finding.evidence.push(Evidence {
        fact: Fact::SimilarInRegistry {
            image: image.into(),
        },
        source: by,
        observed_at: Some(seen),
    });
    if finding.fix_context.suggested_image.is_some() {
        return;
    }
    finding.fix_context.suggested_image = Some(image.to_owned());
    let fix = [FixId::UseSuggestedImage];
    let first = finding.fix_context.applicable_fixes(fix, finding.root);
    finding.fixes = prepend_fixes(&first, &finding.fixes);
}

/// Applies the result of a probe of the suggested image.
///
/// A suggestion that does not exist is dropped, if there is another fix.
pub fn apply_suggestion_probe(
    finding: &mut Finding,
    conclusion: &ProbeConclusion,
    seen: Timestamp,
) {
    let Some(image) = finding.fix_context.suggested_image.as_deref() else {
        return;
    };
    let image = image.into();
    let fact = match conclusion.answer {
        PullAnswer::Ok => Fact::SuggestedImageExists { image },
        PullAnswer::No | PullAnswer::Unknown => Fact::SuggestedImageRefused {
            image,
            text: conclusion.summary.as_str().into(),
        },
    };
    finding.evidence.push(Evidence {
        fact,
        source: EvidenceSource::Registry,
        observed_at: Some(seen),
    });
    if conclusion.answer == PullAnswer::No && finding.fixes.len() > 1 {
        finding.fixes.retain(|fix| *fix != FixId::UseSuggestedImage);
    }
}

/// Applies the result of a probe with the Secret that is to be attached. One whose login is refused is not attached,
/// and a new one is created in its place.
pub fn apply_attach_probe(finding: &mut Finding, conclusion: &ProbeConclusion, seen: Timestamp) {
    let Some(secret) = finding.attachable_secret() else {
        return;
    };
    let secret = secret.into();
    let fact = match conclusion.answer {
        PullAnswer::Ok => Fact::UnlistedAllows { secret },
        PullAnswer::No => Fact::UnlistedDenied {
            secret,
            text: conclusion.summary.as_str().into(),
        },
        PullAnswer::Unknown => return,
    };
    finding.evidence.push(Evidence {
        fact,
        source: EvidenceSource::Registry,
        observed_at: Some(seen),
    });
    if conclusion.answer == PullAnswer::No {
        let fix = [FixId::CreateSecret];
        let first = finding.fix_context.applicable_fixes(fix, finding.root);
        let mut others = finding.fixes.clone();
        others.retain(|fix| *fix != FixId::AttachSecret);
        finding.fixes = prepend_fixes(&first, &others);
    }
}

/// Whether the registry refuses for a reason that the kubelet's message can have.
fn is_consistent(finding: &Finding, conclusion: &ProbeConclusion) -> bool {
    let same_root = conclusion.root.is_some() && conclusion.root == finding.root;
    let possible = |cause: Cause| cause == finding.cause || finding.alternatives.contains(&cause);
    let same_cause = conclusion.cause.is_some_and(possible)
        || conclusion.alternatives.iter().copied().any(possible);
    same_root || same_cause || finding.cause == Cause::CauseNotStated
}

fn adopt_conclusion(finding: &mut Finding, conclusion: &ProbeConclusion) {
    if states_rule(finding) {
        return;
    }
    let told = finding.root.filter(|root| proven_by_objects(*root));
    let root = told.or(conclusion.root).or(finding.root);
    if root != finding.root
        && let Some(cause) = conclusion.cause
    {
        let fix_context = &finding.fix_context;
        let fixes = cause.fixes(fix_context.clues.sign, fix_context.fault.as_ref());
        let fixes = fix_context.applicable_fixes(fixes.iter().copied(), root);
        let before = &finding.fixes;
        let suggested = before
            .iter()
            .filter(|fix| **fix == FixId::UseSuggestedImage);
        let first: Vec<FixId> = suggested.copied().chain(fixes).collect();
        finding.fixes = prepend_fixes(&first, before);
    }
    finding.root = root;
    // A registry that hides what exists leaves two answers open to whoever asks.
    let open = told.is_none() && !conclusion.alternatives.is_empty();
    if open && finding.confidence != Confidence::Certain {
        finding.alternatives.clone_from(&conclusion.alternatives);
        let cause = finding.cause;
        finding.alternatives.retain(|other| *other != cause);
        finding.confirming_checks =
            open_questions(Confidence::Likely, cause, &finding.alternatives);
        finding.confidence = Confidence::Likely;
        return;
    }
    let kept = finding.root;
    finding
        .alternatives
        .retain(|cause| kept == Some(RootCause::SecretNotAttached) && is_node_credential(*cause));
    if finding.alternatives.is_empty() {
        finding.confirming_checks.clear();
        finding.confidence = Confidence::Certain;
    } else {
        finding.confirming_checks =
            open_questions(Confidence::Likely, finding.cause, &finding.alternatives);
    }
}

/// Whether the kubelet's message states the rule by which the registry refuses. A probe with a status alone says less:
/// its answer is evidence, and neither root cause nor fixes follow from it.
fn states_rule(finding: &Finding) -> bool {
    let fix_context = &finding.fix_context;
    let fault = fix_context.fault.as_ref();
    finding.cause.is_stated_rule(fix_context.clues.sign, fault)
}

/// Whether it is about a credential of the node's own, of which nothing is learnt by asking from here.
fn is_node_credential(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::Unauthorized | Cause::CredentialProviderFailure
    )
}

/// Whether the root cause is proven by objects, so that a probe cannot improve it.
fn proven_by_objects(root: RootCause) -> bool {
    match root {
        RootCause::SecretNotAttached
        | RootCause::PodPredatesBinding
        | RootCause::SecretMissing
        | RootCause::SecretWrongType
        | RootCause::SecretWrongKey
        | RootCause::SecretMalformed
        | RootCause::SecretEmpty
        | RootCause::EntryForOtherRegistry
        | RootCause::EntryEmpty
        | RootCause::ServiceAccountMissing
        | RootCause::ImageNameInvalid
        | RootCause::Moved
        | RootCause::AbuseLimit
        | RootCause::PolicyNever => true,
        RootCause::CredentialRejected
        | RootCause::CredentialExpired
        | RootCause::CredentialLacksAccess
        | RootCause::IdentityLacksAccess
        | RootCause::TagMissing
        | RootCause::RepositoryMissing
        | RootCause::RegistryDown
        | RootCause::RegistryUnknownHost
        | RootCause::CaUntrusted
        | RootCause::CertificateWrong
        | RootCause::PlainHttp
        | RootCause::RateLimit
        | RootCause::WrongPlatform
        | RootCause::ImageFormat
        | RootCause::ImagePolicy
        | RootCause::NodeProblem
        | RootCause::PullQueued
        | RootCause::PullUnfinished
        | RootCause::NotScheduled
        | RootCause::NotAPull => false,
    }
}

/// Puts these fixes before the existing ones.
fn prepend_fixes(better: &[FixId], before: &[FixId]) -> Vec<FixId> {
    let mut fixes: Vec<FixId> = Vec::new();
    for fix in better.iter().chain(before) {
        if !fixes.contains(fix) {
            fixes.push(*fix);
        }
    }
    fixes.truncate(MAX_FIXES);
    fixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        diagnostics::ErrorDetail, fixtures::now, registry_auth::advice::PolicySign,
    };

    fn finding(cause: Cause, root: Option<RootCause>, alternatives: &[Cause]) -> Finding {
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
            confirming_checks: vec!["ask".into()],
            fixes: cause.info().fixes.to_vec(),
            crashed: false,
            fix_context: crate::domain::diagnostics::FixContext::default(),
        }
    }

    fn conclusion(
        answer: PullAnswer,
        cause: Option<Cause>,
        root: Option<RootCause>,
    ) -> ProbeConclusion {
        ProbeConclusion {
            answer,
            cause,
            root,
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            suggestion: None,
            tags: Vec::new(),
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
                RootCause::CredentialRejected,
                RootCause::CredentialRejected,
            ),
            (
                CauseNotStated,
                None,
                ImageNotFound,
                RootCause::TagMissing,
                RootCause::TagMissing,
            ),
            (
                RepositoryMissingOrNoAccess,
                Some(RootCause::SecretNotAttached),
                RepositoryMissingOrNoAccess,
                RootCause::RepositoryMissing,
                RootCause::SecretNotAttached,
            ),
        ];
        for (cause, root, says, its_root, wanted) in cases {
            let mut finding = finding(cause, root, &[ImageNotFound]);
            apply_probe(
                &mut finding,
                &conclusion(PullAnswer::No, Some(says), Some(its_root)),
                EvidenceSource::Registry,
                now(),
            );
            assert_eq!(finding.confidence, Confidence::Certain, "{cause}");
            assert_eq!(finding.root, Some(wanted), "{cause}");
            assert!(finding.alternatives.is_empty() && finding.confirming_checks.is_empty());
            assert_eq!(finding.evidence.len(), 1);
        }
    }

    #[test]
    fn the_suggested_image_is_tested_and_not_suggested_where_it_is_refused() {
        let suggest = || {
            let mut finding = finding(ImageNotFound, Some(RootCause::Moved), &[]);
            finding.fix_context.suggested_image = Some("registry.k8s.io/pause:3.9".to_owned());
            finding.fixes = vec![FixId::UseSuggestedImage, FixId::CorrectImage];
            finding
        };
        for (answer, first) in [
            (PullAnswer::Ok, FixId::UseSuggestedImage),
            (PullAnswer::Unknown, FixId::UseSuggestedImage),
            (PullAnswer::No, FixId::CorrectImage),
        ] {
            let mut finding = suggest();
            apply_suggestion_probe(&mut finding, &conclusion(answer, None, None), now());
            assert_eq!(finding.fixes[0], first, "{answer:?}");
            let line = finding.evidence[0].line(now());
            assert!(line.contains("registry.k8s.io/pause:3.9"), "{line}");
        }
        // What the old registry says of the old image changes neither root nor first fix.
        let mut finding = suggest();
        let says = conclusion(
            PullAnswer::No,
            Some(ImageNotFound),
            Some(RootCause::TagMissing),
        );
        apply_probe(&mut finding, &says, EvidenceSource::Registry, now());
        assert_eq!(finding.root, Some(RootCause::Moved));
        assert_eq!(finding.fixes[0], FixId::UseSuggestedImage);
    }

    #[test]
    fn a_secret_is_attached_as_long_as_the_registry_takes_its_login() {
        use FixId::{AttachSecret, CreateSecret, CredentialProvider};
        for (answer, fixes) in [
            (PullAnswer::Ok, [AttachSecret, CredentialProvider]),
            (PullAnswer::Unknown, [AttachSecret, CredentialProvider]),
            (PullAnswer::No, [CreateSecret, CredentialProvider]),
        ] {
            let root = Some(RootCause::SecretNotAttached);
            let mut finding = finding(Cause::NoCredentialsSent, root, &[]);
            finding.fixes = vec![AttachSecret, CredentialProvider];
            finding.fix_context.matching_secret = Some("hub".to_owned());
            assert_eq!(finding.attachable_secret(), Some("hub"));
            apply_attach_probe(&mut finding, &conclusion(answer, None, None), now());
            assert_eq!(finding.fixes, fixes, "{answer:?}");
            let said = finding.evidence.iter().map(|it| it.line(now()));
            let names = said.filter(|line| line.contains("Secret hub")).count();
            assert_eq!(names, usize::from(answer != PullAnswer::Unknown));
        }
    }

    /// Before other fixes, with the evidence; what the cluster's objects suggest stays.
    #[test]
    fn what_the_registry_has_is_suggested_first() {
        let mut says = conclusion(
            PullAnswer::No,
            Some(ImageNotFound),
            Some(RootCause::TagMissing),
        );
        says.suggestion = Some("registry.example/app:latest".to_owned());
        let mut missing = finding(ImageNotFound, Some(RootCause::TagMissing), &[]);
        apply_probe(&mut missing, &says, EvidenceSource::Registry, now());
        assert_eq!(missing.fixes[0], FixId::UseSuggestedImage);
        let suggested = missing.fix_context.suggested_image.as_deref();
        assert_eq!(suggested, says.suggestion.as_deref());
        let line = missing.evidence[1].line(now());
        assert!(
            line.starts_with("the registry has registry.example/app:latest, one letter off"),
            "{line}"
        );

        let mut known = finding(ImageNotFound, None, &[]);
        known.fix_context.suggested_image = Some("registry.example/app:v1".to_owned());
        apply_probe(&mut known, &says, EvidenceSource::Registry, now());
        let suggested = known.fix_context.suggested_image.as_deref();
        assert_eq!(suggested, Some("registry.example/app:v1"));

        // The node fails for another reason than that the image is not there.
        let mut down = finding(Cause::RegistryUnreachableRefused, None, &[]);
        apply_probe(&mut down, &says, EvidenceSource::Registry, now());
        assert_eq!(down.fix_context.suggested_image, None);
    }

    #[test]
    fn another_refusal_than_the_nodes_is_evidence_only() {
        let mut finding = finding(Cause::RegistryUnreachableDns, None, &[]);
        let before = finding.clone();
        apply_probe(
            &mut finding,
            &conclusion(PullAnswer::No, Some(Unauthorized), None),
            EvidenceSource::Registry,
            now(),
        );
        assert_eq!(finding.evidence.len(), 1);
        finding.evidence.clear();
        assert_eq!(finding, before);
    }

    /// A probe sees a status alone, and the kubelet's message has the reason.
    #[test]
    fn a_rule_that_the_message_states_outweighs_a_status() {
        let says = conclusion(
            PullAnswer::No,
            Some(Cause::ForbiddenByPolicy),
            Some(RootCause::CredentialLacksAccess),
        );
        let stated = [
            (Some(ErrorDetail::SingleSignOn), None),
            (Some(ErrorDetail::AccountBlocked), None),
            (Some(ErrorDetail::AddressBlocked), None),
            (None, Some(PolicySign::HarborSignature)),
        ];
        for (fault, sign) in stated {
            let mut finding = finding(Cause::ForbiddenByPolicy, None, &[]);
            finding.confidence = Confidence::Certain;
            let fixes = finding.cause.fixes(sign, fault.as_ref()).to_vec();
            finding.fixes.clone_from(&fixes);
            finding.fix_context.fault = fault;
            finding.fix_context.clues.sign = sign;
            let before = finding.clone();
            apply_probe(&mut finding, &says, EvidenceSource::Registry, now());
            assert_eq!(finding.evidence.len(), 1);
            finding.evidence.clear();
            assert_eq!(finding, before);
        }
        // A bare 403 has no reason of its own.
        let mut bare = finding(Cause::ForbiddenByPolicy, None, &[]);
        apply_probe(&mut bare, &says, EvidenceSource::Registry, now());
        assert_eq!(bare.root, Some(RootCause::CredentialLacksAccess));
    }

    /// Of a message with a detail, the detail has the fixes; those of its cause would come before them.
    #[test]
    fn the_fixes_of_an_answer_are_those_of_the_messages_detail() {
        let mut finding = finding(Cause::TlsHttpMismatch, None, &[]);
        finding.fix_context.fault = Some(ErrorDetail::HttpsServer);
        let fixes = ErrorDetail::HttpsServer.fixes();
        finding.fixes = fixes.to_vec();
        let says = conclusion(
            PullAnswer::No,
            Some(Cause::TlsHttpMismatch),
            Some(RootCause::PlainHttp),
        );
        apply_probe(&mut finding, &says, EvidenceSource::Registry, now());
        assert_eq!(finding.root, Some(RootCause::PlainHttp));
        assert_eq!(finding.fixes, fixes);
    }

    #[test]
    fn a_registry_that_gives_the_image_from_here_proves_nothing_of_the_node() {
        let mut finding = finding(Unauthorized, None, &[]);
        apply_probe(
            &mut finding,
            &conclusion(PullAnswer::Ok, None, None),
            EvidenceSource::Registry,
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
        let attached = Some(RootCause::SecretNotAttached);
        let mut finding = finding(
            Cause::NoCredentialsSent,
            attached,
            &[Cause::ForbiddenByPolicy, provider],
        );
        let says = conclusion(PullAnswer::No, Some(Cause::NoCredentialsSent), None);
        apply_probe(&mut finding, &says, EvidenceSource::Registry, now());
        assert_eq!(finding.root, attached);
        assert_eq!(finding.alternatives, [provider]);
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(finding.confirming_checks.len(), 2);
    }

    /// Not even where the node says the same of itself.
    #[test]
    fn what_is_out_of_reach_from_here_is_evidence_only() {
        let root = Some(RootCause::RegistryUnknownHost);
        let mut finding = finding(Cause::RegistryUnreachableDns, root, &[]);
        let before = finding.clone();
        let says = conclusion(
            PullAnswer::Unknown,
            Some(Cause::RegistryUnreachableDns),
            None,
        );
        apply_probe(&mut finding, &says, EvidenceSource::Registry, now());
        assert_eq!(finding.evidence.len(), 1);
        finding.evidence.clear();
        assert_eq!(finding, before);
    }

    #[test]
    fn a_registry_that_hides_leaves_it_likely() {
        let mut hiding = conclusion(PullAnswer::No, Some(Unauthorized), None);
        hiding.alternatives = vec![ImageNotFound];
        let mut finding = finding(Unauthorized, None, &[]);
        finding.confidence = Confidence::Possible;
        apply_probe(&mut finding, &hiding, EvidenceSource::Registry, now());
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(finding.alternatives, [ImageNotFound]);
        assert_eq!(finding.confirming_checks.len(), 2);
        finding.confidence = Confidence::Certain;
        apply_probe(&mut finding, &hiding, EvidenceSource::Registry, now());
        assert_eq!(finding.confidence, Confidence::Certain);
        assert_eq!(finding.alternatives, [], "certain of one cause only");
    }
}
