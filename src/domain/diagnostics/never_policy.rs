//! The pull policy Never: the image is not on the node, or the Pod's credentials do not verify.
//!
//! From 1.35 on the kubelet verifies that a Pod has a credential with which the image was pulled
//! (KEP-2535, `ensureSecretPulledImages`), and says the same of one that fails this as of an image that is
//! not there (kubelet `pkg/kubelet/images/image_manager.go`, `imageNotPresentOnNeverPolicyError`).

use super::{FindingBuilder, RootCause};
use crate::domain::{
    context::{PodContext, has_matching_credential},
    diagnostics::{Cause, FixId, classify::Confidence},
    registry_auth::image_ref::ImageRef,
};

/// Weighs both; a Pod on the same node that runs the image with a Secret that this Pod does not list shows that
/// it is there. One that lists no other Secret proves nothing: its credential is this Pod's as well, and the
/// image may have been removed from the node since its container was started.
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
