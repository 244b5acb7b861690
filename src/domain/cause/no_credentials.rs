//! `no-credentials-sent`: the request went out anonymously.
//!
//! `failed to authorize: failed to fetch anonymous token: … 401 Unauthorized`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

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

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    if reading.has(Sign::NoBasicAuth) {
        return Some(no_basic_auth(reading));
    }
    if reading.has(Sign::NothingSent) {
        return Some(said_outright(reading));
    }
    let refused = reading.any(&[Sign::Unauthorized, Sign::Forbidden, Sign::Denied])
        || reading
            .statuses()
            .iter()
            .any(|code| matches!(code, 401 | 403 | 404));
    if reading.has(Sign::AnonymousToken) && refused {
        return Some(Verdict::or(
            Cause::NoCredentialsSent,
            &[Cause::RepositoryMissingOrNoAccess],
        ));
    }
    None
}

/// ECR's credential comes from a provider on the node as often as from a Secret.
fn no_basic_auth(reading: &Reading<'_>) -> Verdict {
    if reading.is_registry("ecr") {
        Verdict::or(
            Cause::NoCredentialsSent,
            &[Cause::CredentialProviderFailure, Cause::TokenExpired],
        )
    } else {
        Verdict::sure(Cause::NoCredentialsSent)
    }
}

/// The registry itself says that nobody logged in.
fn said_outright(reading: &Reading<'_>) -> Verdict {
    let other = if reading.has(Sign::DoesNotSayWhich) || reading.is_google() {
        Cause::RepositoryMissingOrNoAccess
    } else {
        Cause::Unauthorized
    };
    Verdict::or(Cause::NoCredentialsSent, &[other])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
