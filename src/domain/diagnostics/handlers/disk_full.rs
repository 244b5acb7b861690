//! `disk-full`: no room on the node.
//!
//! `write /var/lib/containerd/…: no space left on device`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "disk-full",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: true,
        fixes: &[FixId::FreeDisk],
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
    fn the_node_gets_room() {
        let scene = Scene::failed(&pulling(
            "failed to extract layer sha256:00: write /var/lib/containerd/x: no space left on device: unknown",
        ));
        check(&scene, "disk-full, node-problem, certain: free-disk");
        check_fix(
            &scene,
            FixId::FreeDisk,
            &["kubectl describe node node-1", "crictl rmi --prune"],
        );
        check_no_fix(&scene, FixId::RetryNow);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::DiskFull,
            &[(
                "failed to extract layer sha256:00: write /var/lib/containerd/x: no space left on device: unknown",
                &[],
            )],
        );
    }
}
