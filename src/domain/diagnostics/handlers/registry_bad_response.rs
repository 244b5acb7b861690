//! `registry-bad-response`: the response is not that of a registry.
//!
//! `error unmarshalling content: invalid character '<' looking for beginning of value`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-bad-response",
        root: None,
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::CheckPort, FixId::FixProxy],
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
    fn the_address_of_a_web_page_is_no_registry() {
        let scene = Scene::failed(
            "Error response from daemon: error unmarshalling content: invalid character '<' looking for beginning of value",
        );
        check(
            &scene,
            "registry-bad-response, no root, likely: check-port, fix-proxy",
        );
        check_fix(
            &scene,
            FixId::CheckPort,
            &["curl -i https://registry.example/v2/"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RegistryBadResponse,
            &[
                (
                    "Error response from daemon: error unmarshalling content: invalid character '<' looking for beginning of value",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to decode token: invalid character '\\u003c' looking for beginning of value",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to resolve reference \"r.example/a:1\": unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 400 Bad Request",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
