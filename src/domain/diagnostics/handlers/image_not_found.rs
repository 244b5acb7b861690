//! `image-not-found`: the tag or digest is not in the repository.
//!
//! `failed to resolve reference "ghcr.io/a/b:9": ghcr.io/a/b:9: not found`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "image-not-found",
        root: Some(RootCause::TagMissing),
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::CorrectImage, FixId::PushImage],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, resolving},
    };

    #[test]
    fn another_image_is_set_where_the_template_has_it() {
        let scene = Scene::failed(&resolving("registry.example/team/app:1: not found"));
        check(
            &scene,
            "image-not-found, tag-missing, likely: correct-image, push-image",
        );
        check_fix(
            &scene,
            FixId::CorrectImage,
            &["kubectl -n shop set image deployment/web app=IMAGE"],
        );
        check_fix(
            &scene,
            FixId::PushImage,
            &["docker push registry.example/team/app:1"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn the_template_of_a_job_is_immutable() {
        let scene = Scene::failed(&resolving("registry.example/team/app:1: not found")).of_job();
        check(
            &scene,
            "image-not-found, tag-missing, likely: correct-image, push-image",
        );
        check_fix(
            &scene,
            FixId::CorrectImage,
            &[
                r#"kubectl -n shop get job web -o json | jq 'del(.status, .spec.selector, .metadata.labels["controller-uid"], .metadata.labels["batch.kubernetes.io/controller-uid"], .spec.template.metadata.labels["controller-uid"], .spec.template.metadata.labels["batch.kubernetes.io/controller-uid"]) | (.spec.template.spec | (.containers, .initContainers) | .[]? | select(.name == "app") | .image) = "IMAGE"' | kubectl -n shop replace --force -f -"#,
            ],
        );
        check_no_fix(&scene, FixId::UndoRollout);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::ImageNotFound,
            &[
                (
                    "Failed to pull image \"ghcr.io/acme/shop:v9\": rpc error: code = NotFound desc = failed to pull and unpack image \"ghcr.io/acme/shop:v9\": failed to resolve reference \"ghcr.io/acme/shop:v9\": ghcr.io/acme/shop:v9: not found",
                    &[],
                ),
                // The words of a name say nothing.
                (
                    "Failed to pull image \"ghcr.io/kyverno/kyverno:v9\": failed to resolve reference \"ghcr.io/kyverno/kyverno:v9\": ghcr.io/kyverno/kyverno:v9: not found",
                    &[],
                ),
                (
                    "failed to resolve reference \"ghcr.io/acme/html:9\": ghcr.io/acme/html:9: not found",
                    &[],
                ),
                (
                    "Failed to pull image \"localhost:5000/team/app:9\": failed to resolve image: localhost:5000/team/app:9: not found",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "Error response from daemon: manifest for acme/shop:9 not found: manifest unknown: manifest unknown",
                    &[],
                ),
                (
                    "reading manifest 9 in quay.io/acme/shop: manifest unknown",
                    &[],
                ),
                // A registry of one's own may say it of a repository that does not exist (distribution 2.8).
                (
                    "reading manifest 9 in registry.example/acme/shop: manifest unknown",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "unexpected status from HEAD request to https://r.example/v2/a/b/manifests/9: 404 Not Found",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
            ],
        );
    }
}
