//! `registry-unreachable-refused`: nothing listens there.
//!
//! `dial tcp 10.0.0.7:443: connect: connection refused`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableRefused,
    slug: "registry-unreachable-refused",
    title: "refused",
    meaning: "nothing listens at the registry's address and port",
    tells: "curl -v https://HOST/v2/ on the node; does the image name the right port?",
    fixes: &[FixId::CheckPort, FixId::OpenFirewall],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableRefused,
            &[
                (
                    "failed to do request: Head \"https://r.example:5000/v2/a/manifests/1\": dial tcp 10.0.0.7:5000: connect: connection refused",
                    &[],
                ),
                (
                    "Get \"https://[::1]:5000/v2/\": dial tcp [::1]:5000: connect: connection refused",
                    &[],
                ),
                (
                    "failed to pull and unpack image \"10.0.0.7/a:1\": failed to resolve reference \"10.0.0.7/a:1\": failed to do request: Head \"https://10.0.0.7/v2/a/manifests/1\": dial tcp 10.0.0.7:443: connect: connection refused",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
