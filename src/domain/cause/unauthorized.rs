//! `unauthorized`: a credential was sent and not accepted.
//!
//! `failed to fetch oauth token: … 401 Unauthorized` (containerd: with a credential; anonymous: without)

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign, Step};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::Unauthorized,
    slug: "unauthorized",
    title: "bad credential",
    meaning: "a credential was sent and the registry did not accept it",
    tells: "probe the registry with the Secret's credential: the token request is refused",
    fixes: &[FixId::NewToken, FixId::RecreateSecret, FixId::RemoveEntry],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    if reading.has(Sign::OauthToken) && refused(reading) {
        return Some(oauth(reading));
    }
    if reading.has(Sign::BadCredential) {
        return Some(named_bad(reading));
    }
    None
}

/// A refusal of which the text does not tell whether a credential was sent at all.
pub(crate) fn says_vaguely(reading: &Reading<'_>) -> Option<Verdict> {
    if !reading.any(&[Sign::Unauthorized, Sign::AuthenticationRequired]) && !reading.status(401) {
        return None;
    }
    let (bad, nothing) = (Cause::Unauthorized, Cause::NoCredentialsSent);
    let verdict = if reading.has(Sign::AuthenticationRequired) {
        nothing_first(reading)
    } else if reading.is_registry("ecr") {
        // ECR without any credential says "no basic auth credentials" instead.
        Verdict::or(
            bad,
            &[Cause::TokenExpired, nothing, Cause::ForbiddenByPolicy],
        )
    } else if reading.has(Sign::Bearer) || reading.step() == Some(Step::Token) {
        Verdict::or(bad, &[nothing, Cause::TokenExpired])
    } else if reading.status(401) {
        Verdict::or(nothing, &[bad, Cause::TokenExpired])
    } else {
        Verdict::or(bad, &[nothing, Cause::RepositoryMissingOrNoAccess])
    };
    Some(verdict)
}

/// `unauthorized: authentication required`: what a registry with basic login says to a stranger.
fn nothing_first(reading: &Reading<'_>) -> Verdict {
    let mut others = vec![Cause::Unauthorized];
    if reading.is_registry("acr") {
        others.extend([Cause::TokenExpired, Cause::CredentialProviderFailure]);
    }
    if reading.is_google() {
        others.push(Cause::ForbiddenByPolicy);
    }
    if reading.is_registry("docker-hub") {
        others.push(Cause::RepositoryMissingOrNoAccess);
    }
    Verdict::or(Cause::NoCredentialsSent, &others)
}

fn refused(reading: &Reading<'_>) -> bool {
    reading.any(&[Sign::Unauthorized, Sign::Forbidden, Sign::Denied])
        || reading
            .statuses()
            .iter()
            .any(|code| matches!(code, 400..=403))
}

fn oauth(reading: &Reading<'_>) -> Verdict {
    let mut others = vec![Cause::TokenExpired, Cause::ForbiddenByPolicy];
    if reading.is_google() {
        others.push(Cause::PullSecretMalformed);
    }
    Verdict::or(Cause::Unauthorized, &others)
}

/// The registry says that the credential is wrong; a token may also have ended.
fn named_bad(reading: &Reading<'_>) -> Verdict {
    if reading.is_google() {
        // "…, and you may have invalid credentials" is also what Google tells a stranger.
        Verdict::or(
            Cause::Unauthorized,
            &[Cause::NoCredentialsSent, Cause::ForbiddenByPolicy],
        )
    } else if reading.has(Sign::BadToken) {
        Verdict::or(
            Cause::Unauthorized,
            &[Cause::TokenExpired, Cause::PullSecretMalformed],
        )
    } else {
        Verdict::sure(Cause::Unauthorized)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::Unauthorized,
            &[
                (
                    "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized",
                    &[Cause::TokenExpired, Cause::ForbiddenByPolicy],
                ),
                ("unauthorized: incorrect username or password", &[]),
                (
                    "failed to resolve reference \"gcr.io/acme/shop:1\": unauthorized: You don't have the needed permissions to perform this operation, and you may have invalid credentials.",
                    &[Cause::NoCredentialsSent, Cause::ForbiddenByPolicy],
                ),
                (
                    "Error response from daemon: Get https://r.example/v2/a/manifests/1: unauthorized: invalid username/password",
                    &[],
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
