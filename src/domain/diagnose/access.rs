//! What a refusal means, by the chain: the same text has many causes, and only the objects tell them
//! apart.
//!
//! The first question is whether a credential was sent at all: an entry of a listed Secret matches and
//! carries something. What follows when it was is said here; when it was not, `unsent` looks for the
//! link at which the chain is broken.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Draft, Fact, Root, Source, message::Told, unsent};
use crate::domain::{
    age,
    cause::{Cause, FixId},
    chain::{Case, Links, SecretLink, SecretState, carries},
    classify::Confidence,
    dockerconfig::EntrySummary,
    image::ImageRef,
    message::{Message, Sign, Step},
    objects::{Event, Secret},
};

/// The causes that a refusal can have.
const REFUSALS: [Cause; 8] = [
    Cause::RepositoryMissingOrNoAccess,
    Cause::NoCredentialsSent,
    Cause::Unauthorized,
    Cause::TokenExpired,
    Cause::ForbiddenByPolicy,
    Cause::CredentialProviderFailure,
    Cause::PullSecretMissing,
    Cause::PullSecretMalformed,
];

/// Judges a refusal, and what nobody has told the cause of; other causes are left as they are.
pub(super) fn judge(draft: &mut Draft, case: &Case, told: &Told<'_>, image: &ImageRef) {
    if draft.cause == Cause::CauseNotStated {
        return unsaid(draft, case, image);
    }
    if !REFUSALS.contains(&draft.cause) {
        return;
    }
    let links = case.links(image);
    if let Some(link) = malformed(&links) {
        return spoiled(draft, link);
    }
    match links.tries.iter().find(|(_, entry)| carries(entry)) {
        Some((secret, entry)) => sent(draft, case, told, secret, entry, image),
        None if says_sent(draft) => node_credential(draft),
        None if says_why(draft) => {}
        None => unsent::judge(draft, case, &links, image),
    }
}

/// The events have expired and the status speaks of the back-off alone. Where no credential would be
/// sent although there are some, the chain says why by itself: likely, for the image might be public
/// and the trouble elsewhere.
fn unsaid(draft: &mut Draft, case: &Case, image: &ImageRef) {
    let links = case.links(image);
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
    if let Some(link) = malformed(&links) {
        spoiled(draft, link);
    } else if links.tries.iter().any(|(_, entry)| carries(entry)) {
        return;
    } else if links.secrets.iter().any(meant) || !case.unlisted_matches(image).is_empty() {
        draft.settle_on(Cause::NoCredentialsSent, Root::SecretNotAttached);
        unsent::broken_link(draft, case, &links, image);
    } else {
        return;
    }
    draft.cause = Cause::CauseNotStated;
    draft.confidence = Confidence::Likely;
}

pub(super) fn malformed(links: &Links) -> Option<&SecretLink> {
    links
        .secrets
        .iter()
        .find(|link| matches!(link.state, SecretState::Malformed(_)))
}

