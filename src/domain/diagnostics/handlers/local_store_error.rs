//! `local-store-error`: the runtime's content store on the node is corrupt.
//!
//! `failed to get reader from content store: content digest sha256:…: not found`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "local-store-error",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: true,
        fixes: &[FixId::RepairStore],
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
    fn the_store_of_the_node_is_repaired() {
        let scene = Scene::failed(&pulling(
            "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: failed to get reader from content store: content digest sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: not found",
        ));
        check(
            &scene,
            "local-store-error, node-problem, likely: repair-store",
        );
        check_fix(
            &scene,
            FixId::RepairStore,
            &[
                "crictl rmi registry.example/team/app:1",
                "kubectl drain node-1 --ignore-daemonsets",
            ],
        );
        check_no_fix(&scene, FixId::CorrectImage);
    }

    #[test]
    fn a_root_that_is_read_only_is_not_cleaned_up() {
        let scene = Scene::failed(&pulling(
            "failed to prepare extraction snapshot \"x\": mkdir /var/lib/containerd/x: read-only file system",
        ));
        check_fix(
            &scene,
            FixId::RepairStore,
            &[
                "kubectl debug node/node-1 -it --image=busybox -- chroot /host findmnt -T /var/lib/containerd",
                "kubectl debug node/node-1 -it --image=busybox -- chroot /host dmesg",
            ],
        );
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::LocalStoreError,
            &[
                (
                    "failed to unpack image on snapshotter overlayfs: failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: failed to get reader from content store: content digest sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: not found",
                    &[Cause::ContentCorrupt, Cause::ImageNotFound],
                ),
                (
                    "failed to prepare extraction snapshot \"extract-1 sha256:00\": parent snapshot sha256:00 does not exist: not found",
                    &[],
                ),
                (
                    "Failed to inspect image \"r.example/a:1\": rpc error: code = Unknown desc = Error response from daemon: readlink /var/lib/docker/overlay2/l: invalid argument",
                    &[],
                ),
            ],
        );
    }
}
