//! Interprets a refused probe: the status, the step, and the registry's known behaviour.

use super::{
    super::{AnonymousAccess, AnonymousReason, ProbeStage, Refusal, Requester, Tags, Transcript},
    ProbeFinding,
};
use crate::domain::{
    diagnostics::{Cause, RootCause, rate_limit_root},
    registry_auth::registries::{self, MissingRepositoryBehavior},
};

pub(super) fn conclude_refusal(
    transcript: &Transcript,
    stage: ProbeStage,
    refusal: &Refusal,
) -> ProbeFinding {
    if refusal.is_rate_limit() {
        let is_hub = transcript.image.is_on_docker_hub();
        // An answer to HEAD has no words.
        let root = refusal
            .message
            .as_deref()
            .map_or(RootCause::RateLimit, |words| rate_limit_root(is_hub, words));
        return ProbeFinding::unknown(Cause::RateLimited, root);
    }
    if refusal.status >= 500 {
        return ProbeFinding::unknown(Cause::Registry5xx, RootCause::RegistryDown);
    }
    let unexpected = || ProbeFinding::unknown(Cause::RegistryBadResponse, None);
    match stage {
        ProbeStage::Token => match refusal.status {
            400..=403 => login_rejected(transcript, refusal),
            _ => unexpected(),
        },
        ProbeStage::Manifest => match refusal.status {
            401 | 403 => access_denied(transcript, refusal),
            404 => not_found(transcript, refusal),
            _ => unexpected(),
        },
        ProbeStage::Resolve
        | ProbeStage::Connect
        | ProbeStage::Proxy
        | ProbeStage::Tls
        | ProbeStage::Challenge => match refusal.status {
            // A firewall or an address list stands before the registry: `/v2/` needs no rights.
            403 => ProbeFinding::no(Cause::ForbiddenByPolicy, None),
            _ => unexpected(),
        },
    }
}

/// The login itself was refused.
///
/// 401 is the registry's word for a bad credential; GHCR says 403 for it, and Quay 400 for a robot
/// that is no more. With those two the account may also be good and barred, unless a stranger is
/// treated better than this credential.
fn login_rejected(transcript: &Transcript, refusal: &Refusal) -> ProbeFinding {
    let Requester::User(_) = &transcript.requester else {
        return anonymous_denied(transcript);
    };
    if refusal.is_expired_credential() {
        return ProbeFinding::no(Cause::TokenExpired, RootCause::CredentialExpired);
    }
    let rejected = ProbeFinding::no(Cause::Unauthorized, RootCause::CredentialRejected);
    if refusal.status == 401 || transcript.anonymous_access == Some(AnonymousAccess::MayPull) {
        rejected
    } else {
        rejected.or(&[Cause::ForbiddenByPolicy])
    }
}

/// The login is good, or there was none, and the repository is closed.
fn access_denied(transcript: &Transcript, refusal: &Refusal) -> ProbeFinding {
    if !matches!(transcript.requester, Requester::User(_)) {
        return anonymous_denied(transcript);
    }
    // With a basic login the registry itself says so, having taken the user name (ECR).
    if !transcript.is_signed_in() || refusal.is_expired_credential() {
        return login_rejected(transcript, refusal);
    }
    if hides_repositories(transcript) {
        return ProbeFinding::no(Cause::RepositoryMissingOrNoAccess, None)
            .or(&[Cause::ForbiddenByPolicy]);
    }
    ProbeFinding::no(Cause::ForbiddenByPolicy, RootCause::CredentialLacksAccess)
        .or(&[Cause::RepositoryMissingOrNoAccess])
}

/// Nobody asked, and nobody may. Whether the repository exists is not told to strangers.
fn anonymous_denied(transcript: &Transcript) -> ProbeFinding {
    let root = match &transcript.requester {
        Requester::Anonymous(AnonymousReason::NoEntryMatches) => {
            Some(RootCause::EntryForOtherRegistry)
        }
        Requester::Anonymous(AnonymousReason::EntryEmpty) => Some(RootCause::EntryEmpty),
        Requester::Anonymous(AnonymousReason::Chosen) | Requester::User(_) => None,
    };
    ProbeFinding::no(Cause::NoCredentialsSent, root).or(&[Cause::RepositoryMissingOrNoAccess])
}

/// `MANIFEST_UNKNOWN` is said of missing repositories too (distribution 2.8), so the list of tags
/// decides.
fn not_found(transcript: &Transcript, refusal: &Refusal) -> ProbeFinding {
    let no_repository = || {
        ProbeFinding::no(
            Cause::RepositoryMissingOrNoAccess,
            RootCause::RepositoryMissing,
        )
    };
    match &transcript.tags {
        Some(Tags::Listed(_)) => ProbeFinding::no(Cause::ImageNotFound, RootCause::TagMissing),
        Some(Tags::NoRepository) => no_repository(),
        Some(Tags::Unknown) | None if refusal.has("NAME_UNKNOWN") => no_repository(),
        Some(Tags::Unknown) | None => {
            ProbeFinding::no(Cause::ImageNotFound, None).or(&[Cause::RepositoryMissingOrNoAccess])
        }
    }
}

/// Whether this registry answers for a missing repository as for a private one. Of a registry that
/// we do not know it is assumed.
fn hides_repositories(transcript: &Transcript) -> bool {
    registries::find_by_host(transcript.image.host())
        .is_none_or(|preset| preset.missing_repository == MissingRepositoryBehavior::LooksPrivate)
}
