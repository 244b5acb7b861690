//! What a refusal means, by the chain: the same text has nine causes, and only the objects tell them
//! apart.
//!
//! Two questions decide: was a credential sent at all (an entry of a listed Secret matches and
//! carries something), and if not, at which link the chain is broken.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Draft, Evidence, Fact, Root, Source, message::Told};
use crate::domain::{
    age,
    cause::{Cause, FixId},
    chain::{AccountState, Case, Links, SecretLink, SecretState, carries},
    classify::Confidence,
    dockerconfig::EntrySummary,
    image::{HostNamed, ImageRef},
    key::Name,
    keyring::Keyring,
    objects::{Event, Secret, SecretContent},
    presets::{self, Missing},
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
        None => nothing_sent(draft, case, &links, image),
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
        settle_on(draft, Cause::NoCredentialsSent, Root::SecretNotAttached);
        broken_link(draft, case, &links, image);
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
    settle_on(draft, Cause::PullSecretMalformed, Root::SecretMalformed);
    draft.confidence = if direct {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    blame(draft, link);
    draft.fixes = vec![FixId::RecreateSecret];
}

fn settle_on(draft: &mut Draft, cause: Cause, root: Root) {
    draft.cause = cause;
    draft.root = Some(root);
    draft.alternatives.clear();
    draft.confidence = Confidence::Certain;
    draft.fixes = cause.entry().fixes.to_vec();
}

fn blame(draft: &mut Draft, link: &SecretLink) {
    draft.secret = Some(link.name.shared());
    draft.evidence.push(secret_fact(link));
}

fn secret_fact(link: &SecretLink) -> Evidence {
    let fact = Fact::Secret {
        name: link.name.shared(),
        state: link.state.to_string(),
    };
    Evidence::now(fact, Source::Secret)
}

/// The message itself says that there was a credential.
fn says_sent(draft: &Draft) -> bool {
    draft.cause == Cause::TokenExpired && draft.alternatives.is_empty()
        || draft.cause == Cause::Unauthorized
            && !draft.alternatives.contains(&Cause::NoCredentialsSent)
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
    draft.evidence.push(Evidence::now(
        Fact::Sent {
            secret: name,
            key: Arc::clone(&entry.server),
            username: entry.username.clone(),
            kind: entry.kind.label().to_owned(),
        },
        Source::Secret,
    ));
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
        draft.evidence.push(Evidence::now(fact, Source::Secret));
    }
    if let Some(fact) = ended(secret, entry, case.now) {
        let sure = matches!(fact, Fact::Ended { .. }) || draft.cause == Cause::TokenExpired;
        draft.evidence.push(Evidence::now(fact, Source::Secret));
        settle_on(draft, Cause::TokenExpired, Root::CredentialExpired);
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

/// The Secret is younger than the attempt: the next attempt will have it.
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
    let fact = Fact::ChangedSince {
        secret: secret.key.name.shared(),
    };
    draft.evidence.push(Evidence::now(fact, Source::Secret));
    draft.root = None;
    draft.confidence = Confidence::Likely;
    draft.fixes = vec![FixId::RetryNow];
    true
}

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
    let hides = hides_private(image);
    let told_forbidden = draft.cause == Cause::ForbiddenByPolicy;
    let told_expired = draft.cause == Cause::TokenExpired;
    let unclear = draft.cause == Cause::RepositoryMissingOrNoAccess;
    if told_expired {
        settle_on(draft, Cause::TokenExpired, Root::CredentialExpired);
    } else if told_forbidden {
        let sure = draft.alternatives.is_empty();
        settle_on(draft, Cause::ForbiddenByPolicy, Root::CredentialLacksAccess);
        if !sure {
            draft.confidence = Confidence::Likely;
            draft.alternatives = vec![Cause::Unauthorized, Cause::RepositoryMissingOrNoAccess];
        }
    } else if unclear || says_scope(told.text) {
        // A token was given, and this repository is not in it.
        settle_on(
            draft,
            Cause::RepositoryMissingOrNoAccess,
            Root::CredentialLacksAccess,
        );
        draft.confidence = Confidence::Likely;
        draft.alternatives = vec![Cause::Unauthorized];
    } else {
        let sure = draft.alternatives.is_empty() || !hides || told.text.contains("token");
        settle_on(draft, Cause::Unauthorized, Root::CredentialRejected);
        if !sure {
            draft.confidence = Confidence::Likely;
            draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
        }
    }
    own_list(draft, case);
    if only_once(case, told) {
        draft
            .evidence
            .push(Evidence::now(Fact::FirstAttempt, Source::Event));
        draft.confidence = draft.confidence.min(Confidence::Likely);
    }
}

