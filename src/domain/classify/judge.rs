//! The order of the rules: the first that answers decides.
//!
//! From the specific to the vague: first those who speak of something else, then the kubelet's own
//! refusals, the reference, the node, the wire (whoever cannot connect was not refused), the
//! registry's answers, and last the words that many errors share.

use crate::domain::{
    cause::{self as c, Verdict},
    reading::Reading,
};

type Rule = fn(&Reading<'_>) -> Option<Verdict>;

/// Frames that say more than what they frame.
const FRAMES: &[Rule] = &[
    c::signature_policy::webhook_says,
    c::pull_throttled::says,
    c::never_pull::says,
    c::not_a_pull::says,
    c::secret_missing::says,
    c::credential_provider::says,
];

const RULES: &[Rule] = &[
    // The runtime and the reference.
    c::runtime_unavailable::says,
    c::invalid_image_name::says,
    c::short_name::says,
    c::signature_policy::says,
    // The node's disk and the image's bytes.
    c::disk_full::says,
    c::platform_mismatch::says,
    c::manifest_unsupported::says,
    c::local_store::says,
    c::layer_unpack::says,
    // The wire.
    c::unreachable_proxy::says,
    c::tls_http_mismatch::says,
    c::tls_untrusted_ca::says,
    c::tls_hostname_or_expired::says,
    c::tls_handshake::says,
    c::unreachable_dns::says,
    c::unreachable_refused::says,
    c::unreachable_no_route::says,
    c::unreachable_timeout::says,
    // The registry's answers.
    c::rate_limited::says,
    c::content_corrupt::says,
    c::unreachable_reset::says,
    c::unreachable_proxy::says_vaguely,
    c::registry_5xx::says,
    c::token_expired::says,
    c::no_credentials::says,
    c::unauthorized::says,
    c::forbidden::says,
    c::repository_access::says,
    c::unauthorized::says_vaguely,
    c::forbidden::says_vaguely,
    c::secret_malformed::says,
    c::registry_bad_response::says,
    c::image_not_found::says,
    // What many errors share.
    c::local_store::inspect_says,
    c::pull_timeout::says,
    c::not_stated::says,
];

pub(super) fn judge(reading: &Reading<'_>) -> Option<Verdict> {
    let framed = first(FRAMES, reading);
    framed.or_else(|| {
        let found = first(RULES, reading);
        if c::sandbox_image::frames(reading) {
            Some(c::sandbox_image::around(found))
        } else {
            found
        }
    })
}

fn first(rules: &[Rule], reading: &Reading<'_>) -> Option<Verdict> {
    rules.iter().find_map(|rule| rule(reading))
}
