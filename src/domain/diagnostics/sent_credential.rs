//! Explains why a credential that was sent was rejected: it is bad, has ended, may not read the repository,
//! or the attempt was made before it was there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Draft, Fact, Root, Source, missing_credential, pull_error::Told};
use crate::domain::{
    context::Case,
    diagnostics::{Cause, FixId, classify::Confidence},
    k8s::{
        age,
        objects::{Event, Secret, SecretContent},
    },
    message::{Message, Sign, Step},
    registry_auth::{
        docker_config::{EntrySummary, Oddity},
        image_ref::ImageRef,
    },
};

/// Records the credential that the finding is about.
pub(super) fn credential(draft: &mut Draft, secret: &Secret, entry: &EntrySummary) {
    draft.secret = Some(secret.key.name.shared());
    draft.entry = Some(Arc::clone(&entry.server));
    draft.server = Some(entry.server.to_string());
    draft.username.clone_from(&entry.username);
    draft.tell(fact(secret, entry), Source::Secret);
}

pub(super) fn fact(secret: &Secret, entry: &EntrySummary) -> Fact {
    Fact::Sent {
        secret: secret.key.name.shared(),
        key: Arc::clone(&entry.server),
        username: entry.username.clone(),
        kind: entry.kind.label().to_owned(),
    }
}

/// Handles the rejection of this credential.
pub(super) fn judge(
    draft: &mut Draft,
    case: &Case,
    told: &Told<'_>,
    secret: &Arc<Secret>,
    entry: &EntrySummary,
    image: &ImageRef,
) {
    let name = secret.key.name.shared();
    credential(draft, secret, entry);
    for problem in entry.problems.iter() {
        let fact = Fact::Odd {
            secret: Arc::clone(&name),
            problem: problem.to_string(),
        };
        draft.tell(fact, Source::Secret);
    }
    if let SecretContent::Read(summary) = &secret.content {
        for oddity in summary.oddities.iter() {
            if let Oddity::EqualKeys(keys) = oddity
                && keys.contains(&entry.server)
            {
                let fact = Fact::Odd {
                    secret: Arc::clone(&name),
                    problem: oddity.to_string(),
                };
                draft.tell(fact, Source::Secret);
            }
        }
    }
    if let Some(fact) = ended(secret, entry, case.now) {
        let sure = matches!(fact, Fact::Ended { .. }) || draft.cause == Cause::TokenExpired;
        draft.tell(fact, Source::Secret);
        draft.settle_on(Cause::TokenExpired, Root::CredentialExpired);
        if !sure {
            draft.alternatives = vec![Cause::Unauthorized];
        }
        return;
    }
    if arrived_late(draft, case, secret, told) {
        return;
    }
    refused(draft, case, told, secret, image);
}

/// The kubelet waits 5 min between two attempts at most; a minute more is for the pull itself.
const NEXT_ATTEMPT: i64 = 6 * 60;

/// When the credentials that the Pod lists, and the one attempt that was made so far, may be judged
/// otherwise by the clock alone.
pub(super) fn moments(case: &Case) -> impl Iterator<Item = Timestamp> {
    let first = later(case.pod.started, FIRST_ATTEMPT);
    let secrets = case.listed.iter().filter_map(|it| it.secret.present());
    let of_secrets = secrets.flat_map(|secret| {
        let ends = secret.entries().iter().filter_map(|entry| {
            let life = || Some(entry.kind.life()?.as_secs());
            entry
                .expires
                .or_else(|| later(secret.written(), life()? + 1))
        });
        ends.chain(later(secret.written(), NEXT_ATTEMPT))
    });
    first.into_iter().chain(of_secrets)
}

