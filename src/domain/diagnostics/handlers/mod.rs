//! One file per cause: its root, how the objects refine it, its fixes, and its tests.
//!
//! The table below is the list of causes, and the only dispatch: a cause without a handler does not compile.

mod cause_not_stated;
mod clock_skew;
mod content_corrupt;
mod credential_provider_failure;
mod credentials_not_verified;
mod disk_full;
mod forbidden_by_policy;
mod image_not_found;
mod invalid_image_name;
mod kubelet_pull_throttled;
mod layer_unpack_failed;
mod local_store_error;
mod manifest_unsupported;
mod never_pull_absent;
mod no_credentials_sent;
mod node_out_of_resources;
mod not_a_pull_failure;
mod platform_mismatch;
mod pull_secret_malformed;
mod pull_secret_missing;
mod pull_timeout_cancelled;
mod rate_limited;
mod registry_5xx;
mod registry_bad_response;
mod registry_unreachable_dns;
mod registry_unreachable_no_route;
mod registry_unreachable_proxy;
mod registry_unreachable_refused;
mod registry_unreachable_reset;
mod registry_unreachable_timeout;
mod repository_missing_or_no_access;
mod runtime_misconfigured;
mod runtime_unavailable;
mod sandbox_image_pull;
mod short_name_unresolved;
mod signature_policy;
#[cfg(test)]
mod tests;
mod tls_handshake_failure;
mod tls_hostname_or_expired;
mod tls_http_mismatch;
mod tls_untrusted_ca;
mod token_expired;
mod unauthorized;

pub(in crate::domain) use super::{CauseInfo, ChainLink, FixId, Handler, RootCause};
use crate::domain::diagnostics::{
    classify::Confidence,
    refine::{Refine, Unread},
};

/// Rows of cause and the module of its handler.
macro_rules! causes {
    ($($cause:ident $module:ident,)*) => {
        /// The cause of a failed pull, as a message can show it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause {
            $($cause,)*
        }

        impl Cause {
            /// All causes, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$cause,)*];

            pub(in crate::domain) fn handler(self) -> &'static Handler {
                match self {
                    $(Self::$cause => &$module::HANDLER,)*
                }
            }
        }
    };
}

causes! {
    ImageNotFound image_not_found,
    RepositoryMissingOrNoAccess repository_missing_or_no_access,
    NoCredentialsSent no_credentials_sent,
    Unauthorized unauthorized,
    TokenExpired token_expired,
    PullSecretMissing pull_secret_missing,
    PullSecretMalformed pull_secret_malformed,
    ForbiddenByPolicy forbidden_by_policy,
    CredentialProviderFailure credential_provider_failure,
    RateLimited rate_limited,
    KubeletPullThrottled kubelet_pull_throttled,
    RegistryUnreachableDns registry_unreachable_dns,
    RegistryUnreachableRefused registry_unreachable_refused,
    RegistryUnreachableTimeout registry_unreachable_timeout,
    RegistryUnreachableNoRoute registry_unreachable_no_route,
    RegistryUnreachableReset registry_unreachable_reset,
    RegistryUnreachableProxy registry_unreachable_proxy,
    Registry5xx registry_5xx,
    RegistryBadResponse registry_bad_response,
    TlsUntrustedCa tls_untrusted_ca,
    TlsHostnameOrExpired tls_hostname_or_expired,
    TlsHandshakeFailure tls_handshake_failure,
    TlsHttpMismatch tls_http_mismatch,
    ClockSkew clock_skew,
    InvalidImageName invalid_image_name,
    ShortNameUnresolved short_name_unresolved,
    NeverPullAbsent never_pull_absent,
    CredentialsNotVerified credentials_not_verified,
    PlatformMismatch platform_mismatch,
    ManifestUnsupported manifest_unsupported,
    SignaturePolicy signature_policy,
    ContentCorrupt content_corrupt,
    LayerUnpackFailed layer_unpack_failed,
    LocalStoreError local_store_error,
    DiskFull disk_full,
    NodeOutOfResources node_out_of_resources,
    PullTimeoutCancelled pull_timeout_cancelled,
    RuntimeUnavailable runtime_unavailable,
    RuntimeMisconfigured runtime_misconfigured,
    SandboxImagePull sandbox_image_pull,
    NotAPullFailure not_a_pull_failure,
    CauseNotStated cause_not_stated,
}
