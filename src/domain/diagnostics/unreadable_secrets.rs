//! Handles authentication errors when the Pod's Secrets cannot be read: only the message is used.
//!
//! Which credential went out, and whether one did, stands in the Secrets. So no root is claimed that
//! their content would decide: many on-call roles (`view`) may not read Secrets, and a Secret that cannot
//! be read is no reason to blame anything else.

use std::sync::Arc;

use super::{Draft, Fact, Root, Source, auth, missing_credential, refine::Unread};
use crate::domain::{
    context::{Case, Links, SecretState, Visibility},
    diagnostics::{FixId, classify::Confidence},
    k8s::{object_ref::Name, objects::Secret},
};

/// Handles an authentication error of a pull whose Secrets are listed but cannot be read.
pub(super) fn judge(draft: &mut Draft, case: &Case, links: &Links, unread: &Unread) {
    let sent = auth::says_sent(draft);
    for link in &links.secrets {
        if link.state == SecretState::Unknown || sent && link.is_missing() {
            tell(draft, case, &link.name);
        } else {
            draft.tell(missing_credential::secret_fact(link), Source::Secret);
        }
    }
    let gone = links.secrets.iter().find(|link| link.is_missing());
    if let Some(event) = case.missing_secret_event().filter(|_| gone.is_some()) {
        draft.hear(event);
    }
    if auth::says_why(draft) {
        return;
    }
    if let Some(gone) = gone.filter(|_| !sent) {
        // It does not exist; one of the others may matter more.
        draft.root = Some(Root::SecretMissing);
        draft.secret = Some(gone.name.shared());
        draft.doubt(Confidence::Likely);
        draft.fixes = vec![FixId::CheckSecret, FixId::CreateSecret, FixId::TestPull];
        return;
    }
    for cause in unread.also {
        draft.also(*cause);
    }
    draft.root = unread.root;
    draft.doubt(unread.at_most);
    if links.secrets.len() > 1 {
        // Which of them it is, is not known.
        draft.doubt(Confidence::Likely);
    }
    draft.fixes = unread.fixes.to_vec();
}

/// Says that this Secret cannot be read, and why.
pub(super) fn tell(draft: &mut Draft, case: &Case, secret: &Name<Secret>) {
    let name = secret.shared();
    let namespace: Arc<str> = case.pod.key.namespace.as_str().into();
    let fact = match case.secrets {
        Visibility::Forbidden => Fact::SecretForbidden { name, namespace },
        Visibility::Whole | Visibility::Partial => Fact::SecretNotRead { name },
    };
    draft.tell(fact, Source::Secret);
}