fn later(from: Option<Timestamp>, seconds: i64) -> Option<Timestamp> {
    from?.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// The attempt went without the Secret as it is now, which was written later: the next one will have it.
fn arrived_late(draft: &mut Draft, case: &Case, secret: &Secret, told: &Told<'_>) -> bool {
    let said_nothing_sent = draft.cause == Cause::PullSecretMissing
        || draft.cause == Cause::NoCredentialsSent && draft.alternatives.is_empty();
    let late = match (secret.written(), last_attempt(case, told)) {
        (Some(written), Some(attempt)) => {
            // Events are dropped while attempts go on, so after this time one must have had it.
            written > attempt && age::seconds(written, case.now) < NEXT_ATTEMPT
        }
        _ => false,
    };
    if !late && !said_nothing_sent {
        return false;
    }
    let fact = Fact::NotYetSent {
        secret: secret.key.name.shared(),
    };
    draft.tell(fact, Source::Secret);
    draft.root = None;
    draft.doubt(Confidence::Likely);
    draft.fixes = vec![FixId::RetryNow];
    true
}

/// When the attempt was that the message tells of. A status has no time of its own, so it is that of the
/// newest event about an attempt; that of a back-off says nothing.
fn last_attempt(case: &Case, told: &Told<'_>) -> Option<Timestamp> {
    let of_attempt = |event: &&Arc<Event>| {
        told.attempt.is_told_by(event)
            && (&*event.reason == "Pulling" || event.message.starts_with("Failed to pull image"))
    };
    let newest = || {
        case.events
            .iter()
            .filter(of_attempt)
            .filter_map(|it| it.last)
            .max()
    };
    told.seen.or_else(newest)
}

/// That the credential's life is over: by its own date, or because a Secret of this age has outlived what
/// credentials of its kind live. Where nothing tells when its data was written, an age is a hint.
pub(super) fn ended(secret: &Secret, entry: &EntrySummary, now: Timestamp) -> Option<Fact> {
    let name = secret.key.name.shared();
    if let Some(at) = entry.expires {
        return (at <= now).then_some(Fact::Ended { secret: name, at });
    }
    let life = entry.kind.life()?;
    let seconds = age::seconds(secret.written()?, now);
    (seconds > life.as_secs()).then(|| Fact::TooOld {
        secret: name,
        kind: entry.kind.label().to_owned(),
        hours: seconds / 3600,
    })
}

/// The credential was rejected: it is invalid or has no access to the repository.
fn refused(draft: &mut Draft, case: &Case, told: &Told<'_>, secret: &Secret, image: &ImageRef) {
    let message = Message::parse(told.text);
    let unclear = draft.cause == Cause::RepositoryMissingOrNoAccess;
    if draft.cause == Cause::TokenExpired {
        draft.settle_on(Cause::TokenExpired, Root::CredentialExpired);
    } else if draft.cause == Cause::ForbiddenByPolicy {
        let sure = draft.alternatives.is_empty();
        draft.settle_on(Cause::ForbiddenByPolicy, Root::CredentialLacksAccess);
        if !sure {
            bare_forbidden(draft, case, secret, image);
        }
    } else if unclear || message.has(Sign::Scope) {
        // A token was given, and this repository is not in it.
        draft.settle_on(
            Cause::RepositoryMissingOrNoAccess,
            Root::CredentialLacksAccess,
        );
        draft.alternatives = vec![Cause::Unauthorized];
    } else {
        // Where a token is refused, nobody has looked at the repository yet.
        let at_login = message.step() == Some(Step::Token)
            || message.any(&[Sign::OauthToken, Sign::Bearer, Sign::BadToken]);
        let sure =
            draft.alternatives.is_empty() || !missing_credential::hides_private(image) || at_login;
        draft.settle_on(Cause::Unauthorized, Root::CredentialRejected);
        if !sure {
            draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
        }
    }
    missing_credential::own_list(draft, case);
    if only_once(case, told) {
        draft.tell(Fact::FirstAttempt, Source::Event);
        draft.doubt(Confidence::Likely);
    }
}

/// A 403 without a stated reason. Registries also answer so to a token that has ended (ECR), unless other
/// Pods show that this credential works.
fn bare_forbidden(draft: &mut Draft, case: &Case, secret: &Secret, image: &ImageRef) {
    let missing = Cause::RepositoryMissingOrNoAccess;
    if case.has_worked(&secret.key.name, image.host()) {
        draft.alternatives = vec![missing];
        return;
    }
    draft.alternatives = vec![Cause::TokenExpired, Cause::Unauthorized, missing];
    draft.fixes = vec![
        FixId::RecreateSecret,
        FixId::GrantAccess,
        FixId::OpenRegistryFirewall,
    ];
}

/// Seconds in which a Pod's first attempt may have been refused by mistake; the second one is made after 10 s.
const FIRST_ATTEMPT: i64 = 30;

/// Whether this was the first attempt: with many Pods starting at once, a registry may refuse one by mistake.
fn only_once(case: &Case, told: &Told<'_>) -> bool {
    let of_this = |event: &&Arc<Event>| {
        event.message.starts_with("Failed to pull image") && told.attempt.is_told_by(event)
    };
    let attempts: u32 = case
        .events
        .iter()
        .filter(of_this)
        .map(|event| event.count)
        .sum();
    let young = case
        .pod
        .started
        .is_some_and(|started| age::seconds(started, case.now) < FIRST_ATTEMPT);
    attempts == 1 && young
}
