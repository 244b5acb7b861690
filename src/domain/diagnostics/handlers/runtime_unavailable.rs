//! `runtime-unavailable`: the container runtime does not respond.
//!
//! `dial unix /run/containerd/containerd.sock: connect: connection refused`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "runtime-unavailable",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: false,
        fixes: &[FixId::RepairRuntime],
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
    fn the_runtime_is_started() {
        let scene = Scene::failed(
            "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\"",
        );
        check(
            &scene,
            "runtime-unavailable, node-problem, certain: repair-runtime",
        );
        check_fix(
            &scene,
            FixId::RepairRuntime,
            &["systemctl status containerd"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RuntimeUnavailable,
            &[
                (
                    "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\"",
                    &[],
                ),
                (
                    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                    &[],
                ),
            ],
        );
    }
}
