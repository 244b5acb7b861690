//! `local-store-error`: the node's own store is broken.
//!
//! `failed to get reader from content store: content digest sha256:…: not found`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::LocalStoreError,
    slug: "local-store-error",
    title: "node's store",
    meaning: "the image store of the node is not consistent",
    tells: "other nodes pull the same image; on this one crictl rmi IMAGE and a new pull help",
    fixes: &[FixId::RepairStore],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::LocalStoreError,
            &[
                (
                    "failed to unpack image on snapshotter overlayfs: failed to extract layer sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: failed to get reader from content store: content digest sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: not found",
                    &[Cause::ContentCorrupt, Cause::ImageNotFound],
                ),
                (
                    "failed to prepare extraction snapshot \"extract-1 sha256:00\": parent snapshot sha256:00 does not exist: not found",
                    &[],
                ),
                (
                    "Failed to inspect image \"r.example/a:1\": rpc error: code = Unknown desc = Error response from daemon: readlink /var/lib/docker/overlay2/l: invalid argument",
                    &[],
                ),
            ],
        );
    }
}
