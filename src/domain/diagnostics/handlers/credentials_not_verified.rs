//! `credentials-not-verified`: the image is on the node, and this Pod has no credential for it.
//!
//! Kubernetes 1.35 and later (KEP-2535). The kubelet says of it what it says of an image that is not there,
//! so no message is recognised as this: it stands beside `never-pull-absent`.

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "credentials-not-verified",
        root: None,
        link: ChainLink::Secret,
        is_measurable: true,
        fixes: &[FixId::AttachSecret, FixId::PullPolicy, FixId::LoadImage],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        FixId,
        tests::{Scene, check, check_fix, check_no_fix},
    };

    #[test]
    fn the_secret_that_the_image_was_pulled_with_is_attached() {
        let scene = Scene::failed("").waits("ErrImageNeverPull", "Container image \"registry.example/team/app:1\" is not present with pull policy of Never").secret("hub", "registry.example").runs_with("hub");
        check(
            &scene,
            "credentials-not-verified, secret-not-attached, likely: attach-secret, pull-policy, load-image",
        );
        check_fix(
            &scene,
            FixId::AttachSecret,
            &[
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"hub"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_fix(
            &scene,
            FixId::PullPolicy,
            &["kubectl -n shop edit deployment/web"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }
}
