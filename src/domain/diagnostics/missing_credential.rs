//! Finds why no credential was sent: no Secret is listed, or it is missing, malformed or for another
//! registry; and the fixes.

use std::sync::Arc;

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause,
    attachable::{Attachable, attachable, copyable_secrets},
    image_evidence, unreadable_secrets,
};
use crate::domain::{
    context::{AccountState, CredentialChain, PodContext, SecretLink, SecretState},
    diagnostics::{Cause, FixId, ListOrigin, classify::Confidence},
    k8s::{
        object_ref::Name,
        objects::{Secret, SecretContent, SecretType},
    },
    registry_auth::{
        docker_config::ConfigWarning,
        image_ref::{HostNamed, ImageRef},
        keyring::Keyring,
        registries::{self, MissingRepositoryBehavior, registry_of},
    },
    suggest::is_misspelled,
};

/// The state of a listed Secret, as evidence.
pub(super) fn secret_fact(link: &SecretLink) -> Fact {
    Fact::Secret {
        name: link.name.shared(),
        state: link.state.to_string(),
    }
}

/// Refines an authentication error of a pull without any credential from Secrets.
pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    links: &CredentialChain,
    image: &ImageRef,
) {
    let missing = Cause::RepositoryMissingOrNoAccess;
    if draft.cause == missing && draft.alternatives.is_empty() {
        draft.root = Some(RootCause::RepositoryMissing);
        return;
    }
    let maybe_missing = draft.cause == missing || draft.alternatives.contains(&missing);
    let keep = draft.cause;
    draft.conclude(Cause::NoCredentialsSent, RootCause::SecretNotAttached);
    if keep == Cause::PullSecretMissing {
        draft.cause = keep;
    }
    if maybe_missing && masks_missing_repository(image) {
        draft.alternatives = vec![missing];
    }
    let same_path = pulled_from_another_registry(context, image);
    if image.host_named() == HostNamed::No
        && (image.path().starts_with("library/") || same_path.is_some())
    {
        // A bare name is an official image of Docker Hub, and those need no credential; of another one the
        // registry may have been left out.
        draft.cause = missing;
        draft.root = Some(RootCause::RepositoryMissing);
        draft.alternatives = vec![Cause::NoCredentialsSent];
        draft.add_evidence(Fact::DockerHubAssumed, EvidenceSource::Pod);
        draft.fixes = vec![FixId::CorrectImage, FixId::LoadImage];
        if let Some((fact, source, registry)) = same_path {
            draft.add_evidence(fact, source);
            let tag = image.to_string();
            let tag = tag.strip_prefix(image.host()).unwrap_or_default();
            draft.suggest_image(format!("{registry}{tag}"));
        }
        return;
    }
    broken_link(draft, context, links, image);
}

/// Who runs this repository from another registry, where the image names none: Pods of the namespace, and
/// workloads of the cluster; and that registry.
fn pulled_from_another_registry(
    context: &PodContext,
    image: &ImageRef,
) -> Option<(Fact, EvidenceSource, String)> {
    if image.host_named() == HostNamed::Yes {
        return None;
    }
    let registry = |other: &str| {
        let theirs = ImageRef::parse(other).ok()?;
        // registry-1.docker.io and index.docker.io are Docker Hub, too.
        let is_another = registry_of(theirs.host()) != registry_of(image.host());
        (theirs.path() == image.path() && is_another).then(|| theirs.host().to_owned())
    };
    let pods = context.peers.iter().filter(|peer| peer.pulled);
    let mut pods = pods.filter_map(|peer| {
        let fact = Fact::OtherRegistryRuns {
            pod: peer.pod.name.shared(),
            image: Arc::clone(&peer.image),
        };
        Some((fact, EvidenceSource::OtherPods, registry(&peer.image)?))
    });
    let workloads = context.similar_images.iter();
    let mut workloads = workloads.filter_map(|used| {
        let fact = Fact::OtherRegistryUsed {
            workload: format!("{} {}", used.workload.kind, used.workload.key),
            image: Arc::clone(&used.image),
        };
        Some((fact, EvidenceSource::Workload, registry(&used.image)?))
    });
    pods.next().or_else(|| workloads.next())
}

