//! The credential chain of one image: the state of the ServiceAccount and of each listed Secret.

use std::{fmt, sync::Arc};

use super::{PodContext, Presence, ProviderLink, Visibility};
use crate::domain::{
    k8s::{
        object_ref::Name,
        objects::{Event, Secret, SecretContent, SecretType, ServiceAccount},
        pull_failure,
    },
    registry_auth::{
        docker_config::{
            AuthProblem, AuthSummary, ConfigError, ConfigWarning, DockerConfigSummary,
        },
        image_ref::ImageRef,
        keyring::{Keyring, MatchKind, Mismatch, may_match, shown_key},
    },
};

/// The credential chain of one image, from the Pod to the auth entries that the kubelet tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialChain {
    pub account: AccountState,
    /// The cloud's credential provider, which needs no Secret.
    pub provider: Option<ProviderLink>,
    pub secrets: Vec<SecretLink>,
    /// The entries whose logins are tried, in the kubelet's order, with their Secrets.
    pub logins: Vec<(Arc<Secret>, AuthSummary)>,
}

/// Whether the Pod's ServiceAccount exists, if it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    Present,
    Missing,
    Unknown,
}

/// A listed Secret and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretLink {
    pub name: Name<Secret>,
    pub secret: Option<Arc<Secret>>,
    pub state: SecretState,
}

/// The state of a listed Secret for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// An entry matches and has a login.
    Matches {
        key: Arc<str>,
        via: MatchKind,
    },
    /// An entry matches and has no login, for this reason.
    MatchesEmpty {
        key: Arc<str>,
        problem: AuthProblem,
    },
    Missing,
    WrongType(SecretType),
    WrongKey {
        wanted: Arc<str>,
    },
    /// The kubelet cannot parse it and aborts the pull.
    Malformed(ConfigError),
    /// Parsed; it has no entries.
    HoldsNothing(Option<ConfigWarning>),
    /// Parsed; no entry matches the image. The nearest mismatch comes first.
    NoMatch(Vec<(Arc<str>, Mismatch)>),
    /// The user cannot read this Secret (RBAC), or it has not been listed yet.
    Unknown,
}

impl CredentialChain {
    /// Whether a matching entry has a user name or a password, and not both.
    pub fn has_half_login(&self) -> bool {
        self.secrets.iter().any(|link| match &link.state {
            SecretState::MatchesEmpty { problem, .. } => *problem != AuthProblem::Empty,
            SecretState::Matches { .. }
            | SecretState::Missing
            | SecretState::WrongType(_)
            | SecretState::WrongKey { .. }
            | SecretState::Malformed(_)
            | SecretState::HoldsNothing(_)
            | SecretState::NoMatch(_)
            | SecretState::Unknown => false,
        })
    }

    /// Whether a listed Secret cannot be read.
    pub fn has_hidden(&self) -> bool {
        self.secrets
            .iter()
            .any(|link| link.state == SecretState::Unknown)
    }
}

impl SecretLink {
    pub fn is_missing(&self) -> bool {
        self.state == SecretState::Missing
    }
}

