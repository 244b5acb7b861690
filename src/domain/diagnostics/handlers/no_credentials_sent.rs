//! `no-credentials-sent`: the request went out anonymously.
//!
//! `failed to authorize: failed to fetch anonymous token: … 401 Unauthorized`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::NoCredentialsSent,
    slug: "no-credentials-sent",
    title: "no credential",
    meaning: "the repository is private and the request went out without a credential",
    tells: "the Pod's imagePullSecrets are empty, or no entry of theirs matches the image's host",
    fixes: &[
        FixId::AttachSecret,
        FixId::CreateSecret,
        FixId::CorrectServer,
        FixId::CopySecret,
        FixId::CredentialProvider,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::NoCredentialsSent,
            &[
                (
                    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fshop%3Apull&service=ghcr.io: 401 Unauthorized",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "Get https://nexus.example:8443/v2/shop/manifests/1: no basic auth credentials",
                    &[],
                ),
                (
                    "failed to resolve reference \"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
                    &[Cause::CredentialProviderFailure, Cause::TokenExpired],
                ),
                (
                    "denied: Unauthenticated request. Unauthenticated requests do not have permission \"artifactregistry.repositories.downloadArtifacts\" on resource \"projects/p/locations/eu/repositories/r\" (or it may not exist)",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
            ],
        );
    }
}
