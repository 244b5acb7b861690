//! Handles rate limits: which limit was exceeded, whose requests it counts, and whether a login would help.
//!
//! Docker Hub has two (Docker's *Usage and limits*, read in October 2026): the pull limit answers with a long
//! text, counts an account or an address, and ends within six hours; the abuse limit answers with a plain
//! `429 Too Many Requests` and counts all requests of an address, whoever sends them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause, attachable::attachable, image_evidence,
    pull_error::PullError, sent_credential,
};
use crate::domain::{
    context::PodContext,
    diagnostics::{FixId, classify::Confidence},
    registry_auth::image_ref::ImageRef,
};

/// Period over which Docker Hub counts pulls.
const WINDOW: SignedDuration = SignedDuration::from_hours(6);

/// Message of Docker Hub's pull limit, in lower case.
const PULL_LIMIT: &str = "pull rate limit";

/// The exceeded limit of the registry.
pub(in crate::domain) fn root(is_docker_hub: bool, answer: &str) -> RootCause {
    if is_docker_hub && !answer.to_lowercase().contains(PULL_LIMIT) {
        RootCause::AbuseLimit
    } else {
        RootCause::RateLimit
    }
}

/// Distinguishes the limits, and names the account that is counted.
pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    image: &ImageRef,
) {
    // A mirror has a limit of its own.
    let is_hub = image.is_on_docker_hub() && draft.mirror.is_none();
    let root = root(is_hub, told.text);
    draft.root = Some(root);
    if root == RootCause::AbuseLimit {
        draft.add_evidence(Fact::PlainTooManyRequests, EvidenceSource::KnownRegistries);
        // A runtime that does not print the registry's text hides which limit it is.
        draft.limit_confidence(Confidence::Likely);
        draft.fixes = vec![FixId::ReduceRequests, FixId::UseMirror];
        return;
    }
    let account = refine_pull_limit(draft, context, image);
    // Where the text says that an account is counted, and no Secret here sends it, the login is the node's.
    let is_of_node = draft.fault.is_some() && account.is_none();
    if is_hub && !is_of_node {
        let fact = Fact::PullsCounted {
            account,
            ends: ends(context, told),
        };
        draft.add_evidence(fact, EvidenceSource::KnownRegistries);
    }
}

/// Offers the Secret that is there, and no login to a Pod that sends one; the user whose pulls are counted.
fn refine_pull_limit(
    draft: &mut FindingBuilder,
    context: &PodContext,
    image: &ImageRef,
) -> Option<Arc<str>> {
    let links = context.credential_chain(image);
    if let Some((secret, entry)) = links.logins.first() {
        sent_credential::set_credential(draft, secret, entry);
        draft.fixes = vec![FixId::UseMirror, FixId::WaitForRegistry];
        return entry.username.clone();
    }
    if draft.fault.is_some() {
        // Another login changes nothing.
        return None;
    }
    let ranked = attachable(context, image);
    let best = ranked.first().filter(|it| it.standing.is_usable())?;
    let name = &best.secret.key.name;
    let account = context.account.present();
    draft.matching_secret = Some(name.shared());
    let fact = Fact::LoginHasOwnLimit {
        secret: name.shared(),
        username: best.entry.username.clone(),
    };
    draft.add_evidence(fact, EvidenceSource::Secret);
    // New Pods get what the ServiceAccount lists.
    let fix = if !account.is_some_and(|account| account.pull_secrets.contains(name)) {
        FixId::AttachSecret
    } else if image_evidence::is_superseded(context) {
        FixId::RetryNow
    } else {
        FixId::Restart
    };
    draft.fixes.insert(0, fix);
    None
}

/// When the limit is over at the latest: a window after the first pull that it refused. `None` where that is past,
/// for then the limit was reached again.
fn ends(context: &PodContext, told: &PullError<'_>) -> Option<Timestamp> {
    let events = context.events.iter().filter(|event| {
        told.attempt.matches_event(event) && event.message.to_lowercase().contains(PULL_LIMIT)
    });
    let first = events.filter_map(|event| event.first.or(event.last)).min();
    let end = first.or(told.observed_at)?.checked_add(WINDOW).ok()?;
    (end > context.now).then_some(end)
}
