//! `registry-5xx`: the registry has a fault of its own.
//!
//! `received unexpected HTTP status: 503 Service Unavailable`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::Registry5xx,
    slug: "registry-5xx",
    title: "registry down",
    meaning: "the registry, or what stands before it, answers that it has a fault",
    tells: "the same answer from elsewhere; the registry's status page or log",
    fixes: &[FixId::WaitForRegistry, FixId::UseMirror],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::Registry5xx,
            &[
                (
                    "received unexpected HTTP status: 503 Service Unavailable",
                    &[],
                ),
                (
                    "failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token: 502 Bad Gateway",
                    &[],
                ),
            ],
        );
    }
}
