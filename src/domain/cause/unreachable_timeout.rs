//! `registry-unreachable-timeout`: no answer in time.
//!
//! `dial tcp 10.0.0.7:443: i/o timeout`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableTimeout,
    slug: "registry-unreachable-timeout",
    title: "timeout",
    meaning: "the registry does not answer in time",
    tells: "curl -v --max-time 15 https://HOST/v2/ on the node, and the same for the blob host",
    fixes: &[FixId::OpenFirewall, FixId::FixProxy, FixId::UseMirror],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    let timeout = Cause::RegistryUnreachableTimeout;
    if reading.peer_is_local() && reading.has(Sign::Timeout) {
        return Some(Verdict::or(Cause::RegistryUnreachableProxy, &[timeout]));
    }
    // Docker Hub answers: where it does not, a proxy or a block stands between.
    let hub = reading.is_registry("docker-hub") && reading.has(Sign::DialTcp);
    if reading.has(Sign::HandshakeTimeout) || (hub && reading.has(Sign::Timeout)) {
        return Some(Verdict::or(timeout, &[Cause::RegistryUnreachableProxy]));
    }
    reading
        .any(&[Sign::Timeout, Sign::WaitingForConnection])
        .then(|| Verdict::sure(timeout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
