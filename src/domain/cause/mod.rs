//! The catalogue of causes: one file per class of the taxonomy, and the list.
//!
//! A file holds the class's words, what proves it, its fixes, and the rule by which a message is
//! recognised as it. `classify` orders the rules; `diagnose` adds what the cluster's objects prove, a
//! [`Root`]. This is the single source of the words: screens, reports and help read them here. A new
//! cause is a new file, one line in each list below, and its place in `Root::of_cause`.

pub(crate) mod content_corrupt;
pub(crate) mod credential_provider;
pub(crate) mod credentials_not_verified;
pub(crate) mod disk_full;
pub mod fix;
pub(crate) mod forbidden;
pub(crate) mod image_not_found;
pub(crate) mod invalid_image_name;
pub(crate) mod layer_unpack;
pub(crate) mod local_store;
pub(crate) mod manifest_unsupported;
pub(crate) mod never_pull;
pub(crate) mod no_credentials;
pub(crate) mod not_a_pull;
pub(crate) mod not_stated;
pub(crate) mod platform_mismatch;
pub(crate) mod pull_throttled;
pub(crate) mod pull_timeout;
pub(crate) mod rate_limited;
pub(crate) mod registry_5xx;
pub(crate) mod registry_bad_response;
pub(crate) mod repository_access;
mod root;
pub(crate) mod runtime_unavailable;
pub(crate) mod sandbox_image;
pub(crate) mod secret_malformed;
pub(crate) mod secret_missing;
pub(crate) mod short_name;
pub(crate) mod signature_policy;
pub(crate) mod tls_handshake;
pub(crate) mod tls_hostname_or_expired;
pub(crate) mod tls_http_mismatch;
pub(crate) mod tls_untrusted_ca;
pub(crate) mod token_expired;
pub(crate) mod unauthorized;
pub(crate) mod unreachable_dns;
pub(crate) mod unreachable_no_route;
pub(crate) mod unreachable_proxy;
pub(crate) mod unreachable_refused;
pub(crate) mod unreachable_reset;
pub(crate) mod unreachable_timeout;
mod verdict;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use fix::{
    BEST, Fix, FixId, FixTarget, ListOrigin, Names, PodOwner, TargetContainer, suitable,
};
pub use root::{Link, Root};
pub(in crate::domain) use verdict::Verdict;

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

const ENTRIES: [Entry; 39] = [
    image_not_found::ENTRY,
    repository_access::ENTRY,
    no_credentials::ENTRY,
    unauthorized::ENTRY,
    token_expired::ENTRY,
    secret_missing::ENTRY,
    secret_malformed::ENTRY,
    forbidden::ENTRY,
    credential_provider::ENTRY,
    rate_limited::ENTRY,
    pull_throttled::ENTRY,
    unreachable_dns::ENTRY,
    unreachable_refused::ENTRY,
    unreachable_timeout::ENTRY,
    unreachable_no_route::ENTRY,
    unreachable_reset::ENTRY,
    unreachable_proxy::ENTRY,
    registry_5xx::ENTRY,
    registry_bad_response::ENTRY,
    tls_untrusted_ca::ENTRY,
    tls_hostname_or_expired::ENTRY,
    tls_handshake::ENTRY,
    tls_http_mismatch::ENTRY,
    invalid_image_name::ENTRY,
    short_name::ENTRY,
    never_pull::ENTRY,
    credentials_not_verified::ENTRY,
    platform_mismatch::ENTRY,
    manifest_unsupported::ENTRY,
    signature_policy::ENTRY,
    content_corrupt::ENTRY,
    layer_unpack::ENTRY,
    local_store::ENTRY,
    disk_full::ENTRY,
    pull_timeout::ENTRY,
    runtime_unavailable::ENTRY,
    sandbox_image::ENTRY,
    not_a_pull::ENTRY,
    not_stated::ENTRY,
];

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
mod tests {
    use super::*;
    use crate::domain::classify::classify;

    /// Each message is this cause, and exactly these others are possible.
    pub(super) fn agrees(cause: Cause, messages: &[(&str, &[Cause])]) {
        for (message, others) in messages {
            let found = classify(message);
            let found = (found.cause, found.alternatives);
            assert_eq!(found, (Some(cause), others.to_vec()), "{message}");
        }
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
