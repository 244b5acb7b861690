//! `pull-secret-missing`: a listed pull Secret is not there.
//!
//! `Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::PullSecretMissing,
    slug: "pull-secret-missing",
    title: "Secret missing",
    meaning: "a Secret named in imagePullSecrets does not exist in the Pod's namespace",
    tells: "kubectl -n NS get secret SECRET says not found",
    fixes: &[
        FixId::CreateSecret,
        FixId::CopySecret,
        FixId::CorrectSecretName,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::PullSecretMissing,
            &[
                (
                    "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
                    &[],
                ),
                (
                    "Unable to retrieve pull secret shop/regcred for shop/web-0 due to secret \"regcred\" not found.  The image pull may not succeed.",
                    &[],
                ),
            ],
        );
    }
}
