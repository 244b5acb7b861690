//! `not-a-pull-failure`: resembles a pull failure and is none.
//!
//! `Back-off restarting failed container` (a crash; the pull's back-off says `pulling image`)

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "not-a-pull-failure",
        root: Some(RootCause::NotAPull),
        link: ChainLink::Pod,
        is_measurable: false,
        fixes: &[FixId::ReadEvents],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn a_crash_is_told_by_its_log() {
        let scene = Scene::failed("").waits(
            "CrashLoopBackOff",
            "back-off 5m0s restarting failed container=app pod=web-1_shop(u)",
        );
        check(
            &scene,
            "not-a-pull-failure, not-a-pull, certain: read-events",
        );
        check_fix(
            &scene,
            FixId::ReadEvents,
            &[
                "kubectl -n shop get events --field-selector involvedObject.name=web-1 --sort-by=.lastTimestamp",
            ],
        );
        check_no_fix(&scene, FixId::CorrectImage);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
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
