//! Evidence for a credential of the node: the kubelet's credential provider plugins, and what the node's
//! configuration holds. Neither leaves a trace in the API, so it is never more than likely.

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause, attachable::attachable, peer_pulls::PeerPulls,
    pull_error::PullError,
};
use crate::domain::{
    context::{PeerContainer, PodContext},
    diagnostics::{Cause, FixId, classify::Confidence},
    message::{ParsedMessage, Phrase, PullStep, Runtime},
    registry_auth::{
        image_ref::ImageRef,
        registries::{self, LoginSupport},
    },
};

/// No Secret of the Pod matches but a credential was sent: it belongs to the node.
pub(super) fn sent(draft: &mut FindingBuilder) {
    draft.root = Some(if draft.cause == Cause::TokenExpired {
        RootCause::CredentialExpired
    } else {
        RootCause::NodeProblem
    });
    draft.limit_confidence(Confidence::Likely);
    draft.fixes = vec![FixId::CredentialProvider, FixId::CreateSecret];
}

/// What a refused pull without any Secret could be beside a missing login; `said`: what the message could
/// mean. A node may have sent a credential that the registry refuses, a provider may have delivered none,
/// and a bare 403 may be a rule that no login changes.
pub(super) fn consider(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    image: &ImageRef,
    said: &[Cause],
) {
    let message = ParsedMessage::parse(told.text);
    // "pull access denied" tells of a token that opens nothing, and not of a refused credential.
    if !message.has(Phrase::AccessUnclear) {
        for cause in [Cause::Unauthorized, Cause::ForbiddenByPolicy] {
            if said.contains(&cause) {
                draft.add_alternative(cause);
            }
        }
    }
    let pulls = PeerPulls::new(context, image);
    let pulled = pulls_without_secret(&pulls, image);
    if let Some(other) = pulled {
        let fact = Fact::PulledWithoutSecret {
            pod: other.pod.name.shared(),
            image: other.image.clone(),
        };
        draft.add_evidence(fact, EvidenceSource::OtherPods);
    }
    if pulled.is_some() && is_rejected_login(&message) {
        return refused(draft);
    }
    // A node may have a plugin for any registry of one's own, and no object tells of it.
    let is_told = said.contains(&Cause::CredentialProviderFailure);
    let may_be = registries::find_by_host(image.host()).is_none() && !pulls.has_any_with_secret();
    if pulled.is_none() && !is_told && !may_be {
        return;
    }
    draft.add_alternative(Cause::CredentialProviderFailure);
    let at = if pulled.is_some() {
        // Where others need no Secret, only one that is shown to work goes first.
        let ranked = attachable(context, image);
        usize::from(ranked.first().is_some_and(|it| it.standing.is_proven()))
    } else if is_told {
        // What is there to be attached goes first.
        usize::from(draft.matching_secret.is_some() || draft.source_namespace.is_some())
    } else {
        draft.fixes.len()
    };
    draft.fixes.insert(at, FixId::CredentialProvider);
}

/// Whether this is what containerd says of a refused credential, and not of none at a registry with basic
/// logins: it names the request since 1.7, and of none says `no basic auth credentials`. A registry with
/// tokens may answer so to both.
pub(super) fn is_rejected_login(message: &ParsedMessage<'_>) -> bool {
    let of_manifest = message
        .url()
        .is_some_and(|url| url.step == PullStep::Manifest);
    message.runtime() == Runtime::Containerd && of_manifest && message.has_status(401)
}

/// The node has a credential for this registry, for other Pods pull with none of their own; and the message
/// is that of a refused credential. So one was sent, most likely, and it is not a Secret that is missing.
fn refused(draft: &mut FindingBuilder) {
    draft.cause = Cause::Unauthorized;
    draft.root = None;
    draft.limit_confidence(Confidence::Likely);
    draft
        .alternatives
        .retain(|other| *other != Cause::Unauthorized);
    draft.add_alternative(Cause::CredentialProviderFailure);
    draft.add_alternative(Cause::NoCredentialsSent);
    let secret = match draft.matching_secret {
        Some(_) => FixId::AttachSecret,
        None => FixId::CreateSecret,
    };
    draft.fixes = vec![FixId::CredentialProvider, secret];
}

/// A Pod that lists no Secret and pulled an image that is not public, as far as that can be told: of the same
/// repository, or of a registry that is not one of the world's public ones.
fn pulls_without_secret<'a>(pulls: &PeerPulls<'a>, image: &ImageRef) -> Option<&'a PeerContainer> {
    let mostly_private = registries::find_by_host(image.host())
        .is_none_or(|preset| preset.login == LoginSupport::Required);
    let is_meant = |other: &ImageRef| mostly_private || other.repository() == image.repository();
    pulls.without_secret(is_meant)
}