/// One Secret that cannot be read spoils the pull, whatever the others hold.
pub(super) fn spoiled(draft: &mut Draft, link: &SecretLink) {
    let direct = draft.cause == Cause::PullSecretMalformed;
    draft.settle_on(Cause::PullSecretMalformed, Root::SecretMalformed);
    draft.confidence = if direct {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    draft.secret = Some(link.name.shared());
    draft.tell(unsent::secret_fact(link), Source::Secret);
    draft.fixes = vec![FixId::RecreateSecret];
}

/// The message itself says that there was a credential.
fn says_sent(draft: &Draft) -> bool {
    matches!(draft.cause, Cause::TokenExpired | Cause::Unauthorized)
        && !draft.alternatives.contains(&Cause::NoCredentialsSent)
}

/// The message names a reason for which no Secret of the Pod is needed: a rule of the registry that holds
/// for everybody or for the node's own identity, or a credential provider that failed.
fn says_why(draft: &Draft) -> bool {
    matches!(
        draft.cause,
        Cause::ForbiddenByPolicy | Cause::CredentialProviderFailure
    ) && !draft.alternatives.contains(&Cause::NoCredentialsSent)
}

/// No Secret of the Pod matches, and yet a credential was sent: it is the node's own.
fn node_credential(draft: &mut Draft) {
    draft.root = Some(match draft.cause {
        Cause::TokenExpired => Root::CredentialExpired,
        _ => Root::NodeProblem,
    });
    draft.confidence = Confidence::Likely;
    draft.fixes = vec![FixId::CredentialProvider, FixId::CreateSecret];
}

/// The credential that is spoken of.
pub(super) fn credential(draft: &mut Draft, secret: &Secret, entry: &EntrySummary) {
    let name = secret.key.name.shared();
    draft.secret = Some(Arc::clone(&name));
    draft.entry = Some(Arc::clone(&entry.server));
    draft.server = Some(entry.server.to_string());
    draft.username.clone_from(&entry.username);
    let fact = Fact::Sent {
        secret: name,
        key: Arc::clone(&entry.server),
        username: entry.username.clone(),
        kind: entry.kind.label().to_owned(),
    };
    draft.tell(fact, Source::Secret);
}

fn sent(
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
    if let Some(fact) = ended(secret, entry, case.now) {
        let sure = matches!(fact, Fact::Ended { .. }) || draft.cause == Cause::TokenExpired;
        draft.tell(fact, Source::Secret);
        draft.settle_on(Cause::TokenExpired, Root::CredentialExpired);
        if !sure {
            draft.confidence = Confidence::Likely;
            draft.alternatives = vec![Cause::Unauthorized];
        }
        return;
    }
    if arrived_late(draft, secret, told) {
        return;
    }
    refused(draft, case, told, image);
}

/// The attempt went without the Secret, which is younger or was changed since: the next one will have it.
fn arrived_late(draft: &mut Draft, secret: &Secret, told: &Told<'_>) -> bool {
    let said_nothing_sent =
        draft.cause == Cause::NoCredentialsSent && draft.alternatives.is_empty();
    let late = match (secret.meta.created, told.seen) {
        (Some(created), Some(seen)) => created > seen,
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
    draft.confidence = Confidence::Likely;
    draft.fixes = vec![FixId::RetryNow];
    true
}

/// That the credential's life is over: by its own date, or because a Secret of this age has outlived what
/// credentials of its kind live. A Secret keeps its date when its content is renewed, so an age is a hint.
pub(super) fn ended(secret: &Secret, entry: &EntrySummary, now: Timestamp) -> Option<Fact> {
    let name = secret.key.name.shared();
    if let Some(at) = entry.expires {
        return (at <= now).then_some(Fact::Ended { secret: name, at });
    }
    let life = entry.kind.life()?;
    let seconds = age::seconds(secret.meta.created?, now);
    (seconds > life.as_secs()).then(|| Fact::TooOld {
        secret: name,
        kind: entry.kind.label().to_owned(),
        hours: seconds / 3600,
    })
}

/// A credential went out and did not help: it is bad, or it may not read this repository.
fn refused(draft: &mut Draft, case: &Case, told: &Told<'_>, image: &ImageRef) {
    let message = Message::parse(told.text);
    let unclear = draft.cause == Cause::RepositoryMissingOrNoAccess;
    if draft.cause == Cause::TokenExpired {
        draft.settle_on(Cause::TokenExpired, Root::CredentialExpired);
    } else if draft.cause == Cause::ForbiddenByPolicy {
        let sure = draft.alternatives.is_empty();
        draft.settle_on(Cause::ForbiddenByPolicy, Root::CredentialLacksAccess);
        if !sure {
            draft.confidence = Confidence::Likely;
            draft.alternatives = vec![Cause::Unauthorized, Cause::RepositoryMissingOrNoAccess];
        }
    } else if unclear || message.has(Sign::Scope) {
        // A token was given, and this repository is not in it.
        draft.settle_on(
            Cause::RepositoryMissingOrNoAccess,
            Root::CredentialLacksAccess,
        );
        draft.confidence = Confidence::Likely;
        draft.alternatives = vec![Cause::Unauthorized];
    } else {
        // Where a token is refused, nobody has looked at the repository yet.
        let at_login = message.step() == Some(Step::Token)
            || message.any(&[Sign::OauthToken, Sign::Bearer, Sign::BadToken]);
        let sure = draft.alternatives.is_empty() || !unsent::hides_private(image) || at_login;
        draft.settle_on(Cause::Unauthorized, Root::CredentialRejected);
        if !sure {
            draft.confidence = Confidence::Likely;
            draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
        }
    }
    unsent::own_list(draft, case);
    if only_once(case, told) {
        draft.tell(Fact::FirstAttempt, Source::Event);
        draft.confidence = draft.confidence.min(Confidence::Likely);
    }
}

/// With many Pods starting at once a registry may refuse one attempt by mistake.
fn only_once(case: &Case, told: &Told<'_>) -> bool {
    let of_this = |event: &&Arc<Event>| {
        event.message.starts_with("Failed to pull image")
            && event.subject.container() == Some(&*told.container.name)
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
        .is_some_and(|started| age::seconds(started, case.now) < 30);
    attempts == 1 && young
}
