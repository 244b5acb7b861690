//! `forbidden-by-policy`: the answer is no whoever asks.
//!
//! `denied: client with IP '…' is not allowed access`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign, Step};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::ForbiddenByPolicy,
    slug: "forbidden-by-policy",
    title: "forbidden",
    meaning: "the registry knows who asks, or does not care, and says no: a missing role, a firewall rule, a policy",
    tells: "a probe with the Secret's credential gets a token, and the manifest is refused with 403",
    fixes: &[FixId::GrantAccess, FixId::OpenRegistryFirewall],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    let no = reading.any(&[Sign::Denied, Sign::Forbidden, Sign::Unauthorized])
        || reading
            .statuses()
            .iter()
            .any(|code| matches!(code, 401 | 403 | 412 | 451));
    if !no && !reading.any(&[Sign::Policy, Sign::GrantMissing, Sign::DoesNotSayWhich]) {
        return None;
    }
    let forbidden = Cause::ForbiddenByPolicy;
    if reading.status(412) || (reading.status(403) && reading.any(&[Sign::HttpBody, Sign::Html])) {
        return Some(Verdict::or(forbidden, &[Cause::RegistryBadResponse]));
    }
    if reading.has(Sign::DoesNotSayWhich)
        || (reading.has(Sign::GrantMissing) && reading.is_google())
    {
        return Some(Verdict::or(
            forbidden,
            &[Cause::RepositoryMissingOrNoAccess],
        ));
    }
    (reading.any(&[Sign::Policy, Sign::GrantMissing]) && no).then(|| Verdict::sure(forbidden))
}

/// A 403 or "denied" without a reason.
pub(crate) fn says_vaguely(reading: &Reading<'_>) -> Option<Verdict> {
    let refused = reading.status(403) || reading.any(&[Sign::Denied, Sign::Forbidden]);
    if !refused {
        return None;
    }
    let (forbidden, bad, nothing) = (
        Cause::ForbiddenByPolicy,
        Cause::Unauthorized,
        Cause::NoCredentialsSent,
    );
    let missing = Cause::RepositoryMissingOrNoAccess;
    if reading.without_login() || (reading.step() == Some(Step::Blob) && reading.status(403)) {
        return Some(Verdict::sure(forbidden));
    }
    // The answer of a proxy to CONNECT is a bare status text: no number, no code of a registry.
    if reading.said_of_target() == Some("Forbidden") {
        return Some(Verdict::or(Cause::RegistryUnreachableProxy, &[forbidden]));
    }
    // GHCR says no more than "denied" to a token that it does not take.
    let bare = reading.has(Sign::Denied) && !reading.has(Sign::Forbidden) && !reading.status(403);
    Some(if bare {
        Verdict::or(bad, &[missing, Cause::TokenExpired, nothing])
    } else if reading.has(Sign::Bearer) || reading.step() == Some(Step::Token) {
        Verdict::or(bad, &[nothing, forbidden, missing])
    } else {
        Verdict::or(forbidden, &[bad, nothing, missing])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
