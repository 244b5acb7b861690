//! `not-a-pull-failure`: looks like pull trouble and is not.
//!
//! `Back-off restarting failed container` (a crash; the pull's back-off says `pulling image`)

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::NotAPullFailure,
    slug: "not-a-pull-failure",
    title: "not a pull",
    meaning: "this is not about pulling an image",
    tells: "the events of the Pod: was the image Pulled?",
    fixes: &[FixId::ReadEvents],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    let pull = [
        Sign::Pull,
        Sign::BackOffPull,
        Sign::SandboxImage,
        Sign::NeverPull,
        Sign::InvalidName,
        Sign::PullSecretMissing,
        Sign::Provider,
        Sign::PullQps,
        Sign::ShortName,
    ];
    if reading.any(&pull) {
        return None;
    }
    let elsewhere = [
        Sign::Scheduling,
        Sign::Volume,
        Sign::Crash,
        Sign::Start,
        Sign::ContainerConfig,
        Sign::Probe,
        Sign::Admission,
        Sign::Eviction,
        Sign::ClusterApi,
        Sign::Network,
    ];
    let missing = reading.has(Sign::SecretWord)
        && reading.has(Sign::ObjectMissing)
        && !reading.has(Sign::PullSecretWord);
    let tls = reading.has(Sign::ClusterApi) && reading.has(Sign::CertificateName);
    if missing {
        return Some(Verdict::or(
            Cause::NotAPullFailure,
            &[Cause::PullSecretMissing],
        ));
    }
    if tls {
        return Some(Verdict::or(
            Cause::NotAPullFailure,
            &[Cause::TlsHostnameOrExpired],
        ));
    }
    let other = reading.has(Sign::ObjectWord) && reading.has(Sign::ObjectMissing);
    (other
        || reading.any(&elsewhere)
        || reading.has(Sign::Sandbox) && !reading.any(&[Sign::UnixSocket, Sign::Daemon]))
    .then(|| Verdict::sure(Cause::NotAPullFailure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::NotAPullFailure,
            &[
                (
                    "Back-off restarting failed container app in pod web-0_shop(uid)",
                    &[],
                ),
                ("0/3 nodes are available: 3 Insufficient cpu.", &[]),
                (
                    "MountVolume.SetUp failed for volume \"v\" : secret \"nowhere\" not found",
                    &[Cause::PullSecretMissing],
                ),
                (
                    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"abc\": plugin type=\"calico\" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized",
                    &[],
                ),
                ("exec /app: exec format error", &[]),
                ("Error: configmap \"shop-config\" not found", &[]),
                ("persistentvolumeclaim \"data\" not found", &[]),
            ],
        );
    }
}
