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
        registries::{self, LoginSupport, RegistryInfo},
    },
};

/// Concludes a credential of the node: one was sent, and no Secret of the Pod matches.
pub(super) fn sent(draft: &mut FindingBuilder) {
    draft.root = Some(if draft.cause == Cause::TokenExpired {
        RootCause::CredentialExpired
    } else {
        RootCause::NodeProblem
    });
    draft.limit_confidence(Confidence::Likely);
    draft.fixes = vec![FixId::CredentialProvider, FixId::CreateSecret];
}

/// Adds alternatives to a missing login for a refused pull without Secrets; `said` are the possible causes of the
/// message.
///
/// A node may have sent a credential that the registry refuses, a provider may have delivered none, and a bare 403 may
/// be a rule that no login changes.
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
    let may_be = registries::find_by_host(image.host()).is_none_or(RegistryInfo::is_self_hosted)
        && !pulls.has_any_with_secret();
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

/// Whether this is containerd's message for a rejected credential and not for a missing one.
///
/// containerd names the request since 1.7; without a credential it says `no basic auth credentials` of registries with
/// basic authentication. Registries with tokens may answer alike in both cases.
pub(super) fn is_rejected_login(message: &ParsedMessage<'_>) -> bool {
    let of_manifest = message
        .url()
        .is_some_and(|url| url.step == PullStep::Manifest);
    message.runtime() == Runtime::Containerd && of_manifest && message.has_status(401)
}

/// Whether the node most likely has sent a credential that was rejected: other Pods pull from this registry without
/// Secrets.
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

/// Finds a Pod that lists no Secret and has pulled a private image, as far as that is known.
fn pulls_without_secret<'a>(pulls: &PeerPulls<'a>, image: &ImageRef) -> Option<&'a PeerContainer> {
    let mostly_private = registries::find_by_host(image.host())
        .is_none_or(|preset| preset.login == LoginSupport::Required || preset.is_self_hosted());
    let is_meant = |other: &ImageRef| mostly_private || other.repository() == image.repository();
    pulls.without_secret(is_meant)
}
