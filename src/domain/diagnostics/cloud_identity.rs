//! Judges refusals at a cloud's registry where no Secret of the Pod matches: nodes of that cloud pull with an
//! identity, the node's or the ServiceAccount's, and no Secret has to be there.
//!
//! The plugin leaves no trace in the API: one that fails, has nothing or is not there all end in a request without a
//! credential (seen with Kubernetes 1.37 and containerd 2.4). So nothing here is more than likely, unless the message
//! itself names the permission that is missing.

use std::sync::Arc;

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause, attachable::attachable, node_credential,
    peer_pulls::PeerPulls, pull_error::PullError,
};
use crate::domain::{
    context::{PeerContainer, PodContext, ProviderLink},
    diagnostics::{Cause, FixId, classify::Confidence},
    k8s::objects::IdentityScope,
    message::{ParsedMessage, Phrase},
    registry_auth::{cloud::CloudProvider, image_ref::ImageRef},
};

/// Judges a refusal for which the message, or the lack of a Secret, says that none of the Pod's Secrets was sent.
pub(super) fn refine_unsent(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    image: &ImageRef,
    link: &ProviderLink,
    said: &[Cause],
) {
    let proven = attachable(context, image)
        .first()
        .is_some_and(|it| it.standing.is_proven());
    if proven {
        // Other Pods show that a Secret is how this registry is pulled from.
        return;
    }
    draft.limit_confidence(Confidence::Likely);
    let pulled = PeerPulls::new(context, image).without_secret(|_| true);
    let is_expected = add_provider_evidence(draft, context, link, pulled);
    let provider = provider_fixes(link);
    let secret = match draft.matching_secret {
        Some(_) => FixId::AttachSecret,
        None => FixId::CreateSecret,
    };
    if let Some(cause) = refusal(told, link.cloud, pulled.is_some()) {
        draft.cause = cause;
        draft.root = Some(RootCause::IdentityLacksAccess);
        draft.alternatives = vec![Cause::CredentialProviderFailure];
        draft.fixes = provider;
        draft.fixes.push(secret);
        return;
    }
    if draft.matching_secret.is_some() {
        // What is there to be attached goes first.
        draft.add_alternative(Cause::CredentialProviderFailure);
        let at = draft.fixes.len().min(1);
        draft.fixes.splice(at..at, provider);
        return;
    }
    for cause in [Cause::Unauthorized, Cause::ForbiddenByPolicy] {
        if said.contains(&cause) {
            draft.add_alternative(cause);
        }
    }
    let (cause, other) = if is_expected {
        (Cause::CredentialProviderFailure, Cause::NoCredentialsSent)
    } else {
        (Cause::NoCredentialsSent, Cause::CredentialProviderFailure)
    };
    if draft.cause == Cause::NoCredentialsSent {
        draft.cause = cause;
        draft.alternatives.retain(|it| *it != cause);
    }
    draft.root = None;
    draft.add_alternative(other);
    draft.fixes = provider;
    // Not a copy from another namespace: a token of ECR there lives twelve hours at most.
    draft.fixes.push(secret);
}

/// Judges a credential that was sent although no Secret of the Pod matches: the provider's identity was refused.
pub(super) fn refused(draft: &mut FindingBuilder, context: &PodContext, link: &ProviderLink) {
    add_identity_evidence(draft, context, link);
    draft.root = Some(RootCause::IdentityLacksAccess);
    draft.limit_confidence(Confidence::Likely);
    draft.fixes = provider_fixes(link);
    draft.fixes.push(FixId::CreateSecret);
}

/// Judges a message that names its reason by itself: a plugin that failed, or an identity without a permission. A
/// rule of the registry, as that of a firewall, is left as it is.
pub(super) fn stated(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    link: &ProviderLink,
) {
    let names_permission = || ParsedMessage::parse(told.text).has(Phrase::GrantMissing);
    if draft.cause == Cause::CredentialProviderFailure {
        add_identity_evidence(draft, context, link);
        draft.fixes = provider_fixes(link);
        // The message tells of the plugin itself.
        draft.fixes.retain(|fix| *fix != FixId::CredentialProvider);
        draft.fixes.insert(0, FixId::CredentialProvider);
        draft.fixes.push(FixId::CreateSecret);
    } else if names_permission() {
        add_identity_evidence(draft, context, link);
        draft.root = Some(RootCause::IdentityLacksAccess);
        draft.fixes = provider_fixes(link);
    }
}

/// What is refused of an identity that was sent; `works`: other Pods pull from the registry without a Secret, so that
/// the node has a provider that works.
fn refusal(told: &PullError<'_>, cloud: CloudProvider, works: bool) -> Option<Cause> {
    let message = ParsedMessage::parse(told.text);
    // ECR takes basic logins: without one containerd says so, and sends no request for the manifest.
    let takes_basic = cloud == CloudProvider::Aws;
    if node_credential::is_rejected_login(&message) && (takes_basic || works) {
        Some(Cause::Unauthorized)
    } else if works && message.has_status(403) {
        Some(Cause::ForbiddenByPolicy)
    } else {
        None
    }
}

/// What tells that a provider is at work; whether anything but the registry's host does.
fn add_provider_evidence(
    draft: &mut FindingBuilder,
    context: &PodContext,
    link: &ProviderLink,
    pulled: Option<&PeerContainer>,
) -> bool {
    draft.add_evidence(
        Fact::CloudRegistry { cloud: link.cloud },
        EvidenceSource::Pod,
    );
    let has_identity = add_identity_evidence(draft, context, link);
    if let Some(other) = pulled {
        let fact = Fact::PulledWithoutSecret {
            pod: other.pod.name.shared(),
            image: Arc::clone(&other.image),
        };
        draft.add_evidence(fact, EvidenceSource::OtherPods);
    }
    let node = context.pod.node.as_ref();
    let node = node.filter(|name| CloudProvider::from_node_name(name) == Some(link.cloud));
    if let Some(node) = node {
        let fact = Fact::NodeOfCloud {
            node: Arc::clone(node),
            cloud: link.cloud,
        };
        draft.add_evidence(fact, EvidenceSource::Pod);
    }
    has_identity || pulled.is_some() || node.is_some()
}

/// The identity that the ServiceAccount's annotation names; whether there is one.
fn add_identity_evidence(
    draft: &mut FindingBuilder,
    context: &PodContext,
    link: &ProviderLink,
) -> bool {
    let Some(identity) = &link.identity else {
        return false;
    };
    let fact = Fact::AccountIdentity {
        account: context.pod.service_account.shared(),
        identity: identity.clone(),
    };
    draft.add_evidence(fact, EvidenceSource::ServiceAccount);
    true
}

/// What to do about a provider, the likeliest first.
fn provider_fixes(link: &ProviderLink) -> Vec<FixId> {
    match link.identity.as_ref().map(|it| it.scope) {
        Some(IdentityScope::Pulls) => vec![FixId::FixWorkloadIdentity, FixId::GrantPullRole],
        Some(IdentityScope::Containers) => vec![FixId::GrantPullRole, FixId::FixWorkloadIdentity],
        None => vec![FixId::GrantPullRole, FixId::CredentialProvider],
    }
}