/// Finds the broken link of the chain.
pub(super) fn broken_link(
    draft: &mut FindingBuilder,
    context: &PodContext,
    links: &CredentialChain,
    image: &ImageRef,
) {
    if links.secrets.is_empty() {
        let fact = if context.pod.has_unnamed_pull_secret {
            Fact::PodListsUnnamed
        } else {
            Fact::PodListsNothing
        };
        draft.add_evidence(fact, EvidenceSource::Pod);
    }
    for link in &links.secrets {
        draft.add_evidence(secret_fact(link), EvidenceSource::Secret);
    }
    if links.secrets.iter().any(SecretLink::is_missing)
        && let Some(event) = context.missing_secret_event()
    {
        draft.add_event(event);
    }
    if is_pod_older_than_binding(draft, context, image) {
        return;
    }
    match links
        .secrets
        .iter()
        .min_by_key(|link| likelihood_rank(&link.state))
    {
        Some(link) => broken_secret(draft, context, link, image),
        None => nothing_listed(draft, context, links, image),
    }
}

/// Rank of a broken Secret; lower is more likely the intended one.
fn likelihood_rank(state: &SecretState) -> u8 {
    match state {
        SecretState::MatchesEmpty { .. } => 0,
        SecretState::WrongType(_) => 1,
        SecretState::WrongKey { .. } => 2,
        SecretState::HoldsNothing(_) => 3,
        SecretState::NoMatch(misses)
            if misses
                .iter()
                .any(|(_, miss)| miss.reason.is_probable_typo()) =>
        {
            4
        }
        SecretState::Missing => 5,
        SecretState::NoMatch(_) => 6,
        SecretState::Malformed(_) | SecretState::Unknown | SecretState::Matches { .. } => 7,
    }
}

fn broken_secret(
    draft: &mut FindingBuilder,
    context: &PodContext,
    link: &SecretLink,
    image: &ImageRef,
) {
    draft.secret = Some(link.name.shared());
    let (root, fixes) = match &link.state {
        SecretState::MatchesEmpty { problem, .. } => {
            let fact = Fact::AuthProblem {
                secret: link.name.shared(),
                problem: problem.to_string(),
            };
            draft.add_evidence(fact, EvidenceSource::Secret);
            (RootCause::EntryEmpty, vec![FixId::RecreateSecret])
        }
        SecretState::WrongType(found) => {
            let content = link.secret.as_ref().map(|secret| &secret.content);
            (RootCause::SecretWrongType, retyped(found, content))
        }
        SecretState::WrongKey { .. } => (RootCause::SecretWrongKey, vec![FixId::RecreateSecret]),
        // It is read, and has no entry for any registry.
        SecretState::HoldsNothing(None | Some(ConfigWarning::NoEntries)) => {
            (RootCause::SecretEmpty, vec![FixId::RecreateSecret])
        }
        SecretState::HoldsNothing(Some(_)) | SecretState::Malformed(_) => {
            (RootCause::SecretMalformed, vec![FixId::RecreateSecret])
        }
        SecretState::Missing => (
            RootCause::SecretMissing,
            missing(draft, context, link, image),
        ),
        SecretState::NoMatch(misses) => {
            let near = misses
                .first()
                .and_then(|(entry, miss)| Some((entry, miss.suggestion.as_ref()?)));
            if let Some((entry, key)) = near {
                draft.current_auth_key = Some(Arc::clone(entry));
                draft.expected_auth_key = Some(key.clone());
                let fact = Fact::WouldMatch {
                    name: link.name.shared(),
                    key: key.as_str().into(),
                };
                draft.add_evidence(fact, EvidenceSource::Secret);
            }
            refine_template_list(draft, context);
            let fixes = if near.is_some() {
                vec![FixId::CorrectServer, FixId::CreateSecret]
            } else {
                vec![FixId::CreateSecret]
            };
            (RootCause::EntryForOtherRegistry, fixes)
        }
        SecretState::Unknown | SecretState::Matches { .. } => return,
    };
    draft.root = Some(root);
    draft.fixes = fixes;
    let meant = (root == RootCause::SecretMissing).then_some(&link.name);
    match suggest_unlisted_secret(draft, context, image, meant) {
        // What is there already goes before what would have to be made.
        SecretSuggestion::Attach => {
            let made = |fix: &FixId| matches!(fix, FixId::CreateSecret | FixId::CorrectSecretName);
            let at = draft.fixes.iter().position(made);
            let at = at.unwrap_or(draft.fixes.len());
            draft.fixes.insert(at, FixId::AttachSecret);
        }
        SecretSuggestion::CorrectName => {
            draft.fixes.retain(|fix| *fix != FixId::CorrectSecretName);
            let corrected = [FixId::CorrectSecretName, FixId::AttachSecret];
            draft.fixes.splice(..0, corrected);
        }
        SecretSuggestion::Renew | SecretSuggestion::Nothing => {}
    }
}

