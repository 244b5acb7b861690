//! Handles authentication errors: the same message has many causes, and only the objects tell them apart.
//!
//! The first question is whether a credential was sent at all: an entry of a listed Secret matches and
//! carries something. What follows when it was is said by `sent_credential`; when it was not,
//! `missing_credential` looks for the link at which the chain is broken, `cloud_identity` for the provider of the
//! registry's cloud, and `node_credential` for what the node may have sent; where the Secrets may not be read, `unreadable_secrets` keeps to the message.

use std::{collections::HashSet, sync::Arc};

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause, aggregate, cloud_identity, missing_credential,
    node_credential,
    pull_error::PullError,
    refine::{Refine, Unread},
    sent_credential, unreadable_secrets,
};
use crate::domain::{
    context::{CredentialChain, PodContext, Presence, PullSecretRef, SecretLink, SecretState},
    diagnostics::{
        Cause, ErrorDetail, FixId,
        classify::{Confidence, classify},
    },
    k8s::{object_ref::Name, objects::Secret},
    registry_auth::{docker_config::AuthSummary, image_ref::ImageRef, keyring::may_match},
};

/// Refines an authentication error.
pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    image: &ImageRef,
    unread: &Unread,
) {
    if let Some(node) = context.pod.static_pod_node() {
        return refine_static_pod(draft, node);
    }
    let links = context.credential_chain(image);
    if let Some(link) = find_malformed_secret(&links) {
        return conclude_malformed_secret(draft, link, image);
    }
    if draft
        .fault
        .as_ref()
        .is_some_and(ErrorDetail::is_stated_refusal)
    {
        return;
    }
    if !links.logins.is_empty() {
        if draft.cause == Cause::PullSecretMalformed {
            return refine_repaired_secret(draft, &links);
        }
        all_refused(draft, context, told, &links, image);
        if links.has_hidden() {
            // One of those may be the one that was refused.
            draft.limit_confidence(Confidence::Likely);
        }
    } else if is_hidden(draft, context, &links) {
        unreadable_secrets::refine(draft, context, &links, unread);
    } else if draft.cause == Cause::PullSecretMalformed {
        refine_repaired_secret(draft, &links);
    } else if implies_credential_sent(draft) && !links.has_half_login() {
        match &links.provider {
            Some(provider) if draft.cause == Cause::Unauthorized => {
                cloud_identity::refused(draft, context, provider);
            }
            Some(_) | None => node_credential::sent(draft),
        }
    } else if !states_reason(draft) {
        refine_unsent(draft, context, told, &links, image);
    } else if let Some(provider) = &links.provider {
        cloud_identity::stated(draft, context, told, provider);
    }
}

/// Handles a static Pod: it pulls with the node's own login, and no Secret or ServiceAccount reaches it.
///
/// Where the registry states its rule, the login is not to blame.
fn refine_static_pod(draft: &mut FindingBuilder, node: &Arc<str>) {
    let node = Arc::clone(node);
    draft.add_evidence(Fact::StaticPod { node }, EvidenceSource::Pod);
    if draft
        .cause
        .is_stated_rule(draft.clues.sign, draft.fault.as_ref())
    {
        return;
    }
    draft.root = None;
    draft.limit_confidence(Confidence::Likely);
    if !states_reason(draft) {
        draft.fixes = vec![
            FixId::NodeLogin,
            FixId::CredentialProvider,
            FixId::LoadImage,
        ];
    }
}

