//! `repository-missing-or-no-access`: the registry refuses to say whether the repository exists.
//!
//! `pull access denied for a/b, repository does not exist or may require 'docker login'`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RepositoryMissingOrNoAccess,
    slug: "repository-missing-or-no-access",
    title: "no access",
    meaning: "the registry does not say whether the repository is missing or private",
    tells: "ask without a login and with the Secret's: the same refusal twice means a wrong name or no grant",
    fixes: &[
        FixId::CorrectImage,
        FixId::CreateSecret,
        FixId::GrantAccess,
        FixId::LoadImage,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RepositoryMissingOrNoAccess,
            &[
                (
                    "Failed to pull image \"acme/shop:1\": rpc error: code = Unknown desc = Error response from daemon: pull access denied for acme/shop, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
                    &[Cause::NoCredentialsSent, Cause::Unauthorized],
                ),
                (
                    "failed to resolve reference \"docker.io/acme/shop:1\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
                    &[Cause::NoCredentialsSent],
                ),
                (
                    "reading manifest latest in quay.io/acme/shop: unauthorized: access to the requested resource is not authorized",
                    &[Cause::NoCredentialsSent],
                ),
                (
                    "name unknown: The repository with name 'shop' does not exist in the registry with id '123456789012'",
                    &[],
                ),
                ("repository name not known to registry", &[]),
                // The words of a name say nothing.
                (
                    "failed to resolve reference \"docker.io/acme/payment:1\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
                    &[Cause::NoCredentialsSent],
                ),
                (
                    "Failed to pull image \"payment\": rpc error: code = Unknown desc = Error response from daemon: pull access denied for payment, repository does not exist or may require 'docker login'",
                    &[Cause::NoCredentialsSent, Cause::Unauthorized],
                ),
            ],
        );
    }
}
