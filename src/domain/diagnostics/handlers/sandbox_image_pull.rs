//! `sandbox-image-pull`: the pause image cannot be pulled.
//!
//! `failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image …`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::SandboxImagePull,
    slug: "sandbox-image-pull",
    title: "pause image",
    meaning: "the node cannot pull the pause image, which every Pod needs and no pull Secret reaches",
    tells: "all Pods of the node fail; crictl pull of the pause image on the node",
    fixes: &[FixId::SandboxImage],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::SandboxImagePull,
            &[(
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": failed to pull and unpack image \"registry.k8s.io/pause:3.9\": failed to resolve reference \"registry.k8s.io/pause:3.9\": failed to do request: Head \"https://registry.k8s.io/v2/pause/manifests/3.9\": dial tcp: lookup registry.k8s.io on 10.0.0.2:53: no such host",
                &[],
            )],
        );
    }
}
