//! `not-a-pull-failure`: looks like pull trouble and is not.
//!
//! `Back-off restarting failed container` (a crash; the pull's back-off says `pulling image`)

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::NotAPullFailure,
    slug: "not-a-pull-failure",
    title: "not a pull",
    meaning: "this is not about pulling an image",
    tells: "the events of the Pod: was the image Pulled?",
    fixes: &[FixId::ReadEvents],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

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
                ("exec /app: exec format error", &[Cause::PlatformMismatch]),
                ("Error: configmap \"shop-config\" not found", &[]),
                ("persistentvolumeclaim \"data\" not found", &[]),
            ],
        );
    }
}
