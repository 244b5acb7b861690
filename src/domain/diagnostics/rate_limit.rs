//! A registry's rate limit: whether a login would have a larger quota, or has been sent.

use super::{FindingBuilder, attachable::attachable, sent_credential};
use crate::domain::{
    context::{PodContext, has_credential},
    diagnostics::FixId,
    registry_auth::image_ref::ImageRef,
};

/// Offers the Secret that is there, and no login to a Pod that sends one.
pub(super) fn refine(draft: &mut FindingBuilder, case: &PodContext, image: &ImageRef) {
    let links = case.credential_chain(image);
    let mut candidates = links.candidates.iter();
    if let Some((secret, entry)) = candidates.find(|(_, entry)| has_credential(entry)) {
        sent_credential::set_credential(draft, secret, entry);
        draft.fixes = vec![FixId::UseMirror, FixId::WaitForRegistry];
        return;
    }
    let ranked = attachable(case, image);
    if let Some(best) = ranked.first().filter(|it| it.standing.is_usable()) {
        draft.matching_secret = Some(best.secret.key.name.shared());
        draft.fixes.insert(0, FixId::AttachSecret);
    }
}
