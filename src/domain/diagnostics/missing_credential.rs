//! Finds why no credential was sent: no Secret is listed, or it is missing, malformed or for another
//! registry; and the fixes.

use std::sync::Arc;

use super::{Draft, Fact, Root, Source, unreadable_secrets};
use crate::domain::{
    context::{AccountState, Case, Links, SecretLink, SecretState},
    diagnostics::{Cause, FixId, classify::Confidence},
    k8s::{
        object_ref::Name,
        objects::{Secret, SecretContent},
    },
    registry_auth::{
        image_ref::{HostNamed, ImageRef},
        keyring::Keyring,
        registries::{self, Missing},
    },
};

/// The state of a listed Secret, as evidence.
pub(super) fn secret_fact(link: &SecretLink) -> Fact {
    Fact::Secret {
        name: link.name.shared(),
        state: link.state.to_string(),
    }
}

/// Handles an authentication error of a pull for which no Secret provides a credential.
pub(super) fn judge(draft: &mut Draft, case: &Case, links: &Links, image: &ImageRef) {
    let missing = Cause::RepositoryMissingOrNoAccess;
    if draft.cause == missing && draft.alternatives.is_empty() {
        draft.root = Some(Root::RepositoryMissing);
        return;
    }
    let maybe_missing = draft.cause == missing || draft.alternatives.contains(&missing);
    let keep = draft.cause;
    draft.settle_on(Cause::NoCredentialsSent, Root::SecretNotAttached);
    if keep == Cause::PullSecretMissing {
        draft.cause = keep;
    }
    if maybe_missing && hides_private(image) {
        draft.alternatives = vec![missing];
    }
    if image.host_named() == HostNamed::No && image.path().starts_with("library/") {
        // A bare name is an official image of Docker Hub, and those need no credential.
        draft.cause = missing;
        draft.root = Some(Root::RepositoryMissing);
        draft.alternatives = vec![Cause::NoCredentialsSent];
        draft.tell(Fact::HostAssumed, Source::Pod);
        draft.fixes = vec![FixId::CorrectImage, FixId::LoadImage];
        return;
    }
    broken_link(draft, case, links, image);
}

/// Finds the broken link of the chain.
pub(super) fn broken_link(draft: &mut Draft, case: &Case, links: &Links, image: &ImageRef) {
    if links.secrets.is_empty() {
        draft.tell(Fact::PodListsNothing, Source::Pod);
    }
    for link in &links.secrets {
        draft.tell(secret_fact(link), Source::Secret);
    }
    if links.secrets.iter().any(SecretLink::is_missing)
        && let Some(event) = case.missing_secret_event()
    {
        draft.hear(event);
    }
    if predates_binding(draft, case, image) {
        return;
    }
    match links.secrets.iter().min_by_key(|link| weight(&link.state)) {
        Some(link) => broken_secret(draft, case, link, image),
        None => nothing_listed(draft, case, links, image),
    }
}

/// Rank of a broken Secret; lower is more likely the intended one.
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
            let near = misses
                .first()
                .and_then(|(entry, miss)| Some((entry, miss.instead.as_ref()?)));
            if let Some((entry, key)) = near {
                draft.entry = Some(Arc::clone(entry));
                draft.server = Some(key.clone());
                let fact = Fact::WouldMatch {
                    name: link.name.shared(),
                    key: key.as_str().into(),
                };
                draft.tell(fact, Source::Secret);
            }
            own_list(draft, case);
            let fixes = if near.is_some() {
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
    draft.tell(fact, Source::Secret);
    vec![FixId::CopySecret, FixId::CreateSecret]
}

/// Whether the Pod's list comes from its template, so that the ServiceAccount's was not used.
fn template_lists(case: &Case) -> bool {
    let workload = case.workload.as_ref();
    workload.is_some_and(|workload| !workload.pull_secrets.is_empty())
}

/// The Pod template has its own list, so the ServiceAccount's does not apply.
pub(super) fn own_list(draft: &mut Draft, case: &Case) {
    if let Some(account) = case.account.present()
        && template_lists(case)
        && !account.pull_secrets.is_empty()
        && account.pull_secrets != case.pod.pull_secrets
    {
        let fact = Fact::OwnListHides {
            account: account.key.name.shared(),
        };
        draft.tell(fact, Source::Workload);
    }
}