fn says_scope(text: &str) -> bool {
    text.contains("insufficient_scope")
}

/// With many Pods starting at once a registry may refuse one attempt by mistake (FACTS 13).
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

fn hides_private(image: &ImageRef) -> bool {
    presets::of_host(image.host()).is_some_and(|preset| preset.missing == Missing::LooksPrivate)
}

fn nothing_sent(draft: &mut Draft, case: &Case, links: &Links, image: &ImageRef) {
    let seen = links
        .secrets
        .iter()
        .all(|link| link.state != SecretState::Unknown);
    let maybe_missing = draft.cause == Cause::RepositoryMissingOrNoAccess
        || draft
            .alternatives
            .contains(&Cause::RepositoryMissingOrNoAccess);
    let repository_said_missing =
        draft.cause == Cause::RepositoryMissingOrNoAccess && draft.alternatives.is_empty();
    if repository_said_missing {
        draft.root = Some(Root::RepositoryMissing);
        return;
    }
    if !seen {
        draft.confidence = Confidence::Possible;
        return;
    }
    let keep = draft.cause;
    settle_on(draft, Cause::NoCredentialsSent, Root::SecretNotAttached);
    if keep == Cause::PullSecretMissing {
        draft.cause = keep;
    }
    if maybe_missing && hides_private(image) {
        draft.confidence = Confidence::Likely;
        draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
    }
    if image.host_named() == HostNamed::No && image.path().starts_with("library/") {
        // A bare name is an official image of Docker Hub, and those need no credential.
        draft.cause = Cause::RepositoryMissingOrNoAccess;
        draft.root = Some(Root::RepositoryMissing);
        draft.alternatives = vec![Cause::NoCredentialsSent];
        draft.confidence = Confidence::Likely;
        draft
            .evidence
            .push(Evidence::now(Fact::HostAssumed, Source::Pod));
        draft.fixes = vec![FixId::CorrectImage, FixId::LoadImage];
        return;
    }
    broken_link(draft, case, links, image);
}

/// Names the link at which the chain is broken.
fn broken_link(draft: &mut Draft, case: &Case, links: &Links, image: &ImageRef) {
    if links.secrets.is_empty() {
        draft
            .evidence
            .push(Evidence::now(Fact::PodListsNothing, Source::Pod));
    }
    for link in &links.secrets {
        draft.evidence.push(secret_fact(link));
    }
    if predates_binding(draft, case, image) {
        return;
    }
    match links.secrets.iter().min_by_key(|link| weight(&link.state)) {
        Some(link) => broken_secret(draft, case, link, image),
        None => nothing_listed(draft, case, links, image),
    }
}

/// Which broken Secret says most: the smaller, the more likely it was meant for this image.
fn weight(state: &SecretState) -> u8 {
    match state {
        SecretState::MatchesEmpty { .. } => 0,
        SecretState::WrongType(_) => 1,
        SecretState::WrongKey { .. } => 2,
        SecretState::HoldsNothing(_) => 3,
        SecretState::NoMatch(misses) if misses.iter().any(|(_, miss)| miss.reason.is_near()) => 4,
        SecretState::Missing => 5,
        SecretState::NoMatch(_) => 6,
        SecretState::Malformed(_) | SecretState::Unknown | SecretState::Matches { .. } => 7,
    }
}

