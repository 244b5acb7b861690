//! The catalogue of causes: one file per class of the taxonomy, and the list.
//!
//! A file holds the class's words, what proves it and its fixes. Which messages can mean it is said by
//! `message`; `diagnose` adds what the cluster's objects prove, a [`Root`]. This is the single source of the
//! words: screens, reports and help read them here. A new cause is a new file, one line in each list below,
//! and its place in `Root::of_cause`.

pub mod fix;
mod handlers;
mod root;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use fix::{
    BEST, Fix, FixId, FixTarget, ListOrigin, Names, PodOwner, TargetContainer, suitable,
};
use handlers::ENTRIES;
pub use root::{Link, Root};

/// What is wrong with a pull: the classes that a message can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    ImageNotFound,
    RepositoryMissingOrNoAccess,
    NoCredentialsSent,
    Unauthorized,
    TokenExpired,
    PullSecretMissing,
    PullSecretMalformed,
    ForbiddenByPolicy,
    CredentialProviderFailure,
    RateLimited,
    KubeletPullThrottled,
    RegistryUnreachableDns,
    RegistryUnreachableRefused,
    RegistryUnreachableTimeout,
    RegistryUnreachableNoRoute,
    RegistryUnreachableReset,
    RegistryUnreachableProxy,
    Registry5xx,
    RegistryBadResponse,
    TlsUntrustedCa,
    TlsHostnameOrExpired,
    TlsHandshakeFailure,
    TlsHttpMismatch,
    InvalidImageName,
    ShortNameUnresolved,
    NeverPullAbsent,
    CredentialsNotVerified,
    PlatformMismatch,
    ManifestUnsupported,
    SignaturePolicy,
    ContentCorrupt,
    LayerUnpackFailed,
    LocalStoreError,
    DiskFull,
    PullTimeoutCancelled,
    RuntimeUnavailable,
    SandboxImagePull,
    NotAPullFailure,
    CauseNotStated,
}

/// What the product knows of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub cause: Cause,
    /// The name in reports and JSON; it never changes.
    pub slug: &'static str,
    /// Two words, for narrow panes.
    pub title: &'static str,
    /// One sentence.
    pub meaning: &'static str,
    /// What to look at to tell it from its look-alikes.
    pub tells: &'static str,
    /// The documented fixes, the likeliest first.
    pub fixes: &'static [FixId],
}

impl Cause {
    /// All causes, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.cause)
    }

    pub fn entry(self) -> &'static Entry {
        ENTRIES
            .iter()
            .find(|entry| entry.cause == self)
            .expect("every cause has an entry: tested below")
    }

    pub fn slug(self) -> &'static str {
        self.entry().slug
    }

    pub fn title(self) -> &'static str {
        self.entry().title
    }

    /// What to look at to tell it from its look-alikes, with its name in front.
    pub(in crate::domain) fn question(self) -> String {
        format!("{}: {}", self.title(), self.entry().tells)
    }

    /// The cause of this name.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::all().find(|cause| cause.slug() == slug)
    }

    /// Whether a pull is what fails.
    pub fn is_pull_failure(self) -> bool {
        !matches!(self, Self::NotAPullFailure)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        Self::parse(&slug).ok_or_else(|| serde::de::Error::custom(format!("no cause {slug:?}")))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::classify::classify;

    /// Each message is this cause, and exactly these others are possible.
    pub(in crate::domain) fn agrees(cause: Cause, messages: &[(&str, &[Cause])]) {
        let wrong: Vec<String> = messages
            .iter()
            .filter_map(|(message, others)| {
                let found: Vec<Cause> = classify(message).candidates().collect();
                let expected = [&[cause], *others].concat();
                (found != expected)
                    .then(|| format!("{message}\n    {found:?} instead of {expected:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_list_is_whole_and_without_doubles() {
        for (at, cause) in Cause::all().enumerate() {
            assert_eq!(ENTRIES[at].cause, cause);
            assert_eq!(Cause::parse(cause.slug()), Some(cause));
            assert!(!cause.entry().fixes.is_empty(), "{cause} has no fix");
            assert!(
                cause.title().split(' ').count() <= 3,
                "{cause}: title too long"
            );
        }
        let mut slugs: Vec<_> = Cause::all().map(Cause::slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ENTRIES.len());
    }
}
