//! `platform-mismatch`: the image has no manifest for the node's platform.
//!
//! `no match for platform in manifest: not found`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "platform-mismatch",
        root: Some(RootCause::WrongPlatform),
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::BuildForPlatform, FixId::SelectNodes],
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
    fn the_image_is_built_for_the_node_or_the_pod_moved() {
        let scene = Scene::failed(&pulling("no match for platform in manifest: not found"));
        check(
            &scene,
            "platform-mismatch, wrong-platform, likely: build-for-platform, select-nodes",
        );
        check_fix(
            &scene,
            FixId::BuildForPlatform,
            &[
                "docker buildx build --platform linux/amd64,linux/arm64 --push -t registry.example/team/app:1 .",
            ],
        );
        check_fix(
            &scene,
            FixId::SelectNodes,
            &["kubectl get nodes -L kubernetes.io/arch,kubernetes.io/os"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn a_windows_node_wants_its_own_build() {
        let message = "Failed to pull image \"registry.example/team/app:1\": no matching manifest for windows/amd64 10.0.20348 in the manifest list entries";
        let scene = Scene::failed(message);
        check_fix(
            &scene,
            FixId::BuildForPlatform,
            &[
                "docker buildx build --platform windows/amd64 --push -t registry.example/team/app:1 .",
            ],
        );
        check_fix(
            &scene,
            FixId::SelectNodes,
            &["kubectl get nodes -L kubernetes.io/os,node.kubernetes.io/windows-build"],
        );
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::PlatformMismatch,
            &[
                (
                    "Failed to pull image \"acme/shop:1\": no matching manifest for linux/arm64/v8 in the manifest list entries",
                    &[],
                ),
                (
                    "failed to pull and unpack image \"docker.io/acme/shop:1\": no match for platform in manifest: not found",
                    &[Cause::ImageNotFound],
                ),
                (
                    "choosing an image from manifest list docker://acme/shop:1: no image found in image index for architecture arm64, variant \"v8\", OS linux",
                    &[],
                ),
                (
                    "image operating system \"windows\" cannot be used on this platform",
                    &[],
                ),
                (
                    "Failed to pull image \"acme/shop:1\": a Windows version 10.0.26100-based image is incompatible with a 10.0.20348 host",
                    &[],
                ),
            ],
        );
    }
}