impl SecretState {
    /// The value in the JSON of `check`.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Matches { .. } => "ok",
            Self::Missing => "missing",
            Self::WrongType(_) | Self::WrongKey { .. } => "wrong-type",
            Self::HoldsNothing(None | Some(ConfigWarning::NoEntries)) => "empty",
            Self::MatchesEmpty { .. } | Self::Malformed(_) | Self::HoldsNothing(Some(_)) => {
                "malformed"
            }
            Self::NoMatch(_) => "no-match",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for SecretState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches {
                key,
                via: MatchKind::Match,
            } => write!(f, "has entry {key}, which matches the image"),
            Self::Matches {
                key,
                via: MatchKind::HubDefault,
            } => {
                write!(f, "has entry {key}, which is used for Docker Hub")
            }
            Self::MatchesEmpty {
                key,
                problem: AuthProblem::Empty,
            } => write!(f, "has a matching entry {key} without a credential"),
            Self::MatchesEmpty { key, problem } => {
                write!(f, "has a matching entry {key}, but {problem}")
            }
            Self::Missing => f.write_str("does not exist"),
            Self::WrongType(SecretType::Other(None)) => {
                f.write_str("has a type that the kubelet does not read")
            }
            Self::WrongType(kind) => write!(f, "has type {kind}, which the kubelet does not read"),
            Self::WrongKey { wanted } => write!(f, "has no data key {wanted}"),
            Self::Malformed(malformation) => write!(f, "cannot be parsed: {malformation}"),
            Self::HoldsNothing(Some(oddity)) => write!(f, "has no entries: {oddity}"),
            Self::HoldsNothing(None) => f.write_str("has no entries"),
            Self::NoMatch(misses) => match misses.first() {
                Some((key, miss)) => {
                    write!(
                        f,
                        "has entry {}, which does not match: {}",
                        shown_key(key),
                        miss.reason
                    )
                }
                None => f.write_str("has no entry that matches the image"),
            },
            Self::Unknown => f.write_str("cannot be read"),
        }
    }
}

impl PodContext {
    /// The chain for one image.
    pub fn credential_chain(&self, image: &ImageRef) -> CredentialChain {
        let mut keyring = Keyring::default();
        for secret in self
            .pull_secrets
            .iter()
            .filter_map(|listed| listed.secret.present())
        {
            for entry in readable_config(secret).map_or(&[][..], |summary| &summary.entries) {
                keyring.add(&entry.server, (secret, entry));
            }
        }
        let lookup = keyring.lookup(image);
        let secrets = self.pull_secrets.iter().map(|listed| {
            let state = match &listed.secret {
                Presence::Missing => SecretState::Missing,
                Presence::Unknown if self.is_reported_missing(&listed.name) => SecretState::Missing,
                Presence::Unknown => SecretState::Unknown,
                Presence::Present(secret) => unusable_state(secret).unwrap_or_else(|| {
                    let of = |found: &Arc<Secret>| Arc::ptr_eq(found, secret);
                    let own = || lookup.candidates.iter().filter(|it| of(it.entry.0));
                    if let Some(tried) = own().find(|it| it.entry.1.has_login()) {
                        let (key, via) = (Arc::clone(&tried.entry.1.server), tried.via);
                        SecretState::Matches { key, via }
                    } else if let Some((key, problem)) =
                        own().find_map(|it| missing_login(it.entry.1))
                    {
                        SecretState::MatchesEmpty { key, problem }
                    } else {
                        let misses = lookup.mismatches.iter().filter(|((found, _), _)| of(found));
                        nearest_first(misses.map(|((_, entry), miss)| (*entry, miss)))
                    }
                }),
            };
            SecretLink {
                name: listed.name.clone(),
                secret: listed.secret.present().cloned(),
                state,
            }
        });
        CredentialChain {
            secrets: secrets.collect(),
            account: self.account_state(),
            provider: self.provider_link(image),
            logins: lookup
                .candidates
                .iter()
                .filter(|t| t.entry.1.has_login())
                .map(|t| (Arc::clone(t.entry.0), t.entry.1.clone()))
                .collect(),
        }
    }

    /// The newest event that names pull secrets which the kubelet could not retrieve.
    pub fn missing_secret_event(&self) -> Option<&Arc<Event>> {
        let names_some =
            |event: &&Arc<Event>| pull_failure::unretrieved_secrets(event).next().is_some();
        self.events.iter().rev().find(names_some)
    }

    /// Whether an event of the kubelet reports this Secret as missing.
    fn is_reported_missing(&self, name: &Name<Secret>) -> bool {
        self.missing_secret_event().is_some_and(|event| {
            pull_failure::unretrieved_secrets(event).any(|it| it == name.as_str())
        })
    }

    /// Whether a Secret of this name may exist that cannot be read.
    pub fn may_hide(&self, name: &Name<Secret>) -> bool {
        let listed = self.pull_secrets.iter();
        let known = listed.filter_map(|listed| listed.secret.present());
        self.secrets_visibility != Visibility::Complete
            && known
                .chain(&self.unlisted_secrets)
                .all(|secret| secret.key.name != *name)
    }

