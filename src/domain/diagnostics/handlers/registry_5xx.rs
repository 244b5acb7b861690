//! `registry-5xx`: the registry returned a server error.
//!
//! `received unexpected HTTP status: 503 Service Unavailable`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-5xx",
        root: Some(RootCause::RegistryDown),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::WaitForRegistry, FixId::UseMirror],
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
    fn the_registry_is_waited_for() {
        let scene = Scene::failed(&resolving(
            "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 503 Service Unavailable",
        ));
        check(
            &scene,
            "registry-5xx, registry-down, certain: wait-for-registry, use-mirror",
        );
        check_fix(&scene, FixId::WaitForRegistry, &[]);
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::Registry5xx,
            &[
                (
                    "received unexpected HTTP status: 503 Service Unavailable",
                    &[],
                ),
                (
                    "failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token: 502 Bad Gateway",
                    &[],
                ),
            ],
        );
    }
}
