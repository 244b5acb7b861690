//! `unauthorized`: a credential was sent and not accepted.
//!
//! `failed to fetch oauth token: … 401 Unauthorized` (containerd: with a credential; anonymous: without)

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::Unauthorized,
    slug: "unauthorized",
    title: "bad credential",
    meaning: "a credential was sent and the registry did not accept it",
    tells: "probe the registry with the Secret's credential: the token request is refused",
    fixes: &[FixId::NewToken, FixId::RecreateSecret, FixId::RemoveEntry],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::Unauthorized,
            &[
                (
                    "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized",
                    &[Cause::TokenExpired],
                ),
                (
                    "unauthorized: incorrect username or password",
                    &[Cause::TokenExpired],
                ),
                (
                    "failed to resolve reference \"gcr.io/acme/shop:1\": unauthorized: You don't have the needed permissions to perform this operation, and you may have invalid credentials.",
                    &[Cause::NoCredentialsSent, Cause::ForbiddenByPolicy],
                ),
                (
                    "Error response from daemon: Get https://r.example/v2/a/manifests/1: unauthorized: invalid username/password",
                    &[Cause::TokenExpired],
                ),
                (
                    "denied: Invalid Token",
                    &[Cause::TokenExpired, Cause::PullSecretMalformed],
                ),
                (
                    "Requesting bearer token: invalid status code from registry 401 (Unauthorized)",
                    &[Cause::NoCredentialsSent, Cause::TokenExpired],
                ),
            ],
        );
    }
}
