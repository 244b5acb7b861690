//! `runtime-misconfigured`: the container runtime cannot read or use its configuration on the node.
//!
//! `open /etc/containerd/certs.d/r.example/ca.crt: permission denied`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "runtime-misconfigured",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: false,
        fixes: &[FixId::FixRuntimeConfig],
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
    fn a_file_of_the_node_is_no_refusal_of_the_registry() {
        let scene = Scene::failed(&pulling(
            "failed to resolve reference \"registry.example/team/app:1\": unable to load CA cert: open /etc/containerd/certs.d/registry.example/ca.crt: permission denied",
        ))
        .lists(&["hub"])
        .secret("hub", "registry.example");
        check(
            &scene,
            "runtime-misconfigured, node-problem, certain: fix-runtime-config",
        );
        check_fix(
            &scene,
            FixId::FixRuntimeConfig,
            &[
                "crictl info",
                "journalctl -u containerd -u crio --since -1h",
            ],
        );
        check_no_fix(&scene, FixId::NewToken);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RuntimeMisconfigured,
            &[
                (
                    "Failed to pull image \"r.example/a:1\": failed to load X509 key pair from /etc/docker/certs.d/r/client.cert: open client.key: permission denied",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/a:1\": failed to decode hosts.toml: toml: line 3: expected character =",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/a:1\": error unpacking image: snapshotter stargz was not found: not found",
                    &[],
                ),
            ],
        );
    }
}
