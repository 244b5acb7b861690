//! `registry-unreachable-timeout`: no answer in time.
//!
//! `dial tcp 10.0.0.7:443: i/o timeout`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableTimeout,
    slug: "registry-unreachable-timeout",
    title: "timeout",
    meaning: "the registry does not answer in time",
    tells: "curl -v --max-time 15 https://HOST/v2/ on the node, and the same for the blob host",
    fixes: &[FixId::OpenFirewall, FixId::FixProxy, FixId::UseMirror],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableTimeout,
            &[
                (
                    "Get \"https://r.example/v2/\": dial tcp 10.0.0.7:443: i/o timeout",
                    &[],
                ),
                (
                    "Get https://r.example/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
                    &[],
                ),
                (
                    "Head \"https://r.example/v2/a/manifests/1\": net/http: TLS handshake timeout",
                    &[Cause::RegistryUnreachableProxy],
                ),
            ],
        );
    }
}