/// The ServiceAccount lists what the Pod does not: admission copied the list before it had it.
fn predates_binding(draft: &mut Draft, case: &Case, image: &ImageRef) -> bool {
    let Some(account) = case.account.present() else {
        return false;
    };
    if template_lists(case) || account.pull_secrets == case.pod.pull_secrets {
        return false;
    }
    let matches = case.unlisted_matches(image);
    let opens = |name: &Name<Secret>| matches.iter().any(|secret| secret.key.name == *name);
    let lists = &account.pull_secrets;
    let proven = lists.iter().any(opens);
    // A Pod that lists nothing loses nothing by a restart, if a Secret that cannot be read is the right one.
    let unread = case.pod.pull_secrets.is_empty() && lists.iter().any(|name| case.hides(name));
    if !proven && !unread {
        return false;
    }
    draft.tell(account_lists(case), Source::ServiceAccount);
    draft.fixes = vec![FixId::Restart, FixId::RetryNow];
    if proven {
        draft.root = Some(Root::PodPredatesBinding);
        return true;
    }
    let hidden: Vec<_> = lists.iter().filter(|name| case.hides(name)).collect();
    for name in &hidden {
        unreadable_secrets::tell(draft, case, name);
    }
    if let [only] = hidden[..] {
        draft.secret = Some(only.shared());
    }
    draft.root = None;
    draft.doubt(Confidence::Possible);
    draft.fixes.push(FixId::CheckSecret);
    true
}

/// What the Pod's ServiceAccount lists.
fn account_lists(case: &Case) -> Fact {
    let account = case.pod.service_account.shared();
    let lists = case.account.present().map(|it| &it.pull_secrets);
    match lists.filter(|lists| !lists.is_empty()) {
        Some(lists) => Fact::AccountLists {
            account,
            secrets: lists.iter().map(Name::shared).collect(),
        },
        None => Fact::AccountListsNothing { account },
    }
}

fn nothing_listed(draft: &mut Draft, case: &Case, links: &Links, image: &ImageRef) {
    let account = case.pod.service_account.shared();
    let fact = match links.account {
        AccountState::Missing => Fact::AccountMissing { account },
        AccountState::Present => account_lists(case),
        AccountState::Unknown => {
            // Unseen, it may have the Secret by now, and the Pod be older than that.
            draft.doubt(Confidence::Likely);
            Fact::AccountNotRead { account }
        }
    };
    draft.tell(fact, Source::ServiceAccount);
    draft.root = Some(Root::SecretNotAttached);
    draft.fixes = vec![FixId::CreateSecret, FixId::AttachSecret];
    if let Some(secret) = case.elsewhere.first() {
        let namespace: Arc<str> = secret.key.namespace.as_str().into();
        draft.secret = Some(secret.key.name.shared());
        draft.from = Some(Arc::clone(&namespace));
        let name = secret.key.name.shared();
        let fact = Fact::SecretElsewhere { name, namespace };
        draft.tell(fact, Source::Secret);
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

/// A Secret of the namespace that matches the image but is not listed.
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
    let fact = if account.is_none() && case.accounts_unseen {
        draft.doubt(Confidence::Likely);
        Fact::UnlistedMatchesUnread { name }
    } else {
        Fact::UnlistedMatches { name, account }
    };
    draft.tell(fact, Source::Secret);
    Some(FixId::AttachSecret)
}

/// A Secret of the namespace that was intended for this registry but does not match.
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
    draft.tell(fact, Source::Secret);
}

/// The key that would match, if this one is a near miss.
fn nearly(server: &str, image: &ImageRef) -> Option<String> {
    let mut keyring = Keyring::default();
    keyring.add(server, ());
    let ((), miss) = keyring.lookup(image).misses.into_iter().next()?;
    miss.reason.is_near().then_some(miss.instead).flatten()
}

/// Whether the registry answers alike for missing and for private repositories.
pub(super) fn hides_private(image: &ImageRef) -> bool {
    registries::of_host(image.host()).is_some_and(|preset| preset.missing == Missing::LooksPrivate)
}