fn broken_secret(draft: &mut Draft, case: &Case, link: &SecretLink, image: &ImageRef) {
    draft.secret = Some(link.name.shared());
    let (root, fixes) = match &link.state {
        SecretState::MatchesEmpty { .. } => (Root::EntryEmpty, vec![FixId::RecreateSecret]),
        SecretState::WrongType(_) => (Root::SecretWrongType, vec![FixId::ConvertType]),
        SecretState::WrongKey { .. } => (Root::SecretWrongKey, vec![FixId::RecreateSecret]),
        SecretState::HoldsNothing(_) | SecretState::Malformed(_) => {
            (Root::SecretMalformed, vec![FixId::RecreateSecret])
        }
        SecretState::Missing => (Root::SecretMissing, missing(draft, case, link)),
        SecretState::NoMatch(misses) => {
            if let Some((entry, miss)) = misses.first()
                && let Some(key) = &miss.instead
            {
                draft.entry = Some(Arc::clone(entry));
                draft.server = Some(key.clone());
                let fact = Fact::WouldMatch {
                    name: link.name.shared(),
                    key: key.as_str().into(),
                };
                draft.evidence.push(Evidence::now(fact, Source::Secret));
            }
            own_list(draft, case);
            let near = misses
                .first()
                .is_some_and(|(_, miss)| miss.instead.is_some());
            let fixes = if near {
                vec![FixId::CorrectServer, FixId::CreateSecret]
            } else {
                vec![FixId::CreateSecret]
            };
            (Root::EntryForOtherRegistry, fixes)
        }
        SecretState::Unknown | SecretState::Matches { .. } => return,
    };
    draft.root = Some(root);
    draft.fixes = fixes;
    if let Some(attach) = offer_unlisted(draft, case, image) {
        // What is there already goes before what would have to be made.
        let made = |fix: &FixId| matches!(fix, FixId::CreateSecret | FixId::CorrectSecretName);
        let at = draft.fixes.iter().position(made);
        draft.fixes.insert(at.unwrap_or(draft.fixes.len()), attach);
    }
}

/// A Secret of this name may be in another namespace.
fn missing(draft: &mut Draft, case: &Case, link: &SecretLink) -> Vec<FixId> {
    let namesake = case
        .elsewhere
        .iter()
        .find(|secret| secret.key.name == link.name);
    let Some(secret) = namesake else {
        return vec![FixId::CreateSecret, FixId::CorrectSecretName];
    };
    let namespace: Arc<str> = secret.key.namespace.as_str().into();
    draft.from = Some(Arc::clone(&namespace));
    let fact = Fact::SecretElsewhere {
        name: link.name.shared(),
        namespace,
    };
    draft.evidence.push(Evidence::now(fact, Source::Secret));
    vec![FixId::CopySecret, FixId::CreateSecret]
}

/// The Pod template has a list of its own, and the ServiceAccount's is not looked at.
fn own_list(draft: &mut Draft, case: &Case) {
    let of_template = case
        .workload
        .as_ref()
        .is_some_and(|w| !w.pull_secrets.is_empty());
    if let Some(account) = case.account.present()
        && of_template
        && !account.pull_secrets.is_empty()
        && account.pull_secrets != case.pod.pull_secrets
    {
        let fact = Fact::OwnListHides {
            account: account.key.name.shared(),
        };
        draft.evidence.push(Evidence::now(fact, Source::Workload));
    }
}

/// The ServiceAccount lists what the Pod does not: admission copied the list before it had it.
fn predates_binding(draft: &mut Draft, case: &Case, image: &ImageRef) -> bool {
    let Some(account) = case.account.present() else {
        return false;
    };
    let own = case
        .workload
        .as_ref()
        .is_some_and(|w| !w.pull_secrets.is_empty());
    let copied_now = account.pull_secrets != case.pod.pull_secrets && !own;
    let helps = case.pod.pull_secrets.is_empty()
        || case
            .unlisted_matches(image)
            .iter()
            .any(|secret| account.pull_secrets.contains(&secret.key.name));
    if account.pull_secrets.is_empty() || !copied_now || !helps {
        return false;
    }
    let fact = Fact::AccountLists {
        account: account.key.name.shared(),
        secrets: account.pull_secrets.iter().map(Name::shared).collect(),
    };
    draft
        .evidence
        .push(Evidence::now(fact, Source::ServiceAccount));
    draft.root = Some(Root::PodPredatesBinding);
    draft.fixes = vec![FixId::Restart, FixId::RetryNow];
    true
}

