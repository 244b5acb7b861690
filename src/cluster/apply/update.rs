//! Changes to an object that is there: read, patched for the version that was read, and read again when
//! somebody wrote in between or the answer was lost.
//!
//! A patch whose answer is lost is sent again for the same version. At most one of the two can be stored,
//! so what is there afterwards says whether it was.

use serde_json::Value;

use super::{
    bodies,
    patch::Patch,
    patience::Patience,
    server::{Server, applied, failed, unchanged, unknown, with_traces},
    wiped::Wiped,
};
use crate::{
    cluster::{Trouble, trouble::Fate},
    domain::plan::{Before, Done, Revision},
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
    Refused { found: Wiped, why: String },
    Written { found: Wiped, now: Wiped },
    Unknown { found: Wiped, why: String },
}

/// A patch of which it is not known whether it was stored.
struct Unanswered {
    found: Wiped,
    patch: Patch,
    trouble: Trouble,
}

/// Changes an object; `step` says how, and is asked again when the object has been changed meanwhile.
pub(super) async fn update(
    server: Server<'_>,
    path: &str,
    step: impl Fn(&Value) -> Step,
) -> Result<Updated, Trouble> {
    let mut patience = Patience::default();
    let mut found = server.get(path).await?;
    let mut unanswered: Option<Unanswered> = None;
    loop {
        let patch = match step(&found) {
            Step::Keep => return Ok(Updated::Kept(found)),
            Step::Refuse(why) => return Ok(Updated::Refused { found, why }),
            Step::Write(patch) => patch,
        };
        match server.patch(path, &patch).await {
            Ok(now) => return Ok(Updated::Written { found, now }),
            Err(trouble @ Trouble::Conflict(_)) => {
                if !patience.after_conflict().await {
                    return Err(trouble);
                }
            }
            Err(trouble) if server.loses(&trouble) => {
                unanswered = Some(Unanswered {
                    found,
                    patch,
                    trouble,
                });
            }
            Err(trouble) => return Err(trouble),
        }
        let Some(sent) = unanswered.take() else {
            found = server.get(path).await?;
            continue;
        };
        let now = match look(server, path, &mut patience).await {
            Ok(Some(now)) => now,
            Ok(None) => return Ok(sent.given_up(true)),
            Err(trouble) => return Err(trouble),
        };
        if bodies::revision(&now) == bodies::revision(&sent.found) {
            // Not stored so far: for the same version it can be sent again.
            if !patience.before_look().await {
                let may_come = sent.trouble.fate() == Fate::Pending;
                return Ok(sent.given_up(may_come));
            }
            unanswered = Some(sent);
        } else if sent.patch.holds(&now) || matches!(step(&now), Step::Keep) {
            let found = sent.found;
            return Ok(Updated::Written { found, now });
        }
        found = now;
    }
}

/// Reads an object after an answer was lost; `None` when the server cannot be asked.
pub(super) async fn look(
    server: Server<'_>,
    path: &str,
    patience: &mut Patience,
) -> Result<Option<Wiped>, Trouble> {
    loop {
        match server.get(path).await {
            Ok(now) => return Ok(Some(now)),
            Err(trouble @ Trouble::NotFound(_)) => return Err(trouble),
            Err(Trouble::Forbidden(_)) => return Ok(None),
            Err(_) if patience.before_look().await => {}
            Err(_) => return Ok(None),
        }
    }
}

impl Unanswered {
    fn given_up(self, unknown: bool) -> Updated {
        let Self { found, trouble, .. } = self;
        if unknown {
            let why = trouble.to_string();
            return Updated::Unknown { found, why };
        }
        let why = format!("{trouble}; it was read again, and nothing was stored");
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

    /// The state that the object is in now, as far as it is known.
    pub(super) fn revision(&self) -> Revision {
        match self {
            Self::Written { now, .. } => bodies::revision(now),
            Self::Kept(found) | Self::Refused { found, .. } | Self::Unknown { found, .. } => {
                bodies::revision(found)
            }
        }
    }

    /// What became of the change; `before` says how what was found is put back. Should a change have been
    /// stored of which that is not known, it can be taken back too.
    pub(super) fn done(self, before: impl FnOnce(&Value) -> Before) -> Done {
        let before = match &self {
            Self::Kept(_) | Self::Refused { .. } => None,
            Self::Written { found, .. } | Self::Unknown { found, .. } => Some(before(found)),
        };
        Done {
            before,
            ..self.done_for_good()
        }
    }

    /// What became of a change that is not taken back.
    pub(super) fn done_for_good(self) -> Done {
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
