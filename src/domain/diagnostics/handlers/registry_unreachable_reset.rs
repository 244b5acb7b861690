//! `registry-unreachable-reset`: the connection is cut.
//!
//! `read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableReset,
    slug: "registry-unreachable-reset",
    title: "connection reset",
    meaning: "something on the way cuts the connection",
    tells: "the same URL from another network; is the address that of a proxy?",
    fixes: &[FixId::OpenFirewall, FixId::FixProxy, FixId::UseMirror],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableReset,
            &[
                (
                    "failed to do request: Head \"https://r.example/v2/a/manifests/1\": read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to copy: read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
                    &[Cause::ContentCorrupt, Cause::RegistryUnreachableProxy],
                ),
                ("Get \"https://r.example/v2/\": EOF", &[]),
            ],
        );
    }
}
