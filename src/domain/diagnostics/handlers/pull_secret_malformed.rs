//! `pull-secret-malformed`: a pull Secret cannot be read.
//!
//! `unable to parse auth field, must be formatted as base64(username:password)`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::PullSecretMalformed,
    slug: "pull-secret-malformed",
    title: "Secret malformed",
    meaning: "a pull Secret has content that cannot be read",
    tells: "the Secret's .dockerconfigjson does not decode to JSON with auths of base64(user:password)",
    fixes: &[FixId::RecreateSecret],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::PullSecretMalformed,
            &[
                ("illegal base64 data at input byte 0", &[]),
                (
                    "json: cannot unmarshal number into Go struct field DockerConfigJSON.auths.username of type string",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/a:1\": unable to parse auth field, must be formatted as base64(username:password)",
                    &[],
                ),
                (
                    "The Secret \"regcred\" is invalid: data[.dockerconfigjson]: Required value",
                    &[],
                ),
            ],
        );
    }
}
