//! `registry-unreachable-reset`: the connection is cut.
//!
//! `read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign, Step};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableReset,
    slug: "registry-unreachable-reset",
    title: "connection reset",
    meaning: "something on the way cuts the connection",
    tells: "the same URL from another network; is the address that of a proxy?",
    fixes: &[FixId::OpenFirewall, FixId::FixProxy, FixId::UseMirror],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    if !reading.any(&[Sign::Reset, Sign::Eof]) {
        return None;
    }
    let reset = Cause::RegistryUnreachableReset;
    if reading.peer_is_local() {
        return Some(Verdict::or(Cause::RegistryUnreachableProxy, &[reset]));
    }
    let copying = reading.has(Sign::Copy) || reading.step() == Some(Step::Blob);
    Some(if copying {
        Verdict::or(
            reset,
            &[Cause::ContentCorrupt, Cause::RegistryUnreachableProxy],
        )
    } else {
        Verdict::or(reset, &[Cause::RegistryUnreachableProxy])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableReset,
            &[
                (
                    "failed to do request: Head \"https://r.example/v2/a/manifests/1\": read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to copy: read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
                    &[Cause::ContentCorrupt, Cause::RegistryUnreachableProxy],
                ),
                (
                    "Get \"https://r.example/v2/\": EOF",
                    &[Cause::RegistryUnreachableProxy],
                ),
            ],
        );
    }
}
