//! What a refusal means where the Pod's Secrets may not be read: what the message says, and no more.
//!
//! Which credential went out, and whether one did, stands in the Secrets. So no root is claimed that
//! their content would decide: many on-call roles (`view`) may not read Secrets, and a Secret that cannot
//! be read is no reason to blame anything else.

use std::sync::Arc;

use super::{Draft, Fact, Root, Source, access, unsent};
use crate::domain::{
    cause::{Cause, FixId},
    chain::{Case, Links, SecretState, Visibility},
    classify::Confidence,
    key::Name,
    objects::Secret,
};

/// Judges a refusal of a pull whose Secrets are listed and cannot be read.
pub(super) fn judge(draft: &mut Draft, case: &Case, links: &Links) {
    let sent = access::says_sent(draft);
    for link in &links.secrets {
        if link.state == SecretState::Unknown || sent && link.is_missing() {
            tell(draft, case, &link.name);
        } else {
            draft.tell(unsent::secret_fact(link), Source::Secret);
        }
    }
    let gone = links.secrets.iter().find(|link| link.is_missing());
    if let Some(event) = case.missing_secret_event().filter(|_| gone.is_some()) {
        draft.hear(event);
    }
    if access::says_why(draft) {
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
    if matches!(draft.cause, Cause::ForbiddenByPolicy | Cause::Unauthorized) {
        // Registries answer so to a token that has ended, too, and its age stands in the Secret.
        draft.also(Cause::TokenExpired);
    }
    let (root, at_most) = of_message(draft.cause, links);
    draft.root = root;
    draft.doubt(at_most);
    draft.fixes = fixes(draft.cause);
}

/// The root that the message itself proves, and how sure one can be.
fn of_message(cause: Cause, links: &Links) -> (Option<Root>, Confidence) {
    match cause {
        // The kubelet could not parse a Secret: with one listed it is that one.
        Cause::PullSecretMalformed if links.secrets.len() == 1 => {
            (Some(Root::SecretMalformed), Confidence::Certain)
        }
        Cause::PullSecretMalformed => (Some(Root::SecretMalformed), Confidence::Likely),
        Cause::TokenExpired => (Some(Root::CredentialExpired), Confidence::Likely),
        _ => (None, Confidence::Possible),
    }
}

/// Whoever may read the Secret can tell; a node can try; a new token may be right all the same.
fn fixes(cause: Cause) -> Vec<FixId> {
    let third = match cause {
        Cause::PullSecretMalformed => return vec![FixId::RecreateSecret, FixId::CheckSecret],
        Cause::TokenExpired => return vec![FixId::NewToken, FixId::CheckSecret],
        Cause::ForbiddenByPolicy => FixId::GrantAccess,
        Cause::RepositoryMissingOrNoAccess => FixId::CorrectImage,
        Cause::Unauthorized => FixId::NewToken,
        _ => FixId::RecreateSecret,
    };
    vec![FixId::CheckSecret, FixId::TestPull, third]
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
