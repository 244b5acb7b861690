//! `invalid-image-name`: the reference itself is malformed.
//!
//! `couldn't parse image reference "a/B:1": invalid reference format: repository name must be lowercase`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::InvalidImageName,
    slug: "invalid-image-name",
    title: "name invalid",
    meaning: "the image reference is malformed, so no pull is tried",
    tells: "print the image of the Pod's container with cat -A",
    fixes: &[FixId::CorrectImage],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::InvalidImageName,
            &[
                (
                    "Failed to apply default image tag \"Team/App:1\": couldn't parse image reference \"Team/App:1\": invalid reference format: repository name must be lowercase",
                    &[],
                ),
                ("Error: InvalidImageName", &[]),
                (
                    "Failed to inspect image \"https://r.example/a\": rpc error: code = InvalidArgument desc = failed to resolve image: invalid reference format",
                    &[],
                ),
            ],
        );
    }
}
