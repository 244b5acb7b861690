//! A pull that failed at a mirror of the image's registry: names the mirror, and what its error hides.
//!
//! containerd asks the hosts of `hosts.toml` one after the other, with the login for the image's registry, and the
//! registry last. Where all fail it reports one error, and the mirror's goes before a `401` or a `404` of the registry
//! (containerd v2.4 `core/remotes/docker`, `firstErrPriority`). A mirror that resolved the image is the only one that
//! is asked for its content.

use super::{Evidence, Fact, FindingBuilder, auth, pull_error::PullError};
use crate::domain::{
    context::PodContext,
    diagnostics::{Cause, FixId, classify::Confidence, refine::Refine},
    registry_auth::image_ref::ImageRef,
};

/// In messages about the step in which all hosts are asked.
const RESOLVING: &str = "failed to resolve ";

/// What helps against a fault of the registry itself.
const FOR_THE_REGISTRY: [FixId; 5] = [
    FixId::UseMirror,
    FixId::WaitForRegistry,
    FixId::Authenticate,
    FixId::ReduceRequests,
    FixId::OpenRegistryFirewall,
];

/// Says whose error it is, where the message names a mirror.
pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    image: &ImageRef,
) {
    let Some(mirror) = draft.mirror.clone() else {
        return;
    };
    draft.evidence.push(Evidence {
        fact: Fact::MirrorAnswered {
            mirror: mirror.into(),
            registry: image.host().into(),
        },
        source: told.source,
        observed_at: told.observed_at,
    });
    draft.limit_confidence(Confidence::Likely);
    draft.fixes.retain(|fix| !FOR_THE_REGISTRY.contains(fix));
    // A login that the mirror takes is the nearer fix: the kubelet sends it from the same Secret.
    let is_refusal = matches!(draft.cause.handler().refine, Refine::Refusal(_));
    let at = usize::from(is_refusal).min(draft.fixes.len());
    draft.fixes.insert(at, FixId::RepairMirror);
    if told.text.contains(RESOLVING) && !is_refusal {
        draft.add_alternative(Cause::ImageNotFound);
        if !sends_credential(context, image) && !auth::states_reason(draft) {
            draft.add_alternative(Cause::NoCredentialsSent);
        }
    }
}

fn sends_credential(context: &PodContext, image: &ImageRef) -> bool {
    let links = context.credential_chain(image);
    links.has_hidden() || !links.logins.is_empty()
}
