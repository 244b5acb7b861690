//! `registry-unreachable-proxy`: the runtime's proxy failed.
//!
//! `proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-unreachable-proxy",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: true,
        fixes: &[FixId::FixProxy],
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
    fn the_proxy_of_the_runtime_is_corrected() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused",
        ));
        check(
            &scene,
            "registry-unreachable-proxy, node-problem, likely: fix-proxy",
        );
        check_fix(
            &scene,
            FixId::FixProxy,
            &["systemctl show containerd -p Environment"],
        );
        check_no_fix(&scene, FixId::OpenFirewall);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RegistryUnreachableProxy,
            &[
                (
                    "proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused",
                    &[Cause::RegistryUnreachableRefused],
                ),
                (
                    "Get \"https://registry-1.docker.io/v2/\": Proxy Authentication Required",
                    &[],
                ),
                (
                    "proxyconnect tcp: tls: first record does not look like a TLS handshake",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