/// Handles a pull for which all credentials of the Pod's Secrets were refused.
///
/// The credential that got furthest is blamed; it can be told from the others if each has an error of its own.
fn all_refused(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    links: &CredentialChain,
    image: &ImageRef,
) {
    let mut sending: Vec<_> = links.logins.iter().collect();
    // A Secret that is listed twice has one login, and there is one error for it.
    let mut seen: HashSet<(&Name<Secret>, &str)> = HashSet::new();
    sending.retain(|(secret, entry)| seen.insert((&secret.key.name, &entry.server)));
    let errors = aggregate::errors(told.text);
    let furthest = aggregate::furthest(&errors).filter(|_| errors.len() == sending.len());
    let blamed = furthest.unwrap_or_default();
    let Some((secret, entry)) = sending.get(blamed) else {
        return;
    };
    add_chain(draft, links, &sending);
    if errors.len() > 1 {
        // Which answer is whose follows from their order alone.
        draft.limit_confidence(Confidence::Likely);
    }
    let is_unassigned = sending.len() > 1 && furthest.is_none();
    if is_unassigned {
        let secrets = sending.iter().map(|(secret, _)| secret.key.name.shared());
        let mut secrets: Vec<Arc<str>> = secrets.collect();
        secrets.dedup();
        draft.add_evidence(Fact::OneOfSeveralSent { secrets }, EvidenceSource::Secret);
    }
    let own = furthest.and_then(|at| errors.get(at));
    let own = own.map(|text| Arc::from(*text));
    if let Some(text) = &own {
        draft.read_again(classify(text));
    }
    if matches!(draft.cause.handler().refine, Refine::Refusal(_)) {
        let text = own.as_ref().unwrap_or(told.text);
        sent_credential::refine(
            draft,
            context,
            &PullError { text, ..*told },
            secret,
            entry,
            image,
        );
        // The same answer to all is told once: with a 401 each of them is rejected.
        if is_unassigned && draft.root != Some(RootCause::CredentialRejected) {
            draft.limit_confidence(Confidence::Likely);
        }
    } else {
        // The registry took this one, and something else went wrong.
        sent_credential::name_credential(draft, secret, entry);
    }
}

/// What was sent, in the order of the kubelet, and the state of each other Secret that the Pod lists.
fn add_chain(
    draft: &mut FindingBuilder,
    links: &CredentialChain,
    sending: &[&(Arc<Secret>, AuthSummary)],
) {
    for (secret, entry) in sending {
        let fact = sent_credential::sent_fact(secret, entry);
        draft.add_evidence(fact, EvidenceSource::Secret);
    }
    let is_sent = |link: &SecretLink| {
        let mut sent = sending.iter();
        sent.any(|(secret, _)| secret.key.name == link.name)
    };
    for link in links.secrets.iter().filter(|link| !is_sent(link)) {
        let fact = missing_credential::secret_fact(link);
        draft.add_evidence(fact, EvidenceSource::Secret);
    }
}

/// Whether Secrets that cannot be read could decide it. The event of a missing one may be older than the
/// Secret, so it is no proof against a credential that was sent.
fn is_hidden(draft: &FindingBuilder, context: &PodContext, links: &CredentialChain) -> bool {
    let told_missing =
        draft.cause == Cause::RepositoryMissingOrNoAccess && draft.alternatives.is_empty();
    let unread = |listed: &PullSecretRef| matches!(listed.secret, Presence::Unknown);
    let sent_unread = implies_credential_sent(draft) && context.pull_secrets.iter().any(unread);
    !told_missing && (links.has_hidden() || sent_unread)
}

/// No Secret of the Pod provides a credential.
fn refine_unsent(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    links: &CredentialChain,
    image: &ImageRef,
) {
    let said: Vec<Cause> = std::iter::once(draft.cause)
        .chain(draft.alternatives.iter().copied())
        .collect();
    missing_credential::refine(draft, context, links, image);
    let is_unattached = draft.root == Some(RootCause::SecretNotAttached);
    // A Secret for other registries, as that of Docker Hub in every namespace, is not what is missing.
    let is_elsewhere =
        draft.root == Some(RootCause::EntryForOtherRegistry) && draft.expected_auth_key.is_none();
    match &links.provider {
        Some(provider) if is_unattached || is_elsewhere => {
            cloud_identity::refine_unsent(draft, context, told, image, provider, &said);
        }
        None if is_unattached && links.secrets.is_empty() => {
            node_credential::consider(draft, context, told, image, &said);
        }
        Some(_) | None => {}
    }
}

