//! `registry-unreachable-no-route`: no route to the registry's address.
//!
//! `dial tcp 10.0.0.7:443: connect: no route to host`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-unreachable-no-route",
        root: Some(RootCause::RegistryDown),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::FixRoute],
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
    fn the_node_gets_a_route() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": dial tcp 10.0.0.7:443: connect: no route to host",
        ));
        check(
            &scene,
            "registry-unreachable-no-route, registry-down, certain: fix-route",
        );
        check_fix(&scene, FixId::FixRoute, &["ip route get ADDRESS"]);
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RegistryUnreachableNoRoute,
            &[
                ("dial tcp 10.0.0.7:443: connect: no route to host", &[]),
                (
                    "dial tcp [2600:1f18::1]:443: connect: network is unreachable",
                    &[],
                ),
            ],
        );
    }
}
