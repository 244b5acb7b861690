//! `never-pull-absent`: the image is not on the node and the pull policy is Never.
//!
//! `Container image "a:1" is not present with pull policy of Never`
//!
//! From 1.35 on the kubelet says so of an image that is there, too, if the Pod has no credential for it.

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "never-pull-absent",
        root: Some(RootCause::PolicyNever),
        link: ChainLink::Image,
        is_measurable: false,
        fixes: &[FixId::LoadImage, FixId::PullPolicy],
    },
    refine: Refine::NeverPulled,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn an_image_that_is_not_on_the_node_is_loaded_or_pulled() {
        let scene = Scene::failed("").waits("ErrImageNeverPull", "Container image \"registry.example/team/app:1\" is not present with pull policy of Never");
        check(
            &scene,
            "never-pull-absent, policy-never, likely: load-image, pull-policy",
        );
        check_fix(
            &scene,
            FixId::LoadImage,
            &["docker save registry.example/team/app:1 | ctr -n k8s.io images import -"],
        );
        check_fix(
            &scene,
            FixId::PullPolicy,
            &["kubectl -n shop edit deployment/web"],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn a_pod_without_a_controller_is_created_again() {
        let scene = Scene::failed("").waits("ErrImageNeverPull", "Container image \"registry.example/team/app:1\" is not present with pull policy of Never").bare();
        check(
            &scene,
            "never-pull-absent, policy-never, likely: load-image, pull-policy",
        );
        check_fix(
            &scene,
            FixId::PullPolicy,
            &[
                r#"kubectl -n shop get pod web-1 -o json | jq 'del(.status, .spec.nodeName) | (.spec | (.containers, .initContainers) | .[]? | select(.name == "app") | .imagePullPolicy) = "IfNotPresent"' | kubectl -n shop replace --force -f -"#,
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::NeverPullAbsent,
            &[
                (
                    "Container image \"shop:dev\" is not present with pull policy of Never",
                    &[Cause::CredentialsNotVerified],
                ),
                ("Error: ErrImageNeverPull", &[Cause::CredentialsNotVerified]),
            ],
        );
    }
}
