//! A registry's rate limit: whether a login would have a larger quota, or has been sent.

use super::{FindingBuilder, attachable::attachable, image_evidence, sent_credential};
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
    let Some(best) = ranked.first().filter(|it| it.standing.is_usable()) else {
        return;
    };
    let name = &best.secret.key.name;
    let account = case.account.present();
    draft.matching_secret = Some(name.shared());
    // New Pods get what the ServiceAccount lists.
    let fix = if !account.is_some_and(|account| account.pull_secrets.contains(name)) {
        FixId::AttachSecret
    } else if image_evidence::is_superseded(case) {
        FixId::RetryNow
    } else {
        FixId::Restart
    };
    draft.fixes.insert(0, fix);
}
