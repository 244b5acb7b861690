//! Updates an existing object: read, patch with the `resourceVersion`, retry on conflict or lost response.
//!
//! A patch whose answer is lost is sent again for the same version. At most one of the two can be stored,
//! so what is there afterwards says whether it was.

use serde_json::Value;

use super::{
    api::{ApiServer, MANAGER, applied, failed, unchanged, unknown, with_managers},
    backoff::WriteBackoff,
    lost_write::LostWrite,
    patch::Patch,
    patches,
    secret_value::SecretValue,
};
use crate::{
    cluster::ApiError,
    domain::plan::{Change, ChangeResult},
};

/// What to do with an object as it was read.
pub(super) enum UpdateDecision {
    /// It is so already.
    Keep,
    /// It must not be changed, for this reason.
    Refuse(String),
    Write(Patch),
}

/// Outcome of an update.
pub(super) enum UpdateOutcome {
    Kept(SecretValue),
    Refused {
        found: SecretValue,
        why: String,
    },
    /// `now`: as the server has stored it; admission may have changed what was sent.
    Written {
        found: SecretValue,
        now: SecretValue,
    },
    Unknown {
        found: SecretValue,
        why: String,
    },
}

/// A patch whose response was lost.
struct UnansweredPatch {
    found: SecretValue,
    patch: Patch,
    lost_write: LostWrite,
}

/// Changes an object; `step` says how, and is asked again when the object has been changed meanwhile.
pub(super) async fn update(
    server: ApiServer<'_>,
    path: &str,
    step: impl Fn(&Value) -> UpdateDecision,
) -> Result<UpdateOutcome, ApiError> {
    let mut backoff = server.backoff();
    let mut found = read(server, path, &mut backoff).await?;
    let mut unanswered: Option<UnansweredPatch> = None;
    loop {
        let patch = match step(&found) {
            UpdateDecision::Keep => return Ok(UpdateOutcome::Kept(found)),
            UpdateDecision::Refuse(why) => return Ok(UpdateOutcome::Refused { found, why }),
            UpdateDecision::Write(patch) => patch,
        };
        let sent = match (server.patch(path, &patch).await, unanswered.take()) {
            (Ok(now), _) => return Ok(UpdateOutcome::Written { found, now }),
            // A refusal says nothing of the attempt before it.
            (Err(error), Some(sent)) => sent.merge(error),
            (Err(error), None) if server.may_be_stored(&error) => UnansweredPatch {
                found,
                patch,
                lost_write: LostWrite::merge(None, error),
            },
            (Err(error @ ApiError::Conflict(_)), None) => {
                if !backoff.after_conflict().await {
                    return Err(error);
                }
                found = read(server, path, &mut backoff).await?;
                continue;
            }
            (Err(error), None) => {
                if !server.is_dry_run() && backoff.after_error(&error).await {
                    continue;
                }
                return Err(error);
            }
        };
        let now = match read_after_loss(server, path, &mut backoff).await {
            Ok(Some(now)) => now,
            Ok(None) => return Ok(sent.given_up(true)),
            Err(error) => return Err(error),
        };
        if patches::object_version(&now) == patches::object_version(&sent.found) {
            // Not stored so far: for the same version it can be sent again.
            if !backoff.before_read().await {
                let may_come = sent.lost_write.may_still_arrive();
                return Ok(sent.given_up(may_come));
            }
            unanswered = Some(sent);
        } else if sent.patch.is_applied_to(&now)
            || matches!(step(&now), UpdateDecision::Keep)
            || changes_nothing(server, path, &sent.patch, &now).await
        {
            let found = sent.found;
            // What somebody else has made so must not be taken back.
            return Ok(if has_written(&found, &now) {
                UpdateOutcome::Written { found, now }
            } else {
                UpdateOutcome::Kept(now)
            });
        } else if !backoff.after_conflict().await {
            return Ok(sent.given_up(true));
        }
        found = now;
    }
}

/// Reads an object; again after a transient error, unless it is a dry run: there somebody waits who can
/// try again.
pub(super) async fn read(
    server: ApiServer<'_>,
    path: &str,
    backoff: &mut WriteBackoff,
) -> Result<SecretValue, ApiError> {
    loop {
        match server.get(path).await {
            Err(error) if !server.is_dry_run() && backoff.after_error(&error).await => {}
            answer => return answer,
        }
    }
}

