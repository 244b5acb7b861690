//! One file per cause: its words, what proves it and its fixes; and the list of them.

mod cause_not_stated;
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
mod runtime_unavailable;
mod sandbox_image_pull;
mod short_name_unresolved;
mod signature_policy;
mod tls_handshake_failure;
mod tls_hostname_or_expired;
mod tls_http_mismatch;
mod tls_untrusted_ca;
mod token_expired;
mod unauthorized;

use super::{Cause, Entry, FixId};

pub(super) const ENTRIES: [Entry; 39] = [
    image_not_found::ENTRY,
    repository_missing_or_no_access::ENTRY,
    no_credentials_sent::ENTRY,
    unauthorized::ENTRY,
    token_expired::ENTRY,
    pull_secret_missing::ENTRY,
    pull_secret_malformed::ENTRY,
    forbidden_by_policy::ENTRY,
    credential_provider_failure::ENTRY,
    rate_limited::ENTRY,
    kubelet_pull_throttled::ENTRY,
    registry_unreachable_dns::ENTRY,
    registry_unreachable_refused::ENTRY,
    registry_unreachable_timeout::ENTRY,
    registry_unreachable_no_route::ENTRY,
    registry_unreachable_reset::ENTRY,
    registry_unreachable_proxy::ENTRY,
    registry_5xx::ENTRY,
    registry_bad_response::ENTRY,
    tls_untrusted_ca::ENTRY,
    tls_hostname_or_expired::ENTRY,
    tls_handshake_failure::ENTRY,
    tls_http_mismatch::ENTRY,
    invalid_image_name::ENTRY,
    short_name_unresolved::ENTRY,
    never_pull_absent::ENTRY,
    credentials_not_verified::ENTRY,
    platform_mismatch::ENTRY,
    manifest_unsupported::ENTRY,
    signature_policy::ENTRY,
    content_corrupt::ENTRY,
    layer_unpack_failed::ENTRY,
    local_store_error::ENTRY,
    disk_full::ENTRY,
    pull_timeout_cancelled::ENTRY,
    runtime_unavailable::ENTRY,
    sandbox_image_pull::ENTRY,
    not_a_pull_failure::ENTRY,
    cause_not_stated::ENTRY,
];
