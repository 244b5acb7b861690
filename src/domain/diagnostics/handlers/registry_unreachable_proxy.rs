//! `registry-unreachable-proxy`: the runtime's proxy.
//!
//! `proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableProxy,
    slug: "registry-unreachable-proxy",
    title: "proxy",
    meaning: "the proxy that the runtime is told to use does not let the pull through",
    tells: "systemctl show containerd -p Environment on the node, then curl -x that proxy",
    fixes: &[FixId::FixProxy],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableProxy,
            &[
                (
                    "proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused",
                    &[Cause::RegistryUnreachableRefused],
                ),
                (
                    "Get \"https://registry-1.docker.io/v2/\": Proxy Authentication Required",
                    &[],
                ),
                (
                    "proxyconnect tcp: tls: first record does not look like a TLS handshake",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
