//! `runtime-unavailable`: the container runtime is not there.
//!
//! `dial unix /run/containerd/containerd.sock: connect: connection refused`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RuntimeUnavailable,
    slug: "runtime-unavailable",
    title: "runtime down",
    meaning: "the kubelet or the client does not reach the container runtime on the node",
    tells: "systemctl status containerd (or crio, docker) on the node; a unix socket in the message",
    fixes: &[FixId::RepairRuntime],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RuntimeUnavailable,
            &[
                (
                    "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\"",
                    &[],
                ),
                (
                    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                    &[],
                ),
            ],
        );
    }
}
