//! `layer-unpack-failed`: downloaded, and not to be unpacked.
//!
//! `failed to extract layer sha256:…: mount callback failed on …: lchown …: invalid argument`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::LayerUnpackFailed,
    slug: "layer-unpack-failed",
    title: "unpack failed",
    meaning: "the layers were downloaded and cannot be unpacked on the node",
    tells: "the file system under the runtime's root, the snapshotter, user-namespace ids",
    fixes: &[FixId::RepairStore, FixId::Rebuild, FixId::UpgradeRuntime],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::LayerUnpackFailed,
            &[
                (
                    "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: mount callback failed on /tmp/containerd-mount1: lchown /tmp/containerd-mount1/etc/shadow: invalid argument: unknown",
                    &[],
                ),
                (
                    "failed to register layer: ApplyLayer exit status 1 stdout:  stderr: failed to Lchown \"/x\" for UID 200000: lchown /x: invalid argument",
                    &[],
                ),
                (
                    "failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: archive/tar: invalid tar header: unknown",
                    &[Cause::ManifestUnsupported, Cause::ContentCorrupt],
                ),
            ],
        );
    }
}