/// A Secret of this name may be in another namespace.
fn missing(
    draft: &mut FindingBuilder,
    context: &PodContext,
    link: &SecretLink,
    image: &ImageRef,
) -> Vec<FixId> {
    let ranked = copy_sources(context, image);
    let Some(secret) = ranked.iter().find(|it| it.key.name == link.name) else {
        return vec![FixId::CreateSecret, FixId::CorrectSecretName];
    };
    let namespace: Arc<str> = secret.key.namespace.as_str().into();
    draft.source_namespace = Some(Arc::clone(&namespace));
    let fact = Fact::SecretElsewhere {
        name: link.name.shared(),
        namespace,
    };
    draft.add_evidence(fact, EvidenceSource::Secret);
    vec![FixId::CopySecret, FixId::CreateSecret]
}

/// Whether the Pod's list is its own or that of its template, so that the ServiceAccount's was not used.
fn is_template_list(context: &PodContext) -> bool {
    let account = context.account.present();
    let origin = ListOrigin::new(
        &context.pod,
        context.workload.as_deref(),
        account.map(|account| &*account.pull_secrets),
    );
    matches!(origin, ListOrigin::Template(_))
}

/// Notes that the Pod template has its own list, so that the ServiceAccount's is not used.
pub(super) fn refine_template_list(draft: &mut FindingBuilder, context: &PodContext) {
    if let Some(account) = context.account.present()
        && is_template_list(context)
        && !account.pull_secrets.is_empty()
        && account.pull_secrets != context.pod.pull_secrets
    {
        let fact = Fact::TemplateOverridesServiceAccount {
            account: account.key.name.shared(),
        };
        draft.add_evidence(fact, EvidenceSource::Workload);
    }
}

/// The ServiceAccount lists what the Pod does not: admission copied the list before it had it.
fn is_pod_older_than_binding(
    draft: &mut FindingBuilder,
    context: &PodContext,
    image: &ImageRef,
) -> bool {
    let Some(account) = context.account.present() else {
        return false;
    };
    if is_template_list(context) || account.pull_secrets == context.pod.pull_secrets {
        return false;
    }
    let opens = |name: &Name<Secret>| {
        let mut matches = context.unlisted_matches(image);
        matches.any(|secret| secret.key.name == *name)
    };
    let lists = &account.pull_secrets;
    let proven = lists.iter().any(opens);
    // A Pod that lists nothing loses nothing by a restart, if a Secret that cannot be read is the right one.
    let unread =
        context.pod.pull_secrets.is_empty() && lists.iter().any(|name| context.may_hide(name));
    if !proven && !unread {
        return false;
    }
    draft.add_evidence(account_lists(context), EvidenceSource::ServiceAccount);
    // A workload with a newer revision has been restarted: the Pods of that one have the list.
    draft.fixes = if image_evidence::is_superseded(context) {
        vec![FixId::RetryNow]
    } else {
        vec![FixId::Restart, FixId::RetryNow]
    };
    if proven {
        draft.root = Some(RootCause::PodPredatesBinding);
        return true;
    }
    let hidden: Vec<_> = lists.iter().filter(|name| context.may_hide(name)).collect();
    for name in &hidden {
        unreadable_secrets::add_unreadable_evidence(draft, context, name);
    }
    if let [only] = hidden[..] {
        draft.secret = Some(only.shared());
    }
    draft.root = None;
    draft.limit_confidence(Confidence::Possible);
    draft.fixes.push(FixId::CheckSecret);
    true
}

/// What the Pod's ServiceAccount lists.
fn account_lists(context: &PodContext) -> Fact {
    let account = context.pod.service_account.shared();
    let lists = context.account.present().map(|it| &it.pull_secrets);
    match lists.filter(|lists| !lists.is_empty()) {
        Some(lists) => Fact::AccountLists {
            account,
            secrets: lists.iter().map(Name::shared).collect(),
        },
        None => Fact::AccountListsNothing { account },
    }
}

