//! Interprets a refused probe: the status, the step, and the registry's known behaviour.

use super::{
    super::{Asker, Nameless, Refusal, Stage, Stranger, Tags, Transcript},
    Finding,
};
use crate::domain::{
    diagnostics::{Cause, Root},
    registry_auth::registries::{self, Missing},
};

pub(super) fn refused(transcript: &Transcript, stage: Stage, refusal: &Refusal) -> Finding {
    if refusal.is_rate_limit() {
        return Finding::unknown(Cause::RateLimited, Root::RateLimit);
    }
    if refusal.status >= 500 {
        return Finding::unknown(Cause::Registry5xx, Root::RegistryDown);
    }
    match (stage, refusal.status) {
        (Stage::Token, 400..=403) => not_signed_in(transcript, refusal),
        (Stage::Manifest, 401 | 403) => not_let_in(transcript, refusal),
        (Stage::Manifest, 404) => not_found(transcript, refusal),
        // A firewall or an address list stands before the registry: `/v2/` needs no rights.
        (_, 403) => Finding::no(Cause::ForbiddenByPolicy, None),
        _ => Finding::unknown(Cause::RegistryBadResponse, None),
    }
}

/// The login itself was refused.
///
/// 401 is the registry's word for a bad credential; GHCR says 403 for it, and Quay 400 for a robot
/// that is no more. With those two the account may also be good and barred, unless a stranger is
/// treated better than this credential.
fn not_signed_in(transcript: &Transcript, refusal: &Refusal) -> Finding {
    let Asker::User(_) = &transcript.asker else {
        return nobody_may(transcript);
    };
    if refusal.says_expired() {
        return Finding::no(Cause::TokenExpired, Root::CredentialExpired);
    }
    let rejected = Finding::no(Cause::Unauthorized, Root::CredentialRejected);
    if refusal.status == 401 || transcript.stranger == Some(Stranger::MayPull) {
        rejected
    } else {
        rejected.or(&[Cause::ForbiddenByPolicy])
    }
}

/// The login is good, or there was none, and the repository is closed.
fn not_let_in(transcript: &Transcript, refusal: &Refusal) -> Finding {
    if !matches!(transcript.asker, Asker::User(_)) {
        return nobody_may(transcript);
    }
    // With a basic login the registry itself says so, having taken the user name (ECR).
    if !transcript.is_signed_in() || refusal.says_expired() {
        return not_signed_in(transcript, refusal);
    }
    if hides_repositories(transcript) {
        return Finding::no(Cause::RepositoryMissingOrNoAccess, None)
            .or(&[Cause::ForbiddenByPolicy]);
    }
    Finding::no(Cause::ForbiddenByPolicy, Root::CredentialLacksAccess)
        .or(&[Cause::RepositoryMissingOrNoAccess])
}

/// Nobody asked, and nobody may. Whether the repository exists is not told to strangers.
fn nobody_may(transcript: &Transcript) -> Finding {
    let root = match &transcript.asker {
        Asker::Anonymous(Nameless::NoEntryMatches) => Some(Root::EntryForOtherRegistry),
        Asker::Anonymous(Nameless::EntryEmpty) => Some(Root::EntryEmpty),
        Asker::Anonymous(Nameless::Chosen) | Asker::User(_) => None,
    };
    Finding::no(Cause::NoCredentialsSent, root).or(&[Cause::RepositoryMissingOrNoAccess])
}

/// `MANIFEST_UNKNOWN` is said of missing repositories too (distribution 2.8), so the list of tags
/// decides.
fn not_found(transcript: &Transcript, refusal: &Refusal) -> Finding {
    let no_repository = || Finding::no(Cause::RepositoryMissingOrNoAccess, Root::RepositoryMissing);
    match &transcript.tags {
        Some(Tags::Listed(_)) => Finding::no(Cause::ImageNotFound, Root::TagMissing),
        Some(Tags::NoRepository) => no_repository(),
        Some(Tags::NotTold) | None if refusal.has("NAME_UNKNOWN") => no_repository(),
        Some(Tags::NotTold) | None => {
            Finding::no(Cause::ImageNotFound, None).or(&[Cause::RepositoryMissingOrNoAccess])
        }
    }
}

/// Whether this registry answers for a missing repository as for a private one. Of a registry that
/// we do not know it is assumed.
fn hides_repositories(transcript: &Transcript) -> bool {
    registries::of_host(transcript.image.host())
        .is_none_or(|preset| preset.missing == Missing::LooksPrivate)
}
