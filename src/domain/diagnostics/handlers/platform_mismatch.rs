//! `platform-mismatch`: the image has nothing for this node.
//!
//! `no match for platform in manifest: not found`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::PlatformMismatch,
    slug: "platform-mismatch",
    title: "wrong platform",
    meaning: "the image is not made for the node's processor or operating system",
    tells: "crane manifest IMAGE: its platforms against kubectl get node -o wide",
    fixes: &[FixId::BuildForPlatform, FixId::SelectNodes],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::PlatformMismatch,
            &[
                (
                    "Failed to pull image \"acme/shop:1\": no matching manifest for linux/arm64/v8 in the manifest list entries",
                    &[],
                ),
                (
                    "failed to pull and unpack image \"docker.io/acme/shop:1\": no match for platform in manifest: not found",
                    &[Cause::ImageNotFound],
                ),
                (
                    "choosing an image from manifest list docker://acme/shop:1: no image found in image index for architecture arm64, variant \"v8\", OS linux",
                    &[],
                ),
                (
                    "image operating system \"windows\" cannot be used on this platform",
                    &[],
                ),
            ],
        );
    }
}
