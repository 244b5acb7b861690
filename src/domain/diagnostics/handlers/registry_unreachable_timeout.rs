//! `registry-unreachable-timeout`: the connection timed out.
//!
//! `dial tcp 10.0.0.7:443: i/o timeout`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-unreachable-timeout",
        root: Some(RootCause::RegistryDown),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::OpenFirewall, FixId::FixProxy, FixId::UseMirror],
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
    fn the_way_to_the_registry_is_opened() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": dial tcp 10.0.0.7:443: i/o timeout",
        ));
        check(
            &scene,
            "registry-unreachable-timeout, registry-down, certain: open-firewall, fix-proxy, use-mirror",
        );
        check_fix(
            &scene,
            FixId::OpenFirewall,
            &["curl -v --max-time 15 https://registry.example/v2/"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RegistryUnreachableTimeout,
            &[
                (
                    "Get \"https://r.example/v2/\": dial tcp 10.0.0.7:443: i/o timeout",
                    &[],
                ),
                (
                    "Get https://r.example/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
                    &[],
                ),
                (
                    "Head \"https://r.example/v2/a/manifests/1\": net/http: TLS handshake timeout",
                    &[Cause::RegistryUnreachableProxy],
                ),
            ],
        );
    }
}
