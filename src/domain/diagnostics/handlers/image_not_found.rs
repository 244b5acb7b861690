//! `image-not-found`: the tag or digest is not in the repository.
//!
//! `failed to resolve reference "ghcr.io/a/b:9": ghcr.io/a/b:9: not found`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ImageNotFound,
    slug: "image-not-found",
    title: "tag missing",
    meaning: "the registry was reached and access was allowed, but this tag or digest is not there",
    tells: "list the tags (crane ls HOST/REPO): the tag is not among them while others are",
    fixes: &[FixId::CorrectImage, FixId::PushImage],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::ImageNotFound,
            &[
                (
                    "Failed to pull image \"ghcr.io/acme/shop:v9\": rpc error: code = NotFound desc = failed to pull and unpack image \"ghcr.io/acme/shop:v9\": failed to resolve reference \"ghcr.io/acme/shop:v9\": ghcr.io/acme/shop:v9: not found",
                    &[],
                ),
                // The words of a name say nothing.
                (
                    "Failed to pull image \"ghcr.io/kyverno/kyverno:v9\": failed to resolve reference \"ghcr.io/kyverno/kyverno:v9\": ghcr.io/kyverno/kyverno:v9: not found",
                    &[],
                ),
                (
                    "failed to resolve reference \"ghcr.io/acme/html:9\": ghcr.io/acme/html:9: not found",
                    &[],
                ),
                (
                    "Failed to pull image \"localhost:5000/team/app:9\": failed to resolve image: localhost:5000/team/app:9: not found",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "Error response from daemon: manifest for acme/shop:9 not found: manifest unknown: manifest unknown",
                    &[],
                ),
                (
                    "reading manifest 9 in quay.io/acme/shop: manifest unknown",
                    &[],
                ),
                (
                    "unexpected status from HEAD request to https://r.example/v2/a/b/manifests/9: 404 Not Found",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
            ],
        );
    }
}
