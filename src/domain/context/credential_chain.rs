//! The credential chain of one image: the state of the ServiceAccount and of each listed Secret.

use std::{fmt, sync::Arc};

use super::{Case, Known, Visibility};
use crate::domain::{
    k8s::{
        object_ref::Name,
        objects::{Event, Secret, SecretContent, SecretType, ServiceAccount},
        pull_failure,
    },
    registry_auth::{
        docker_config::{EntryProblem, EntrySummary, Malformation, Oddity, Summary},
        image_ref::ImageRef,
        keyring::{Keyring, Miss, Via, may_match},
    },
};

/// The credential chain of one image, from the Pod to the auth entries that the kubelet tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    pub account: AccountState,
    pub secrets: Vec<SecretLink>,
    /// The entries that are tried, in the kubelet's order, with their Secrets.
    pub tries: Vec<(Arc<Secret>, EntrySummary)>,
}

/// Whether the Pod's ServiceAccount exists, if it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    Present,
    Missing,
    Unknown,
}

/// One listed Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretLink {
    pub name: Name<Secret>,
    pub secret: Option<Arc<Secret>>,
    pub state: SecretState,
}

/// The state of a listed Secret for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// An entry matches and has a credential.
    Matches {
        key: Arc<str>,
        via: Via,
    },
    /// An entry matches and has no credential.
    MatchesEmpty {
        key: Arc<str>,
    },
    Missing,
    WrongType(SecretType),
    WrongKey {
        wanted: Arc<str>,
    },
    /// The kubelet cannot parse it and aborts the pull.
    Malformed(Malformation),
    /// Parsed; it has no entries.
    HoldsNothing(Option<Oddity>),
    /// Parsed; no entry matches the image. The nearest mismatch comes first.
    NoMatch(Vec<(Arc<str>, Miss)>),
    /// The user cannot read this Secret (RBAC), or it has not been listed yet.
    Unknown,
}

impl Links {
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
    /// The word of the JSON shape `check`.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Matches { .. } => "ok",
            Self::Missing => "missing",
            Self::WrongType(_) | Self::WrongKey { .. } => "wrong-type",
            Self::MatchesEmpty { .. } | Self::Malformed(_) | Self::HoldsNothing(_) => "malformed",
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
                via: Via::Match,
            } => write!(f, "has entry {key}, which matches the image"),
            Self::Matches {
                key,
                via: Via::HubDefault,
            } => {
                write!(f, "has entry {key}, which is the one for Docker Hub")
            }
            Self::MatchesEmpty { key } => {
                write!(f, "has entry {key}, which matches and carries nothing")
            }
            Self::Missing => f.write_str("does not exist in the namespace"),
            Self::WrongType(SecretType::Other(None)) => {
                f.write_str("has a type that the kubelet does not read")
            }
            Self::WrongType(kind) => write!(f, "has type {kind}, which the kubelet does not read"),
            Self::WrongKey { wanted } => write!(f, "has no key {wanted}"),
            Self::Malformed(malformation) => write!(f, "cannot be read: {malformation}"),
            Self::HoldsNothing(Some(oddity)) => write!(f, "holds no entry: {oddity}"),
            Self::HoldsNothing(None) => f.write_str("holds no entry"),
            Self::NoMatch(misses) => match misses.first() {
                Some((key, miss)) => {
                    write!(f, "has entry {key}, which does not match: {}", miss.reason)
                }
                None => f.write_str("has no entry that matches the image"),
            },
            Self::Unknown => f.write_str("cannot be read"),
        }
    }
}

