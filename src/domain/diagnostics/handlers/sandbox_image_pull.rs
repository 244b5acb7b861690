//! `sandbox-image-pull`: the pause image cannot be pulled.
//!
//! `failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image …`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "sandbox-image-pull",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: true,
        fixes: &[FixId::SandboxImage],
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
    fn the_pause_image_is_the_runtimes() {
        let scene = Scene::failed("").waits("ContainerCreating", "").event("FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": failed to pull and unpack image \"registry.k8s.io/pause:3.9\": failed to resolve reference \"registry.k8s.io/pause:3.9\": registry.k8s.io/pause:3.9: not found");
        check(
            &scene,
            "sandbox-image-pull, node-problem, certain: sandbox-image",
        );
        check_fix(&scene, FixId::SandboxImage, &["crictl info"]);
        check_no_fix(&scene, FixId::CorrectImage);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::SandboxImagePull,
            &[(
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": failed to pull and unpack image \"registry.k8s.io/pause:3.9\": failed to resolve reference \"registry.k8s.io/pause:3.9\": failed to do request: Head \"https://registry.k8s.io/v2/pause/manifests/3.9\": dial tcp: lookup registry.k8s.io on 10.0.0.2:53: no such host",
                &[],
            )],
        );
    }
}
