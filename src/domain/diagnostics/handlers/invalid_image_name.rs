//! `invalid-image-name`: the reference itself is malformed.
//!
//! `couldn't parse image reference "a/B:1": invalid reference format: repository name must be lowercase`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "invalid-image-name",
        root: Some(RootCause::ImageNameInvalid),
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::CorrectImage],
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
    fn no_pull_is_tried() {
        let scene = Scene::failed("").image("registry.example/Team/App:1").waits("InvalidImageName", "Failed to apply default image tag \"registry.example/Team/App:1\": couldn't parse image reference \"registry.example/Team/App:1\": invalid reference format: repository name must be lowercase");
        check(
            &scene,
            "invalid-image-name, image-name-invalid, certain: use-suggested-image, correct-image",
        );
        check_fix(
            &scene,
            FixId::CorrectImage,
            &["kubectl -n shop set image deployment/web app=IMAGE"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::InvalidImageName,
            &[
                (
                    "Failed to apply default image tag \"Team/App:1\": couldn't parse image reference \"Team/App:1\": invalid reference format: repository name must be lowercase",
                    &[],
                ),
                ("Error: InvalidImageName", &[]),
                (
                    "Failed to inspect image \"https://r.example/a\": rpc error: code = InvalidArgument desc = failed to resolve image: invalid reference format",
                    &[],
                ),
            ],
        );
    }
}