impl Case {
    /// The chain for one image.
    pub fn links(&self, image: &ImageRef) -> Links {
        let mut keyring = Keyring::default();
        for secret in self
            .listed
            .iter()
            .filter_map(|listed| listed.secret.present())
        {
            for entry in readable(secret).map_or(&[][..], |summary| &summary.entries) {
                keyring.add(&entry.server, (secret, entry));
            }
        }
        let lookup = keyring.lookup(image);
        let secrets = self.listed.iter().map(|listed| {
            let state = match &listed.secret {
                Known::Missing => SecretState::Missing,
                Known::Unknown if self.is_reported_missing(&listed.name) => SecretState::Missing,
                Known::Unknown => SecretState::Unknown,
                Known::Present(secret) => unread(secret).unwrap_or_else(|| {
                    let of = |found: &Arc<Secret>| Arc::ptr_eq(found, secret);
                    let tried = lookup
                        .tries
                        .iter()
                        .find(|t| of(t.entry.0) && carries(t.entry.1));
                    let empty = lookup.tries.iter().find(|t| of(t.entry.0));
                    if let Some(tried) = tried {
                        let (key, via) = (Arc::clone(&tried.entry.1.server), tried.via);
                        SecretState::Matches { key, via }
                    } else if let Some(tried) = empty {
                        let key = Arc::clone(&tried.entry.1.server);
                        SecretState::MatchesEmpty { key }
                    } else {
                        let misses = lookup.misses.iter().filter(|((found, _), _)| of(found));
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
        Links {
            secrets: secrets.collect(),
            account: self.account_state(),
            tries: lookup
                .tries
                .iter()
                .map(|t| (Arc::clone(t.entry.0), t.entry.1.clone()))
                .collect(),
        }
    }

    /// The newest event that names pull Secrets which the kubelet could not retrieve.
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
    pub fn hides(&self, name: &Name<Secret>) -> bool {
        let listed = self.listed.iter();
        let known = listed.filter_map(|listed| listed.secret.present());
        self.secrets != Visibility::Whole
            && known
                .chain(&self.others)
                .all(|secret| secret.key.name != *name)
    }

    /// Whether another Pod has pulled from this registry with this Secret.
    pub fn has_worked(&self, secret: &Name<Secret>, host: &str) -> bool {
        self.standing(secret, host) == Shown::Works
    }

    fn account_state(&self) -> AccountState {
        match self.account {
            Known::Present(_) => AccountState::Present,
            Known::Missing => AccountState::Missing,
            Known::Unknown => AccountState::Unknown,
        }
    }

    /// Pull secrets of the namespace that the Pod does not list and that match the image: first those with
    /// which other Pods have pulled from the same registry, last those with which none could.
    pub fn unlisted_matches(&self, image: &ImageRef) -> Vec<&Arc<Secret>> {
        let mut matches: Vec<&Arc<Secret>> = self
            .others
            .iter()
            .filter(|secret| opens(secret, image))
            .collect();
        matches.sort_by_cached_key(|secret| self.standing(&secret.key.name, image.host()));
        matches
    }

    /// What other Pods show about a Secret: it has worked, nothing is known, or it has failed.
    fn standing(&self, secret: &Name<Secret>, host: &str) -> Shown {
        let mut shown = Shown::Nothing;
        for other in &self.neighbours {
            let same = ImageRef::parse(&other.image).is_ok_and(|image| image.host() == host);
            if !same || !other.secrets.contains(secret) {
                continue;
            }
            if other.pulled {
                return Shown::Works;
            }
            shown = Shown::Fails;
        }
        shown
    }

    /// The ServiceAccount that lists this Secret, the Pod's own first.
    pub fn account_with(&self, secret: &Name<Secret>) -> Option<&Arc<ServiceAccount>> {
        let own = self.account.present();
        own.into_iter()
            .chain(&self.accounts)
            .find(|account| account.pull_secrets.contains(secret))
    }
}

/// What other Pods show about a Secret; the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    Works,
    Nothing,
    Fails,
}

/// Whether an entry of the Secret matches the image and has a credential.
pub(crate) fn opens(secret: &Secret, image: &ImageRef) -> bool {
    let entries = readable(secret).map_or(&[][..], |summary| &summary.entries);
    let mut likely = entries
        .iter()
        .filter(|entry| may_match(&entry.server, image))
        .peekable();
    if likely.peek().is_none() {
        return false;
    }
    let mut keyring = Keyring::default();
    for entry in likely {
        keyring.add(&entry.server, carries(entry));
    }
    keyring.tries(image).iter().any(|t| *t.entry)
}

pub(crate) fn carries(entry: &EntrySummary) -> bool {
    !entry.problems.contains(&EntryProblem::Empty)
}

fn readable(secret: &Secret) -> Option<&Summary> {
    match (&secret.secret_type, &secret.content) {
        (SecretType::DockerConfigJson | SecretType::DockerCfg, SecretContent::Read(summary)) => {
            summary.malformed.is_none().then_some(summary)
        }
        _ => None,
    }
}

/// Why the kubelet cannot use this Secret for any image.
fn unread(secret: &Secret) -> Option<SecretState> {
    if let SecretType::Other(_) = secret.secret_type {
        return Some(SecretState::WrongType(secret.secret_type.clone()));
    }
    let SecretContent::Read(summary) = &secret.content else {
        return Some(SecretState::Unknown);
    };
    if let Some(malformation) = &summary.malformed {
        return Some(SecretState::Malformed(malformation.clone()));
    }
    let key = summary.oddities.iter().find_map(|oddity| match oddity {
        Oddity::KeyMissing { wanted, .. } => Some(Arc::clone(wanted)),
        _ => None,
    });
    if let Some(wanted) = key {
        return Some(SecretState::WrongKey { wanted });
    }
    let hidden = summary.oddities.contains(&Oddity::AuthsNotWanted);
    (summary.entries.is_empty() || hidden)
        .then(|| SecretState::HoldsNothing(summary.oddities.first().cloned()))
}

fn nearest_first<'a>(misses: impl Iterator<Item = (&'a EntrySummary, &'a Miss)>) -> SecretState {
    let mut misses: Vec<_> = misses
        .map(|(entry, miss)| (Arc::clone(&entry.server), miss.clone()))
        .collect();
    misses.sort_by_key(|(_, miss)| !miss.reason.is_near());
    SecretState::NoMatch(misses)
}
