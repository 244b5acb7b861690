//! `disk-full`: no room on the node.
//!
//! `write /var/lib/containerd/…: no space left on device`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::DiskFull,
    slug: "disk-full",
    title: "disk full",
    meaning: "the node has no room for the image",
    tells: "df -h and df -i on the runtime's root; kubectl describe node: pressure",
    fixes: &[FixId::FreeDisk],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::DiskFull,
            &[(
                "failed to extract layer sha256:00: write /var/lib/containerd/x: no space left on device: unknown",
                &[],
            )],
        );
    }
}
