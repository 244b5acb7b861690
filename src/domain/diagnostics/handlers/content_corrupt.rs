//! `content-corrupt`: the bytes are not what was promised.
//!
//! `unexpected commit digest sha256:…, expected sha256:…: failed precondition`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ContentCorrupt,
    slug: "content-corrupt",
    title: "content corrupt",
    meaning: "the bytes that arrived are not those that the manifest promises, or the registry cannot serve its own content",
    tells: "crane validate --remote IMAGE from two places",
    fixes: &[FixId::PullAgain, FixId::PushImage],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::ContentCorrupt,
            &[
                (
                    "failed commit on ref \"layer-sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6\": unexpected commit digest sha256:00, expected sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6: failed precondition",
                    &[],
                ),
                (
                    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6 (application/vnd.oci.image.layer.v1.tar+gzip) from remote: not found",
                    &[],
                ),
                (
                    "filesystem layer verification failed for digest sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6",
                    &[],
                ),
                (
                    "failed to read expected number of bytes: unexpected EOF",
                    &[Cause::RegistryUnreachableReset],
                ),
            ],
        );
    }
}
