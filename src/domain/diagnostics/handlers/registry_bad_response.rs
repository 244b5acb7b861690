//! `registry-bad-response`: the answer is not what a registry sends.
//!
//! `error unmarshalling content: invalid character '<' looking for beginning of value`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryBadResponse,
    slug: "registry-bad-response",
    title: "odd answer",
    meaning: "what answers is not a registry, or not at this address",
    tells: "curl -i https://HOST/v2/ shows a page instead of a registry's answer",
    fixes: &[FixId::CheckPort, FixId::FixProxy],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryBadResponse,
            &[
                (
                    "Error response from daemon: error unmarshalling content: invalid character '<' looking for beginning of value",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to decode token: invalid character '\\u003c' looking for beginning of value",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to resolve reference \"r.example/a:1\": unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 400 Bad Request",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
