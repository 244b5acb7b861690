//! `credential-provider-failure`: the node's credential plugin did not deliver.
//!
//! `error execing credential provider plugin ecr-credential-provider for image …: exit status 1`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::CredentialProviderFailure,
    slug: "credential-provider-failure",
    title: "provider failed",
    meaning: "the kubelet's credential plugin, or a credential helper, did not deliver",
    tells: "the kubelet's log on that node at the time of the pull names the plugin",
    fixes: &[FixId::CredentialProvider, FixId::CreateSecret],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::CredentialProviderFailure,
            &[
                (
                    "Failed getting credential from external registry credential provider: error execing credential provider plugin acr-credential-provider for image acme.azurecr.io/shop: exit status 2",
                    &[],
                ),
                (
                    "error getting credentials - err: exec: \"docker-credential-desktop\": executable file not found in $PATH, out: ``",
                    &[],
                ),
            ],
        );
    }
}
