//! `signature-policy`: an image signature policy rejected the image.
//!
//! `A signature was required, but no signature exists`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "signature-policy",
        root: Some(RootCause::ImagePolicy),
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::SignImage, FixId::FixImagePolicy],
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
    fn an_image_without_a_signature_is_signed() {
        let scene = Scene::failed(&pulling(
            "Source image rejected: A signature was required, but no signature exists",
        ));
        check(
            &scene,
            "signature-policy, image-policy, certain: sign-image, fix-image-policy",
        );
        check_fix(
            &scene,
            FixId::SignImage,
            &["cosign sign registry.example/team/app:1"],
        );
        check_fix(&scene, FixId::FixImagePolicy, &[]);
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::SignaturePolicy,
            &[
                (
                    "Source image rejected: A signature was required, but no signature exists",
                    &[],
                ),
                (
                    "Error from server: admission webhook \"policy.sigstore.dev\" denied the request: validation failed: failed policy: signed: spec.containers[0].image r.example/a@sha256:00 signature key validation failed: no matching signatures",
                    &[],
                ),
            ],
        );
    }
}
