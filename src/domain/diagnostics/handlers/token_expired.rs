//! `token-expired`: the credential's life is over.
//!
//! `denied: Your authorization token has expired. Reauthenticate and try again.`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::TokenExpired,
    slug: "token-expired",
    title: "token expired",
    meaning: "the credential was right once and its life is over",
    tells: "the Secret is older than the registry's tokens live; a fresh token works",
    fixes: &[
        FixId::NewToken,
        FixId::RecreateSecret,
        FixId::StopStoringTokens,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::TokenExpired,
            &[
                (
                    "pull access denied for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop, repository does not exist or may require 'docker login': denied: Your authorization token has expired. Reauthenticate and try again.",
                    &[],
                ),
                (
                    "The provided client secret keys for app 'e0f2a1c4-7b1d-4b6e-9a53-0d7d6c1f2a90' are expired.",
                    &[],
                ),
                (
                    "oauth2: \"invalid_client\" \"The client secret is wrong\"",
                    &[Cause::Unauthorized],
                ),
            ],
        );
    }
}