fn nothing_listed(
    draft: &mut FindingBuilder,
    context: &PodContext,
    links: &CredentialChain,
    image: &ImageRef,
) {
    let account = context.pod.service_account.shared();
    let fact = match links.account {
        AccountState::Missing => Fact::AccountMissing { account },
        AccountState::Present => account_lists(context),
        AccountState::Unknown => {
            // Unseen, it may have the Secret by now, and the Pod be older than that.
            draft.limit_confidence(Confidence::Likely);
            Fact::AccountNotRead { account }
        }
    };
    draft.add_evidence(fact, EvidenceSource::ServiceAccount);
    refine_template_list(draft, context);
    draft.root = Some(RootCause::SecretNotAttached);
    draft.fixes = vec![FixId::CreateSecret, FixId::AttachSecret];
    if let Some(secret) = copyable(context, image) {
        let namespace: Arc<str> = secret.key.namespace.as_str().into();
        draft.secret = Some(secret.key.name.shared());
        draft.source_namespace = Some(Arc::clone(&namespace));
        let name = secret.key.name.shared();
        let fact = Fact::SecretElsewhere { name, namespace };
        draft.add_evidence(fact, EvidenceSource::Secret);
        draft.fixes = vec![FixId::CopySecret, FixId::AttachSecret];
    }
    match suggest_unlisted_secret(draft, context, image, None) {
        SecretSuggestion::Attach | SecretSuggestion::CorrectName => {
            draft.fixes = vec![FixId::AttachSecret];
        }
        // Another namespace has one; this one would need a new login.
        SecretSuggestion::Renew if draft.source_namespace.is_some() => {
            draft.fixes = vec![FixId::CopySecret, FixId::CreateSecret];
        }
        SecretSuggestion::Renew => draft.fixes = vec![FixId::RecreateSecret, FixId::CreateSecret],
        SecretSuggestion::Nothing if draft.secret.is_none() => add_near_miss(draft, context, image),
        SecretSuggestion::Nothing => {}
    }
    if draft.other_service_account.is_some() {
        // Another identity has other RBAC permissions, so the Secret is attached rather than that changed.
        draft.fixes.push(FixId::UseServiceAccount);
    }
}

/// The fixes for a Secret of a type that the kubelet does not read. Only one that may hold a Docker configuration
/// can be converted: what is in it is not transferred. Its keys may be known.
fn retyped(found: &SecretType, content: Option<&SecretContent>) -> Vec<FixId> {
    /// Secret types with fixed keys, none of which is a Docker configuration.
    const OTHER_DATA: &[&str] = &[
        "kubernetes.io/service-account-token",
        "kubernetes.io/basic-auth",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/tls",
        "bootstrap.kubernetes.io/token",
    ];
    match found {
        SecretType::Other(Some(found)) if OTHER_DATA.contains(&&**found) => {
            vec![FixId::CreateSecret]
        }
        SecretType::Other(_) if content == Some(&SecretContent::NoConfigKey) => {
            vec![FixId::CreateSecret, FixId::ConvertType]
        }
        SecretType::Other(_) | SecretType::DockerConfigJson | SecretType::DockerCfg => {
            vec![FixId::ConvertType, FixId::CreateSecret]
        }
    }
}

/// The Secrets of other namespaces that are worth a copy, the best first.
fn copy_sources<'a>(context: &'a PodContext, image: &ImageRef) -> Vec<&'a Arc<Secret>> {
    let ranked = copyable_secrets(context, image).into_iter();
    let usable = ranked.filter(|it| it.standing.is_usable());
    usable.map(|it| it.secret).collect()
}

/// A Secret of another namespace that can be copied: none of this one has its name.
fn copyable<'a>(context: &'a PodContext, image: &ImageRef) -> Option<&'a Arc<Secret>> {
    let is_taken = |name: &Name<Secret>| {
        let mut here = context.unlisted_secrets.iter();
        here.any(|secret| secret.key.name == *name)
    };
    let mut secrets = copy_sources(context, image).into_iter();
    secrets.find(|secret| !is_taken(&secret.key.name))
}

/// What can be done with the Secrets that match the image and are not listed.
enum SecretSuggestion {
    Attach,
    /// The name of one stands misspelled in the list.
    CorrectName,
    /// None of their credentials opens the registry: one has to be replaced, and attached.
    Renew,
    Nothing,
}

