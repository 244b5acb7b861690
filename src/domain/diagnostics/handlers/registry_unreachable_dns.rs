//! `registry-unreachable-dns`: the registry's name does not resolve on the node.
//!
//! `dial tcp: lookup r.example on 10.0.0.2:53: no such host`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableDns,
    slug: "registry-unreachable-dns",
    title: "DNS failed",
    meaning: "the node cannot resolve the registry's name",
    tells: "getent hosts HOST on the node; port 53 in the address is the DNS server's",
    fixes: &[FixId::FixNodeDns],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableDns,
            &[
                (
                    "Get \"https://r.example/v2/\": dial tcp: lookup r.example on 10.0.0.2:53: no such host",
                    &[],
                ),
                (
                    "dial tcp: lookup r.example on 127.0.0.53:53: server misbehaving",
                    &[],
                ),
                (
                    "dial tcp: lookup r.example: Temporary failure in name resolution",
                    &[],
                ),
                (
                    "dial tcp: lookup r.example on 10.0.0.2:53: read udp 10.0.0.9:4242->10.0.0.2:53: i/o timeout",
                    &[Cause::RegistryUnreachableTimeout],
                ),
                (
                    "dial tcp: lookup r.example on [::1]:53: read udp [::1]:4242->[::1]:53: read: connection refused",
                    &[Cause::RegistryUnreachableRefused],
                ),
            ],
        );
    }
}
