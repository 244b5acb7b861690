//! The pull policy Never: the image is not on the node, or the Pod may not use what is there.
//!
//! From 1.35 on the kubelet verifies that a Pod has a credential with which the image was pulled
//! (KEP-2535, `ensureSecretPulledImages`), and says the same of one that fails this as of an image that is
//! not there (kubelet `pkg/kubelet/images/image_manager.go`, `imageNotPresentOnNeverPolicyError`).

use super::{Draft, Root};
use crate::domain::{cause::Cause, chain::Case, classify::Confidence, image::ImageRef};

/// Weighs both; a Pod on the same node that runs the image shows that it is there.
pub(super) fn judge(draft: &mut Draft, case: &Case, image: &ImageRef) {
    if draft.cause != Cause::NeverPullAbsent {
        return;
    }
    let on_this_node = case.neighbours.iter().find(|other| {
        other.pulled
            && other.node.is_some()
            && other.node == case.pod.node
            && ImageRef::parse(&other.image).is_ok_and(|other| other == *image)
    });
    let Some(other) = on_this_node else {
        return;
    };
    draft.cause = Cause::CredentialsNotVerified;
    draft.root = None;
    draft.alternatives = vec![Cause::NeverPullAbsent];
    draft.doubt(Confidence::Likely);
    draft.fixes = Cause::CredentialsNotVerified.entry().fixes.to_vec();
    let lacks = |name: &&_| !case.pod.pull_secrets.contains(name);
    if let Some(secret) = other.secrets.iter().find(lacks) {
        draft.root = Some(Root::SecretNotAttached);
        draft.matching = Some(secret.shared());
    }
}
