//! `manifest-unsupported`: the runtime does not support the manifest format.
//!
//! `media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "manifest-unsupported",
        root: Some(RootCause::ImageFormat),
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::Rebuild, FixId::UpgradeRuntime],
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
    fn the_image_is_built_again() {
        let scene = Scene::failed(&pulling(
            "not implemented: media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is no longer supported since containerd v2.1, please rebuild the image as \"application/vnd.docker.distribution.manifest.v2+json\" or \"application/vnd.oci.image.manifest.v1+json\"",
        ));
        check(
            &scene,
            "manifest-unsupported, image-format, certain: rebuild, upgrade-runtime",
        );
        check_fix(&scene, FixId::Rebuild, &[]);
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::ManifestUnsupported,
            &[
                (
                    "failed to pull and unpack image \"r.example/a:1\": not implemented: media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is no longer supported since containerd v2.1, please rebuild the image as \"application/vnd.docker.distribution.manifest.v2+json\"",
                    &[],
                ),
                (
                    "parsing image configuration: unsupported image config media type application/vnd.cncf.helm.config.v1+json",
                    &[],
                ),
            ],
        );
    }
}
