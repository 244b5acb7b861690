//! `layer-unpack-failed`: a downloaded layer cannot be unpacked.
//!
//! `failed to extract layer sha256:…: mount callback failed on …: lchown …: invalid argument`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "layer-unpack-failed",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::RepairStore, FixId::Rebuild, FixId::UpgradeRuntime],
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
    fn what_the_node_cannot_unpack_is_no_matter_of_logins() {
        let scene = Scene::failed(&pulling(
            "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: mount callback failed on /tmp/containerd-mount1: lchown /tmp/containerd-mount1/etc/shadow: invalid argument: unknown",
        ));
        check(
            &scene,
            "layer-unpack-failed, node-problem, likely: repair-store, rebuild, upgrade-runtime",
        );
        check_fix(
            &scene,
            FixId::RepairStore,
            &[
                "crictl rmi registry.example/team/app:1",
                "kubectl drain node-1 --ignore-daemonsets",
            ],
        );
        check_fix(
            &scene,
            FixId::UpgradeRuntime,
            &["kubectl get nodes -o wide"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::LayerUnpackFailed,
            &[
                (
                    "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: mount callback failed on /tmp/containerd-mount1: lchown /tmp/containerd-mount1/etc/shadow: invalid argument: unknown",
                    &[],
                ),
                (
                    "failed to register layer: ApplyLayer exit status 1 stdout:  stderr: failed to Lchown \"/x\" for UID 200000: lchown /x: invalid argument",
                    &[],
                ),
                (
                    "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: archive/tar: invalid tar header: unknown",
                    &[Cause::ManifestUnsupported, Cause::ContentCorrupt],
                ),
            ],
        );
    }
}