fn nothing_listed(draft: &mut Draft, case: &Case, links: &Links, image: &ImageRef) {
    let account = case.pod.service_account.shared();
    let fact = match links.account {
        AccountState::Missing => Fact::AccountMissing { account },
        AccountState::Present | AccountState::Unknown => Fact::AccountListsNothing { account },
    };
    if links.account == AccountState::Unknown {
        // Unseen, it may have the Secret by now, and the Pod be older than that.
        draft.confidence = draft.confidence.min(Confidence::Likely);
    } else {
        draft
            .evidence
            .push(Evidence::now(fact, Source::ServiceAccount));
    }
    draft.root = Some(Root::SecretNotAttached);
    draft.fixes = vec![FixId::CreateSecret, FixId::AttachSecret];
    if let Some(secret) = case.elsewhere.first() {
        let namespace: Arc<str> = secret.key.namespace.as_str().into();
        draft.secret = Some(secret.key.name.shared());
        draft.from = Some(Arc::clone(&namespace));
        let name = secret.key.name.shared();
        let fact = Fact::SecretElsewhere { name, namespace };
        draft.evidence.push(Evidence::now(fact, Source::Secret));
        draft.fixes = vec![FixId::CopySecret, FixId::AttachSecret];
    }
    match offer_unlisted(draft, case, image) {
        Some(attach) => draft.fixes = vec![attach],
        None if draft.secret.is_none() => misfit(draft, case, image),
        None => {}
    }
    if draft.holder.is_some() {
        // The namespace's own default account is what a Pod gets when nobody chose one.
        let chosen = case.pod.service_account.as_str() != "default";
        let at = if chosen { draft.fixes.len() } else { 0 };
        draft.fixes.insert(at, FixId::UseServiceAccount);
    }
}

/// A Secret of the namespace that would open the image, had the Pod listed it.
fn offer_unlisted(draft: &mut Draft, case: &Case, image: &ImageRef) -> Option<FixId> {
    let secret = *case.unlisted_matches(image).first()?;
    let name = secret.key.name.shared();
    let account = case
        .account_with(&secret.key.name)
        .map(|account| account.key.name.shared());
    draft.holder = account
        .clone()
        .filter(|account| **account != *case.pod.service_account.as_str());
    draft.matching = Some(Arc::clone(&name));
    let fact = Fact::UnlistedMatches { name, account };
    draft.evidence.push(Evidence::now(fact, Source::Secret));
    Some(FixId::AttachSecret)
}

/// A Secret of the namespace that was meant for this registry and does not match.
fn misfit(draft: &mut Draft, case: &Case, image: &ImageRef) {
    let near = case.others.iter().find_map(|secret| {
        let SecretContent::Read(summary) = &secret.content else {
            return None;
        };
        let (entry, key) = summary
            .entries
            .iter()
            .find_map(|entry| Some((&entry.server, nearly(&entry.server, image)?)))?;
        Some((secret.key.name.shared(), Arc::clone(entry), key))
    });
    let Some((name, entry, key)) = near else {
        return;
    };
    draft.secret = Some(Arc::clone(&name));
    draft.entry = Some(entry);
    draft.server = Some(key.clone());
    draft.fixes = vec![FixId::CorrectServer, FixId::AttachSecret];
    let key: Arc<str> = key.into();
    let fact = Fact::WouldMatch { name, key };
    draft.evidence.push(Evidence::now(fact, Source::Secret));
}

/// The key that would match, where this one was nearly it.
fn nearly(server: &Arc<str>, image: &ImageRef) -> Option<String> {
    let mut keyring = Keyring::default();
    keyring.add(server, ());
    let ((), miss) = keyring.lookup(image).misses.into_iter().next()?;
    miss.reason.is_near().then_some(miss.instead).flatten()
}
