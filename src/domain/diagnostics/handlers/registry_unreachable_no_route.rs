//! `registry-unreachable-no-route`: no way to the address.
//!
//! `dial tcp 10.0.0.7:443: connect: no route to host`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableNoRoute,
    slug: "registry-unreachable-no-route",
    title: "no route",
    meaning: "the node has no route to the registry's address",
    tells: "ip route get ADDRESS on the node; IPv6 where there is only IPv4?",
    fixes: &[FixId::FixRoute],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableNoRoute,
            &[
                ("dial tcp 10.0.0.7:443: connect: no route to host", &[]),
                (
                    "dial tcp [2600:1f18::1]:443: connect: network is unreachable",
                    &[],
                ),
            ],
        );
    }
}
