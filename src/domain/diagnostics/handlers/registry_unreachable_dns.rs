//! `registry-unreachable-dns`: the registry's name does not resolve on the node.
//!
//! `dial tcp: lookup r.example on 10.0.0.2:53: no such host`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-unreachable-dns",
        root: Some(RootCause::RegistryUnknownHost),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::FixNodeDns],
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
    fn the_nodes_resolver_is_asked() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": dial tcp: lookup registry.example on 10.0.0.2:53: no such host",
        ));
        check(
            &scene,
            "registry-unreachable-dns, registry-unknown-host, certain: fix-node-dns",
        );
        check_fix(
            &scene,
            FixId::FixNodeDns,
            &[
                "kubectl debug node/node-1 -it --image=busybox -- chroot /host getent hosts registry.example",
            ],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn the_host_that_fails_is_looked_up_and_not_the_images() {
        let scene = Scene::failed(&resolving(
            "failed to authorize: failed to fetch anonymous token: Get \"https://auth.example/token?scope=x\": dial tcp: lookup auth.example on 10.0.0.2:53: no such host",
        ));
        check_fix(
            &scene,
            FixId::FixNodeDns,
            &[
                "kubectl debug node/node-1 -it --image=busybox -- chroot /host getent hosts auth.example",
            ],
        );
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RegistryUnreachableDns,
            &[
                (
                    "Get \"https://r.example/v2/\": dial tcp: lookup r.example on 10.0.0.2:53: no such host",
                    &[],
                ),
                (
                    "dial tcp: lookup r.example on 127.0.0.53:53: server misbehaving",
                    &[],
                ),
                (
                    "dial tcp: lookup r.example: Temporary failure in name resolution",
                    &[],
                ),
                (
                    "dial tcp: lookup r.example on 10.0.0.2:53: read udp 10.0.0.9:4242->10.0.0.2:53: i/o timeout",
                    &[Cause::RegistryUnreachableTimeout],
                ),
                (
                    "dial tcp: lookup r.example on [::1]:53: read udp [::1]:4242->[::1]:53: read: connection refused",
                    &[Cause::RegistryUnreachableRefused],
                ),
            ],
        );
    }
}
