//! `forbidden-by-policy`: the answer is no whoever asks.
//!
//! `denied: client with IP '…' is not allowed access`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ForbiddenByPolicy,
    slug: "forbidden-by-policy",
    title: "forbidden",
    meaning: "the registry knows who asks, or does not care, and says no: a missing role, a firewall rule, a policy",
    tells: "a probe with the Secret's credential gets a token, and the manifest is refused with 403",
    fixes: &[FixId::GrantAccess, FixId::OpenRegistryFirewall],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::ForbiddenByPolicy,
            &[
                (
                    "Head \"https://acme.azurecr.io/v2/shop/manifests/1\": denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
                    &[],
                ),
                (
                    "failed to resolve reference \"registry.k8s.io/pause:3.9\": unexpected status from HEAD request to https://registry.k8s.io/v2/pause/manifests/3.9: 403 Forbidden",
                    &[],
                ),
                (
                    "denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/p/locations/eu/repositories/r\" (or it may not exist)",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "denied: User: arn:aws:iam::123456789012:role/node is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/shop because no resource-based policy allows the ecr:BatchGetImage action",
                    &[],
                ),
            ],
        );
    }
}