/// Finds the Secret of the namespace to attach, or to renew; `meant`: the name in the list that no Secret has.
fn suggest_unlisted_secret(
    draft: &mut FindingBuilder,
    context: &PodContext,
    image: &ImageRef,
    meant: Option<&Name<Secret>>,
) -> SecretSuggestion {
    let ranked = attachable(context, image);
    let mut usable = ranked.iter().filter(|it| it.standing.is_usable());
    let is_misspelled = |it: &&Attachable<'_>| {
        meant.is_some_and(|wrong| is_misspelled(wrong.as_str(), it.secret.key.name.as_str()))
    };
    let near = usable.clone().find(is_misspelled);
    let Some(chosen) = near.or_else(|| usable.next()) else {
        return renew(draft, context, &ranked);
    };
    add_attachable(draft, context, chosen.secret);
    if near.is_some() {
        SecretSuggestion::CorrectName
    } else {
        SecretSuggestion::Attach
    }
}

fn add_attachable(draft: &mut FindingBuilder, context: &PodContext, secret: &Secret) {
    let name = secret.key.name.shared();
    let account = context
        .account_with(&secret.key.name)
        .map(|account| account.key.name.shared());
    draft.other_service_account = account
        .clone()
        .filter(|account| **account != *context.pod.service_account.as_str());
    draft.matching_secret = Some(Arc::clone(&name));
    let fact = if account.is_none() && context.accounts_unseen {
        draft.limit_confidence(Confidence::Likely);
        Fact::UnlistedMatchesUnread { name }
    } else {
        Fact::UnlistedMatches { name, account }
    };
    draft.add_evidence(fact, EvidenceSource::Secret);
}

/// Says why none of these Secrets is to be attached as it is. The first one gets the new credential, unless
/// the finding is about another Secret.
fn renew(
    draft: &mut FindingBuilder,
    context: &PodContext,
    ranked: &[Attachable<'_>],
) -> SecretSuggestion {
    let Some(first) = ranked.first() else {
        return SecretSuggestion::Nothing;
    };
    for unusable in ranked {
        let facts = unusable.objections(context.now);
        for fact in facts {
            draft.add_evidence(fact, EvidenceSource::Secret);
        }
    }
    if draft.secret.is_none() {
        draft.secret = Some(first.secret.key.name.shared());
        draft.current_auth_key = Some(Arc::clone(&first.entry.server));
        draft.expected_auth_key = Some(first.entry.server.to_string());
        draft.username.clone_from(&first.entry.username);
    }
    SecretSuggestion::Renew
}

/// A Secret of the namespace that was intended for this registry but does not match.
fn add_near_miss(draft: &mut FindingBuilder, context: &PodContext, image: &ImageRef) {
    let near = context.unlisted_secrets.iter().find_map(|secret| {
        let SecretContent::Read(summary) = &secret.content else {
            return None;
        };
        let (entry, key) = summary
            .entries
            .iter()
            .find_map(|entry| Some((&entry.server, suggested_key(&entry.server, image)?)))?;
        Some((secret.key.name.shared(), Arc::clone(entry), key))
    });
    let Some((name, entry, key)) = near else {
        return;
    };
    draft.secret = Some(Arc::clone(&name));
    draft.current_auth_key = Some(entry);
    draft.expected_auth_key = Some(key.clone());
    draft.fixes = vec![FixId::CorrectServer, FixId::AttachSecret];
    let key: Arc<str> = key.into();
    let fact = Fact::WouldMatch { name, key };
    draft.add_evidence(fact, EvidenceSource::Secret);
}

/// The key that would match, if this one is a near miss.
fn suggested_key(server: &str, image: &ImageRef) -> Option<String> {
    let mut keyring = Keyring::default();
    keyring.add(server, ());
    let ((), miss) = keyring.lookup(image).mismatches.into_iter().next()?;
    miss.reason
        .is_probable_typo()
        .then_some(miss.suggestion)
        .flatten()
}

/// Whether the registry answers alike for missing and private repositories.
pub(super) fn masks_missing_repository(image: &ImageRef) -> bool {
    registries::find_by_host(image.host())
        .is_some_and(|preset| preset.missing_repository == MissingRepositoryBehavior::LooksPrivate)
}
