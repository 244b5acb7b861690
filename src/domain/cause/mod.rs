//! The catalogue of causes: one file per class of the taxonomy, and the list.
//!
//! A file holds the class's words, what proves it and its fixes. Which messages can mean it is said by
//! `message`; `diagnose` adds what the cluster's objects prove, a [`Root`]. This is the single source of the
//! words: screens, reports and help read them here. A new cause is a new file, one line in each list below,
//! and its place in `Root::of_cause`.

mod content_corrupt;
mod credential_provider;
mod credentials_not_verified;
mod disk_full;
pub mod fix;
mod forbidden;
mod image_not_found;
mod invalid_image_name;
mod layer_unpack;
mod local_store;
mod manifest_unsupported;
mod never_pull;
mod no_credentials;
mod not_a_pull;
mod not_stated;
mod platform_mismatch;
mod pull_throttled;
mod pull_timeout;
mod rate_limited;
mod registry_5xx;
mod registry_bad_response;
mod repository_access;
mod root;
mod runtime_unavailable;
mod sandbox_image;
mod secret_malformed;
mod secret_missing;
mod short_name;
mod signature_policy;
mod tls_handshake;
mod tls_hostname_or_expired;
mod tls_http_mismatch;
mod tls_untrusted_ca;
mod token_expired;
mod unauthorized;
mod unreachable_dns;
mod unreachable_no_route;
mod unreachable_proxy;
mod unreachable_refused;
mod unreachable_reset;
mod unreachable_timeout;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use fix::{
    BEST, Fix, FixId, FixTarget, ListOrigin, Names, PodOwner, TargetContainer, suitable,
};
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
