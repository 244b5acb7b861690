//! Changes to an object that is there: read, patched for the version that was read, and read again when
//! somebody wrote in between or the answer was lost.
//!
//! A patch whose answer is lost is sent again for the same version. At most one of the two can be stored,
//! so what is there afterwards says whether it was.

use serde_json::Value;

use super::{
    backoff::Backoff,
    bodies,
    lost::Lost,
    patch::Patch,
    server::{MANAGER, Server, applied, failed, unchanged, unknown, with_traces},
    wiped::Wiped,
};
use crate::{
    cluster::Trouble,
    domain::plan::{Change, ChangeResult},
};

/// What is to be done with an object as it was found.
pub(super) enum Step {
    /// It is so already.
    Keep,
    /// It must not be changed, for this reason.
    Refuse(String),
    Write(Patch),
}

/// What became of a change to an object that is there.
pub(super) enum Updated {
    Kept(Wiped),
    Refused {
        found: Wiped,
        why: String,
    },
    /// `now`: as the server has stored it; admission may have changed what was sent.
    Written {
        found: Wiped,
        now: Wiped,
    },
    Unknown {
        found: Wiped,
        why: String,
    },
}

/// A patch of which it is not known whether it was stored.
struct Unanswered {
    found: Wiped,
    patch: Patch,
    lost: Lost,
}

/// Changes an object; `step` says how, and is asked again when the object has been changed meanwhile.
pub(super) async fn update(
    server: Server<'_>,
    path: &str,
    step: impl Fn(&Value) -> Step,
) -> Result<Updated, Trouble> {
    let mut backoff = server.backoff();
    let mut found = read(server, path, &mut backoff).await?;
    let mut unanswered: Option<Unanswered> = None;
    loop {
        let patch = match step(&found) {
            Step::Keep => return Ok(Updated::Kept(found)),
            Step::Refuse(why) => return Ok(Updated::Refused { found, why }),
            Step::Write(patch) => patch,
        };
        let sent = match (server.patch(path, &patch).await, unanswered.take()) {
            (Ok(now), _) => return Ok(Updated::Written { found, now }),
            // A refusal says nothing of the attempt before it.
            (Err(trouble), Some(sent)) => sent.and(trouble),
            (Err(trouble), None) if server.loses(&trouble) => Unanswered {
                found,
                patch,
                lost: Lost::and(None, trouble),
            },
            (Err(trouble @ Trouble::Conflict(_)), None) => {
                if !backoff.after_conflict().await {
                    return Err(trouble);
                }
                found = read(server, path, &mut backoff).await?;
                continue;
            }
            (Err(trouble), None) => {
                if !server.rehearses() && backoff.after_trouble(&trouble).await {
                    continue;
                }
                return Err(trouble);
            }
        };
        let now = match look(server, path, &mut backoff).await {
            Ok(Some(now)) => now,
            Ok(None) => return Ok(sent.given_up(true)),
            Err(trouble) => return Err(trouble),
        };
        if bodies::revision(&now) == bodies::revision(&sent.found) {
            // Not stored so far: for the same version it can be sent again.
            if !backoff.before_look().await {
                let may_come = sent.lost.may_come();
                return Ok(sent.given_up(may_come));
            }
            unanswered = Some(sent);
        } else if sent.patch.holds(&now)
            || matches!(step(&now), Step::Keep)
            || changes_nothing(server, path, &sent.patch, &now).await
        {
            let found = sent.found;
            // What somebody else has made so must not be taken back.
            return Ok(if has_written(&found, &now) {
                Updated::Written { found, now }
            } else {
                Updated::Kept(now)
            });
        } else if !backoff.after_conflict().await {
            return Ok(sent.given_up(true));
        }
        found = now;
    }
}

/// Reads an object; again while the trouble may pass, unless it is a rehearsal: there somebody waits who can
/// try again.
pub(super) async fn read(
    server: Server<'_>,
    path: &str,
    backoff: &mut Backoff,
) -> Result<Wiped, Trouble> {
    loop {
        match server.get(path).await {
            Err(trouble) if !server.rehearses() && backoff.after_trouble(&trouble).await => {}
            answer => return answer,
        }
    }
}

/// Reads an object after an answer was lost; `None` when the server cannot be asked.
pub(super) async fn look(
    server: Server<'_>,
    path: &str,
    backoff: &mut Backoff,
) -> Result<Option<Wiped>, Trouble> {
    loop {
        match server.get(path).await {
            Ok(now) => return Ok(Some(now)),
            Err(trouble @ Trouble::NotFound(_)) => return Err(trouble),
            Err(Trouble::Forbidden(_)) => return Ok(None),
            Err(_) if backoff.before_look().await => {}
            Err(_) => return Ok(None),
        }
    }
}

/// Whether an object is as the server would make it of this patch: admission may have changed what was sent, so
/// that the object does not hold what the patch says. `managedFields` are no proof: another `pullscope` writes
/// under the same name, and a field that somebody else takes over disappears from ours.
async fn changes_nothing(server: Server<'_>, path: &str, patch: &Patch, now: &Value) -> bool {
    let tried = server.trying().patch(path, &patch.onto(now)).await;
    tried.is_ok_and(|tried| bodies::content(&tried) == bodies::content(now))
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

impl Unanswered {
    /// The same patch for the same version was sent again, and ended so.
    fn and(self, trouble: Trouble) -> Self {
        Self {
            lost: Lost::and(Some(self.lost), trouble),
            ..self
        }
    }

    fn given_up(self, unknown: bool) -> Updated {
        let Self { found, lost, .. } = self;
        if unknown {
            let why = lost.to_string();
            return Updated::Unknown { found, why };
        }
        let why = format!("{lost}; checked again, and nothing was stored");
        Updated::Refused { found, why }
    }
}

impl Updated {
    /// The object as it was found.
    pub(super) fn found(&self) -> &Wiped {
        match self {
            Self::Kept(found)
            | Self::Refused { found, .. }
            | Self::Written { found, .. }
            | Self::Unknown { found, .. } => found,
        }
    }

    /// The object as the server has stored it, where that is known.
    pub(super) fn now(&self) -> Option<&Wiped> {
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
            Self::Refused { found, why } => with_traces(&found, failed(why)),
            Self::Written { found, .. } => applied(&found),
            Self::Unknown { found, why } => with_traces(&found, unknown(&why)),
        }
    }
}

#[cfg(test)]
mod tests;
