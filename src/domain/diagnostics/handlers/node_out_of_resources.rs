//! `node-out-of-resources`: the node has no memory, processes or open files left.
//!
//! `fork/exec /usr/bin/unpigz: resource temporarily unavailable`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "node-out-of-resources",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: false,
        fixes: &[FixId::FreeResources],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, pulling},
    };

    #[test]
    fn the_node_and_not_its_store_is_the_problem() {
        let scene = Scene::failed(&pulling(
            "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: write: cannot allocate memory: unknown",
        ));
        check(
            &scene,
            "node-out-of-resources, node-problem, certain: free-resources",
        );
        check_fix(
            &scene,
            FixId::FreeResources,
            &[
                "kubectl describe node node-1",
                "kubectl debug node/node-1 -it --image=busybox -- chroot /host dmesg",
            ],
        );
        check_no_fix(&scene, FixId::RepairStore);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::NodeOutOfResources,
            &[
                (
                    "Failed to pull image \"r.example/a:1\": failed to do request: Head \"https://r.example/v2/a/manifests/1\": dial tcp 10.0.0.1:443: socket: too many open files",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/a:1\": failed to extract layer sha256:aa: signal: killed",
                    &[],
                ),
            ],
        );
    }
}