/// Reads an object after an answer was lost; `None` when the server cannot be asked.
pub(super) async fn read_after_loss(
    server: ApiServer<'_>,
    path: &str,
    backoff: &mut WriteBackoff,
) -> Result<Option<SecretValue>, ApiError> {
    loop {
        match server.get(path).await {
            Ok(now) => return Ok(Some(now)),
            Err(error @ ApiError::NotFound(_)) => return Err(error),
            Err(ApiError::Forbidden(_)) => return Ok(None),
            Err(_) if backoff.before_read().await => {}
            Err(_) => return Ok(None),
        }
    }
}

/// Whether an object is as the server would make it of this patch: admission may have changed what was sent, so
/// that the object does not hold what the patch says. `managedFields` are no proof: another `pullscope` writes
/// under the same name, and a field that somebody else takes over disappears from ours.
async fn changes_nothing(server: ApiServer<'_>, path: &str, patch: &Patch, now: &Value) -> bool {
    let tried = server
        .as_dry_run()
        .patch(path, &patch.rebased_on(now))
        .await;
    tried.is_ok_and(|tried| patches::content(&tried) == patches::content(now))
}

/// Whether an object bears a later write of ours than before, as far as `managedFields` tell. A field that
/// somebody else takes over disappears from our entry, which is no write. Two writes of ours in one second are
/// told apart by nothing, but then nobody else has written.
fn has_written(before: &Value, now: &Value) -> bool {
    let (then, ours) = (entries(before, true), entries(now, true));
    let is_later = ours.iter().any(|entry| {
        let same_time = |old: &&&Value| old.get("time") == entry.get("time");
        let old = then.iter().find(same_time);
        old.is_none_or(|old| !is_part_of(&entry["fieldsV1"], &old["fieldsV1"]))
    });
    is_later || (!ours.is_empty() && entries(before, false) == entries(now, false))
}

/// Who has written which fields of an object, without its status: our own entries, or those of others.
fn entries(object: &Value, ours: bool) -> Vec<&Value> {
    let managers = object.pointer("/metadata/managedFields");
    let managers = managers.and_then(Value::as_array).into_iter().flatten();
    let is_meant = |entry: &&Value| {
        let is_ours = entry.get("manager").and_then(Value::as_str) == Some(MANAGER);
        is_ours == ours && entry.get("subresource").is_none()
    };
    managers.filter(is_meant).collect()
}

/// Whether a tree of fields has no field that the other one lacks.
fn is_part_of(part: &Value, whole: &Value) -> bool {
    let mut fields = part.as_object().into_iter().flatten();
    fields.all(|(name, inner)| whole.get(name).is_some_and(|it| is_part_of(inner, it)))
}

impl UnansweredPatch {
    /// The same patch for the same version was sent again, and ended so.
    fn merge(self, error: ApiError) -> Self {
        Self {
            lost_write: LostWrite::merge(Some(self.lost_write), error),
            ..self
        }
    }

    fn given_up(self, unknown: bool) -> UpdateOutcome {
        let Self {
            found,
            lost_write: lost,
            ..
        } = self;
        if unknown {
            let why = lost.to_string();
            return UpdateOutcome::Unknown { found, why };
        }
        let why = format!("{lost}; checked again, and nothing was stored");
        UpdateOutcome::Refused { found, why }
    }
}

impl UpdateOutcome {
    /// The object as it was found.
    pub(super) fn found(&self) -> &SecretValue {
        match self {
            Self::Kept(found)
            | Self::Refused { found, .. }
            | Self::Written { found, .. }
            | Self::Unknown { found, .. } => found,
        }
    }

    /// The object as the server has stored it, where that is known.
    pub(super) fn now(&self) -> Option<&SecretValue> {
        match self {
            Self::Written { now, .. } => Some(now),
            Self::Kept(_) | Self::Refused { .. } | Self::Unknown { .. } => None,
        }
    }

    /// What became of the change; `undo` says how what was found is put back in place of what is stored, as
    /// far as that is known. Should a change have been stored of which that is not known, it can be taken back
    /// too.
    pub(super) fn done(self, undo: impl FnOnce(&Value, Option<&Value>) -> Change) -> ChangeResult {
        let undo = match &self {
            Self::Kept(_) | Self::Refused { .. } => None,
            Self::Written { found, now } => Some(undo(found, Some(now))),
            Self::Unknown { found, .. } => Some(undo(found, None)),
        };
        ChangeResult {
            undo,
            ..self.done_for_good()
        }
    }

    /// What became of a change that is not taken back.
    pub(super) fn done_for_good(self) -> ChangeResult {
        match self {
            Self::Kept(found) => unchanged(&found),
            Self::Refused { found, why } => with_managers(&found, failed(why)),
            Self::Written { found, .. } => applied(&found),
            Self::Unknown { found, why } => with_managers(&found, unknown(&why)),
        }
    }
}

#[cfg(test)]
mod tests;
