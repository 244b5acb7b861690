//! `content-corrupt`: the bytes are not what was promised.
//!
//! `unexpected commit digest sha256:…, expected sha256:…: failed precondition`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign, Step};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ContentCorrupt,
    slug: "content-corrupt",
    title: "content corrupt",
    meaning: "the bytes that arrived are not those that the manifest promises, or the registry cannot serve its own content",
    tells: "crane validate --remote IMAGE from two places",
    fixes: &[FixId::PullAgain, FixId::PushImage],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    let corrupt = Cause::ContentCorrupt;
    if reading.any(&[Sign::Descriptor, Sign::ContentAt]) && reading.has(Sign::NotFound) {
        let by_tag = reading.step() == Some(Step::Manifest) && !reading.text().contains("sha256");
        return Some(if by_tag {
            Verdict::or(Cause::ImageNotFound, &[corrupt])
        } else {
            Verdict::or(corrupt, &[Cause::ImageNotFound])
        });
    }
    if reading.any(&[Sign::Digest, Sign::BlobUnknown]) {
        return Some(Verdict::sure(corrupt));
    }
    if reading.has(Sign::UnexpectedEof) {
        return Some(Verdict::or(corrupt, &[Cause::RegistryUnreachableReset]));
    }
    let lost = reading.step() == Some(Step::Blob) && reading.status(404);
    lost.then(|| Verdict::or(corrupt, &[Cause::ImageNotFound]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
                    &[Cause::ImageNotFound],
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
