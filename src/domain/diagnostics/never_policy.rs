//! The pull policy Never: the image is not on the node, or the Pod's credentials do not verify.
//!
//! From 1.35 on the kubelet verifies that a Pod has a credential with which the image was pulled
//! (KEP-2535, `ensureSecretPulledImages`), and says the same of one that fails this as of an image that is
//! not there (kubelet `pkg/kubelet/images/image_manager.go`, `imageNotPresentOnNeverPolicyError`).

use super::{Fact, Finding, FindingBuilder, RootCause, open_questions};
use crate::domain::{
    context::{PodContext, has_matching_credential},
    diagnostics::{Cause, FixId, classify::Confidence},
    registry_auth::image_ref::ImageRef,
};

/// Weighs whether the image is missing or the credentials do not verify.
///
/// A Pod on the same node that runs the image with a Secret that this Pod does not list shows that the image is there.
/// One that lists no other Secret proves nothing: its credential is this Pod's as well, and the image may have been
/// removed from the node since its container was started.
pub(super) fn refine(draft: &mut FindingBuilder, context: &PodContext, image: &ImageRef) {
    let lacks = |name: &&_| !context.pod.pull_secrets.contains(name);
    let runs_here = context.peers.iter().filter(|other| {
        other.pulled
            && other.node.is_some()
            && other.node == context.pod.node
            && ImageRef::parse(&other.image).is_ok_and(|other| other == *image)
    });
    let mut missing = runs_here.filter_map(|other| other.secrets.iter().find(lacks));
    let Some(secret) = missing.next() else {
        return;
    };
    draft.cause = Cause::CredentialsNotVerified;
    draft.alternatives = vec![Cause::NeverPullAbsent];
    draft.fixes = Cause::CredentialsNotVerified.info().fixes.to_vec();
    let mut readable = context.unlisted_secrets.iter();
    if readable.any(|other| other.key.name == *secret && has_matching_credential(other, image)) {
        draft.root = Some(RootCause::SecretNotAttached);
        draft.matching_secret = Some(secret.shared());
        draft.limit_confidence(Confidence::Likely);
    } else {
        // What that Secret holds has not been read: that it is for this image is a guess.
        draft.root = None;
        draft.secret = Some(secret.shared());
        draft.limit_confidence(Confidence::Possible);
        draft.fixes.insert(0, FixId::CheckSecret);
    }
}

/// Whether a finding rests on the verification of credentials, or leaves it open.
pub(super) fn rests_on_verification(finding: &Finding) -> bool {
    let verification = Cause::CredentialsNotVerified;
    let mut causes = finding.alternatives.iter().chain([&finding.cause]);
    causes.any(|cause| *cause == verification)
        || finding
            .evidence
            .iter()
            .any(|it| is_about_verification(&it.fact))
}

fn is_about_verification(fact: &Fact) -> bool {
    matches!(fact, Fact::NodeHasImage { .. })
}

/// Takes back what rests on the verification of credentials, which the kubelet of this node does not do (before 1.35).
pub(super) fn rule_out_verification(finding: &mut Finding) {
    finding
        .evidence
        .retain(|it| !is_about_verification(&it.fact));
    let verification = Cause::CredentialsNotVerified;
    let is_alternative = finding.alternatives.contains(&verification);
    if finding.cause == verification {
        // Without it the image is not there: it may have been removed since the other Pod started.
        finding.cause = Cause::NeverPullAbsent;
        finding.root = Some(RootCause::PolicyNever);
        let fixes = finding.cause.info().fixes.iter().copied();
        finding.fixes = finding.fix_context.applicable_fixes(fixes, finding.root);
    } else if !is_alternative {
        return;
    }
    let cause = finding.cause;
    finding
        .alternatives
        .retain(|other| ![verification, cause].contains(other));
    if finding.alternatives.is_empty() && is_alternative {
        finding.confidence = Confidence::Certain;
    }
    finding.confirming_checks = open_questions(finding.confidence, cause, &finding.alternatives);
}