/// The kubelet could not parse a Secret, and now all of them can be parsed.
fn refine_repaired_secret(draft: &mut FindingBuilder, links: &CredentialChain) {
    for link in &links.secrets {
        draft.add_evidence(
            missing_credential::secret_fact(link),
            EvidenceSource::Secret,
        );
    }
    draft.root = None;
    draft.limit_confidence(Confidence::Likely);
    draft.fixes = vec![FixId::RetryNow, FixId::RecreateSecret];
}

/// Refines a failure of which only the back-off is known, as the events have expired.
///
/// If Secrets are listed and none provides a credential, the chain shows why: likely, for the image may be public and
/// the cause another one.
pub(super) fn refine_unstated(draft: &mut FindingBuilder, context: &PodContext, image: &ImageRef) {
    if context.pod.static_pod_node().is_some() {
        return;
    }
    let links = context.credential_chain(image);
    let meant = |link: &SecretLink| match &link.state {
        // It may be meant for another image of the same Pod, or be left over.
        SecretState::NoMatch(_) | SecretState::Unknown => false,
        SecretState::Matches { .. }
        | SecretState::MatchesEmpty { .. }
        | SecretState::Missing
        | SecretState::WrongType(_)
        | SecretState::WrongKey { .. }
        | SecretState::Malformed(_)
        | SecretState::HoldsNothing(_) => true,
    };
    if let Some(link) = find_malformed_secret(&links) {
        conclude_malformed_secret(draft, link, image);
    } else if !links.logins.is_empty() {
        return;
    } else if links.secrets.iter().any(meant) || context.unlisted_matches(image).next().is_some() {
        draft.conclude(Cause::NoCredentialsSent, RootCause::SecretNotAttached);
        missing_credential::broken_link(draft, context, &links, image);
    } else {
        return;
    }
    draft.cause = Cause::CauseNotStated;
    draft.limit_confidence(Confidence::Likely);
}

pub(super) fn find_malformed_secret(links: &CredentialChain) -> Option<&SecretLink> {
    links
        .secrets
        .iter()
        .find(|link| matches!(link.state, SecretState::Malformed(_)))
}

/// Concludes a malformed Secret: the kubelet aborts the pull if any listed Secret cannot be parsed, even if others
/// match.
pub(super) fn conclude_malformed_secret(
    draft: &mut FindingBuilder,
    link: &SecretLink,
    image: &ImageRef,
) {
    let direct = draft.cause == Cause::PullSecretMalformed;
    draft.conclude(Cause::PullSecretMalformed, RootCause::SecretMalformed);
    if !direct {
        draft.limit_confidence(Confidence::Likely);
    }
    draft.secret = Some(link.name.shared());
    draft.add_evidence(
        missing_credential::secret_fact(link),
        EvidenceSource::Secret,
    );
    draft.fixes = vec![FixId::RecreateSecret];
    if let SecretState::Malformed(error) = &link.state
        && let Some(server) = &error.server
    {
        // Another login for the image's registry would leave this entry as it is.
        draft.current_auth_key = Some(Arc::clone(server));
        if !may_match(server, image) {
            draft.fixes.insert(0, FixId::RemoveEntry);
        }
    }
}

/// Whether the message implies that a credential was sent.
pub(super) fn implies_credential_sent(draft: &FindingBuilder) -> bool {
    matches!(draft.cause, Cause::TokenExpired | Cause::Unauthorized)
        && !draft.alternatives.contains(&Cause::NoCredentialsSent)
}

/// Whether the message states a reason that no Secret of the Pod can change.
///
/// That is a rule of the registry for everybody or for the node's identity, or a failed credential provider. A bare 403
/// states none: the login may be to blame.
pub(super) fn states_reason(draft: &FindingBuilder) -> bool {
    let of_the_login = [
        Cause::NoCredentialsSent,
        Cause::Unauthorized,
        Cause::RepositoryMissingOrNoAccess,
    ];
    matches!(
        draft.cause,
        Cause::ForbiddenByPolicy | Cause::CredentialProviderFailure
    ) && !draft
        .alternatives
        .iter()
        .any(|cause| of_the_login.contains(cause))
}
