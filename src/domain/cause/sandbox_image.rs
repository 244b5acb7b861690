//! `sandbox-image-pull`: the pause image cannot be pulled.
//!
//! `failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image …`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::SandboxImagePull,
    slug: "sandbox-image-pull",
    title: "pause image",
    meaning: "the node cannot pull the pause image, which every Pod needs and no pull Secret reaches",
    tells: "all Pods of the node fail; crictl pull of the pause image on the node",
    fixes: &[FixId::SandboxImage],
};

/// Whether the text speaks of the pause image.
pub(crate) fn frames(reading: &Reading<'_>) -> bool {
    reading.has(Sign::SandboxImage)
        || (reading.has(Sign::Sandbox) && reading.has(Sign::Pull) && !reading.has(Sign::Network))
        || (reading.has(Sign::PodContainer) && reading.any(&[Sign::Pull, Sign::BackOffPull]))
}

/// The verdict, with why the pause image cannot be pulled.
pub(crate) fn around(below: Option<Verdict>) -> Verdict {
    let proxy = below
        .as_ref()
        .filter(|v| v.cause == Cause::RegistryUnreachableProxy);
    let others = proxy
        .map(|v| [&[v.cause], &v.others[..]].concat())
        .unwrap_or_default();
    Verdict {
        underlying: below.map(|below| below.cause),
        ..Verdict::or(Cause::SandboxImagePull, &others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
