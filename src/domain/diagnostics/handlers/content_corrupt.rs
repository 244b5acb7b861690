//! `content-corrupt`: the content does not match its digest.
//!
//! `unexpected commit digest sha256:…, expected sha256:…: failed precondition`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "content-corrupt",
        root: None,
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::PullAgain, FixId::PushImage],
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
    fn bytes_that_are_not_the_manifests_are_pulled_again() {
        let scene = Scene::failed(&pulling(
            "failed commit on ref \"layer-sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6\": unexpected commit digest sha256:00, expected sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: failed precondition",
        ));
        check(
            &scene,
            "content-corrupt, no root, certain: pull-again, push-image",
        );
        check_fix(
            &scene,
            FixId::PullAgain,
            &[
                "crictl rmi registry.example/team/app:1",
                "crictl pull registry.example/team/app:1",
            ],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::ContentCorrupt,
            &[
                (
                    "failed commit on ref \"layer-sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6\": unexpected commit digest sha256:00, expected sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: failed precondition",
                    &[],
                ),
                (
                    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6 (application/vnd.oci.image.layer.v1.tar+gzip) from remote: not found",
                    &[],
                ),
                (
                    "filesystem layer verification failed for digest sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6",
                    &[],
                ),
                (
                    "failed to read expected number of bytes: unexpected EOF",
                    &[
                        Cause::RegistryUnreachableReset,
                        Cause::RegistryUnreachableTimeout,
                    ],
                ),
            ],
        );
    }
}
