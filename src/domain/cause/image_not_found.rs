//! `image-not-found`: the tag or digest is not in the repository.
//!
//! `failed to resolve reference "ghcr.io/a/b:9": ghcr.io/a/b:9: not found`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ImageNotFound,
    slug: "image-not-found",
    title: "tag missing",
    meaning: "the registry was reached and access was allowed, but this tag or digest is not there",
    tells: "list the tags (crane ls HOST/REPO): the tag is not among them while others are",
    fixes: &[FixId::CorrectImage, FixId::PushImage],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    let unknown = reading.has(Sign::ManifestUnknown);
    let not_there = reading.status(404) || reading.has(Sign::NotFound);
    let pulling = reading.has(Sign::Pull) || reading.image_text().is_some() || reading.status(404);
    if !(unknown || (not_there && pulling)) {
        return None;
    }
    // ECR and a plain registry say "not found" of a repository that is not there, too; the others
    // answer as if it were private.
    let tells = reading
        .preset()
        .is_some_and(|preset| !matches!(preset.id, "ecr" | "ecr-public" | "jfrog"));
    Some(if tells || unknown || reading.registry().is_none() {
        Verdict::sure(Cause::ImageNotFound)
    } else {
        Verdict::or(Cause::ImageNotFound, &[Cause::RepositoryMissingOrNoAccess])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