    fn account_state(&self) -> AccountState {
        match self.account {
            Presence::Present(_) => AccountState::Present,
            Presence::Missing => AccountState::Missing,
            Presence::Unknown => AccountState::Unknown,
        }
    }

    /// Pull secrets of the namespace that match the image and are not listed.
    ///
    /// Which of them is the one to attach is said by `diagnostics::attachable`.
    pub fn unlisted_matches(&self, image: &ImageRef) -> impl Iterator<Item = &Arc<Secret>> {
        let secrets = self.unlisted_secrets.iter();
        secrets.filter(move |secret| has_matching_credential(secret, image))
    }

    /// The ServiceAccount that lists this Secret, the Pod's own first.
    pub fn account_with(&self, secret: &Name<Secret>) -> Option<&Arc<ServiceAccount>> {
        let own = self.account.present();
        own.into_iter()
            .chain(&self.accounts)
            .find(|account| account.pull_secrets.contains(secret))
    }
}

/// Whether an entry of the Secret matches the image and has a login.
pub(crate) fn has_matching_credential(secret: &Secret, image: &ImageRef) -> bool {
    !matching_entries(secret, image).is_empty()
}

/// The entries of a Secret that match the image and have a login, in the order in which they are tried.
pub(crate) fn matching_entries<'a>(secret: &'a Secret, image: &ImageRef) -> Vec<&'a AuthSummary> {
    let entries = readable_config(secret).map_or(&[][..], |summary| &summary.entries);
    let mut likely = entries
        .iter()
        .filter(|entry| may_match(&entry.server, image))
        .peekable();
    if likely.peek().is_none() {
        return Vec::new();
    }
    let mut keyring = Keyring::default();
    for entry in likely {
        keyring.add(&entry.server, entry);
    }
    let candidates = keyring.candidates(image);
    let entries = candidates.iter().map(|candidate| *candidate.entry);
    entries.filter(|entry| entry.has_login()).collect()
}

/// The key of an entry that has no login, and why it has none.
fn missing_login(entry: &AuthSummary) -> Option<(Arc<str>, AuthProblem)> {
    Some((Arc::clone(&entry.server), entry.missing_login()?))
}

fn readable_config(secret: &Secret) -> Option<&DockerConfigSummary> {
    match &secret.content {
        SecretContent::Read(summary) if secret.secret_type.is_pull_secret() => {
            summary.malformed.is_none().then_some(summary)
        }
        SecretContent::Read(_) | SecretContent::NotTransferred | SecretContent::NoConfigKey => None,
    }
}

/// Why the kubelet cannot use this Secret for any image.
fn unusable_state(secret: &Secret) -> Option<SecretState> {
    if !secret.secret_type.is_pull_secret() {
        return Some(SecretState::WrongType(secret.secret_type.clone()));
    }
    let SecretContent::Read(summary) = &secret.content else {
        return Some(SecretState::Unknown);
    };
    if let Some(malformation) = &summary.malformed {
        return Some(SecretState::Malformed(malformation.clone()));
    }
    for warning in summary.warnings.iter() {
        if let ConfigWarning::KeyMissing { wanted, .. } = warning {
            let wanted = Arc::clone(wanted);
            return Some(SecretState::WrongKey { wanted });
        }
    }
    let hidden = summary.warnings.contains(&ConfigWarning::AuthsNotWanted);
    (summary.entries.is_empty() || hidden)
        .then(|| SecretState::HoldsNothing(summary.warnings.first().cloned()))
}

fn nearest_first<'a>(misses: impl Iterator<Item = (&'a AuthSummary, &'a Mismatch)>) -> SecretState {
    let mut misses: Vec<_> = misses
        .map(|(entry, miss)| (Arc::clone(&entry.server), miss.clone()))
        .collect();
    misses.sort_by_key(|(_, miss)| !miss.reason.is_probable_typo());
    SecretState::NoMatch(misses)
}
