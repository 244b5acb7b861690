//! Detects failed pulls of images that have moved, and suggests the new name.
//!
//! The moves are data of `registry_auth::moved`. Whether the new name can be pulled is asked by a probe.

use super::{EvidenceSource, Fact, FindingBuilder, RootCause};
use crate::domain::{
    diagnostics::{
        Cause, ErrorDetail, FixId,
        classify::{Classification, Confidence},
    },
    message::ParsedMessage,
    registry_auth::{
        image_ref::ImageRef,
        moved::{Move, MoveSymptom, moved},
    },
};

/// Message of gcr.io for images of a project that was not migrated.
const STATED: &str = "Container Registry is deprecated";

/// Concludes a move, if the error is one that it causes.
pub(super) fn refine(draft: &mut FindingBuilder, message: &str, image: &ImageRef) {
    let Some((row, name)) = moved(image) else {
        return;
    };
    let is_stated = message.contains(STATED)
        || draft.cause == Cause::ForbiddenByPolicy && ParsedMessage::parse(message).has_status(412);
    if !is_symptom(row, draft.cause, is_stated) {
        return;
    }
    let fact = Fact::Moved {
        from: row.subject().into(),
        to: name.as_str().into(),
        since: row.since.into(),
        announced: row.source.into(),
    };
    draft.add_evidence(fact, EvidenceSource::KnownRegistries);
    if message.contains(STATED) {
        draft.prove_root(RootCause::Moved);
    } else {
        draft.root = Some(RootCause::Moved);
        draft.limit_confidence(Confidence::Likely);
    }
    // Neither a login nor a push brings back what the old name does not have any more.
    if matches!(row.symptom, MoveSymptom::Hidden | MoveSymptom::Stated) {
        draft.fixes = vec![FixId::CorrectImage];
    }
    draft.suggest_image(name);
}

/// What a message shows of a move: what has moved, and the image's new name.
pub fn suggested(found: &Classification) -> Option<(&'static str, String)> {
    let image = ImageRef::parse(found.image.as_deref()?).ok()?;
    let (row, name) = moved(&image)?;
    let is_stated = found.fault == Some(ErrorDetail::Retired);
    is_symptom(row, found.cause?, is_stated).then(|| (row.subject(), name))
}

fn is_symptom(row: &Move, cause: Cause, is_stated: bool) -> bool {
    let is_not_found = matches!(
        cause,
        Cause::ImageNotFound | Cause::RepositoryMissingOrNoAccess
    );
    match row.symptom {
        MoveSymptom::NotFound => is_not_found,
        MoveSymptom::Hidden => is_not_found || cause == Cause::NoCredentialsSent,
        MoveSymptom::Unavailable => is_not_found || is_no_answer(cause),
        MoveSymptom::Stated => is_stated,
    }
}

/// Whether the registry cannot be reached, or lets nobody in.
fn is_no_answer(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::NoCredentialsSent
            | Cause::Unauthorized
            | Cause::ForbiddenByPolicy
            | Cause::RegistryUnreachableDns
            | Cause::RegistryUnreachableRefused
            | Cause::RegistryUnreachableTimeout
            | Cause::RegistryUnreachableNoRoute
            | Cause::RegistryUnreachableReset
            | Cause::RegistryUnreachableProxy
            | Cause::Registry5xx
            | Cause::RegistryBadResponse
            | Cause::TlsHostnameOrExpired
            | Cause::TlsHandshakeFailure
    )
}
