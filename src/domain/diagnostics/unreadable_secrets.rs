//! Handles authentication errors when the Pod's Secrets cannot be read: only the message is used.
//!
//! Which credential went out, and whether one did, stands in the Secrets. So no root is claimed that
//! their content would decide: many on-call roles (`view`) may not read Secrets, and a Secret that cannot
//! be read is no reason to blame anything else.

use std::sync::Arc;

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause, auth, missing_credential, refine::Unread,
};
use crate::domain::{
    context::{CredentialChain, PodContext, SecretState, Visibility},
    diagnostics::{FixId, classify::Confidence},
    k8s::{object_ref::Name, objects::Secret},
};

/// Handles an authentication error of a pull whose Secrets are listed but cannot be read.
pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    links: &CredentialChain,
    unread: &Unread,
) {
    let sent = auth::implies_credential_sent(draft);
    for link in &links.secrets {
        if link.state == SecretState::Unknown || sent && link.is_missing() {
            add_unreadable_evidence(draft, context, &link.name);
        } else {
            draft.add_evidence(
                missing_credential::secret_fact(link),
                EvidenceSource::Secret,
            );
        }
    }
    let gone = links.secrets.iter().find(|link| link.is_missing());
    if let Some(event) = context.missing_secret_event().filter(|_| gone.is_some()) {
        draft.add_event(event);
    }
    if auth::states_reason(draft) {
        return;
    }
    if let Some(gone) = gone.filter(|_| !sent) {
        // It does not exist; one of the others may matter more.
        draft.root = Some(RootCause::SecretMissing);
        draft.secret = Some(gone.name.shared());
        draft.limit_confidence(Confidence::Likely);
        draft.fixes = vec![FixId::CheckSecret, FixId::CreateSecret, FixId::TestPull];
        return;
    }
    for cause in unread.also {
        draft.add_alternative(*cause);
    }
    draft.root = unread.root;
    draft.limit_confidence(unread.at_most);
    if links.secrets.len() > 1 {
        // Which of them it is, is not known.
        draft.limit_confidence(Confidence::Likely);
    }
    draft.fixes = unread.fixes.to_vec();
}

/// Says that this Secret cannot be read, and why.
pub(super) fn add_unreadable_evidence(
    draft: &mut FindingBuilder,
    context: &PodContext,
    secret: &Name<Secret>,
) {
    let name = secret.shared();
    let namespace: Arc<str> = context.pod.key.namespace.as_str().into();
    let fact = match context.secrets_visibility {
        Visibility::Forbidden => Fact::SecretForbidden { name, namespace },
        Visibility::Complete | Visibility::Partial => Fact::SecretNotRead { name },
    };
    draft.add_evidence(fact, EvidenceSource::Secret);
}
