//! `registry-unreachable-proxy`: the runtime's proxy.
//!
//! `proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableProxy,
    slug: "registry-unreachable-proxy",
    title: "proxy",
    meaning: "the proxy that the runtime is told to use does not let the pull through",
    tells: "systemctl show containerd -p Environment on the node, then curl -x that proxy",
    fixes: &[FixId::FixProxy],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    let proxy = Cause::RegistryUnreachableProxy;
    if reading
        .after(Sign::LookupScheme)
        .is_some_and(|rest| !rest.starts_with(['.', '-']))
    {
        return Some(Verdict::or(proxy, &[Cause::RegistryUnreachableDns]));
    }
    (reading.has(Sign::ProxyConnect) || reading.status(407)).then(|| Verdict::sure(proxy))
}

/// `Get "URL": Bad Gateway`: the proxy's answer to CONNECT is a status text without a number.
pub(crate) fn says_vaguely(reading: &Reading<'_>) -> Option<Verdict> {
    let bare = reading.said_of_target().is_some_and(|said| {
        matches!(
            said,
            "Bad Gateway" | "Service Unavailable" | "Gateway Timeout" | "Gateway Time-out"
        )
    });
    bare.then(|| Verdict::or(Cause::RegistryUnreachableProxy, &[Cause::Registry5xx]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableProxy,
            &[
                (
                    "proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused",
                    &[],
                ),
                (
                    "Get \"https://registry-1.docker.io/v2/\": Proxy Authentication Required",
                    &[],
                ),
                (
                    "proxyconnect tcp: tls: first record does not look like a TLS handshake",
                    &[],
                ),
            ],
        );
    }
}
