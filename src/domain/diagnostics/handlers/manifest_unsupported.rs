//! `manifest-unsupported`: a format the runtime does not take.
//!
//! `media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ManifestUnsupported,
    slug: "manifest-unsupported",
    title: "manifest format",
    meaning: "the image is in a format that the runtime does not take",
    tells: "crane manifest IMAGE: its media types and schema version",
    fixes: &[FixId::Rebuild, FixId::UpgradeRuntime],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::ManifestUnsupported,
            &[
                (
                    "failed to pull and unpack image \"r.example/a:1\": not implemented: media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is no longer supported since containerd v2.1, please rebuild the image as \"application/vnd.docker.distribution.manifest.v2+json\"",
                    &[],
                ),
                (
                    "parsing image configuration: unsupported image config media type application/vnd.cncf.helm.config.v1+json",
                    &[],
                ),
            ],
        );
    }
}
