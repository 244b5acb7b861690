//! `short-name-unresolved`: CRI-O and podman want the registry named.
//!
//! `short-name "alpine" did not resolve to an alias and no unqualified-search registries are defined`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ShortNameUnresolved,
    slug: "short-name-unresolved",
    title: "short name",
    meaning: "the runtime has no rule for which registry a name without one belongs to",
    tells: "the node's registries.conf: unqualified-search-registries and short-name-mode",
    fixes: &[FixId::WriteFullName],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::ShortNameUnresolved,
            &[
                (
                    "short-name \"alpine:3\" did not resolve to an alias and no unqualified-search registries are defined in \"/etc/containers/registries.conf\"",
                    &[],
                ),
                (
                    "Failed to inspect image \"\": rpc error: code = Unknown desc = short name mode is enforcing, but image name alpine:latest returns ambiguous list",
                    &[],
                ),
            ],
        );
    }
}
