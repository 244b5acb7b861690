//! Deletes an object with preconditions on uid and resourceVersion.

use serde_json::{Value, json};

use super::{
    api::{ApiServer, CHANGED, failed, unknown, with_managers},
    backoff::WriteBackoff,
    lost_write::LostWrite,
    patches,
    update::{read, read_after_loss},
};
use crate::{
    cluster::ApiError,
    domain::plan::{
        Change, ChangeResult, Created, ObjectSnapshot, ObjectVersion, ObservedObject, Outcome,
    },
};

/// What must hold for the object to be deleted.
#[derive(Clone, Debug)]
pub(super) enum Precondition {
    /// This object in this state.
    State(ObjectVersion),
    /// This object, whatever was written to it since.
    Object(String),
    /// Whatever bears the name.
    Name,
}

impl Precondition {
    fn options(&self) -> Option<Value> {
        match self {
            Self::State(ObjectVersion { uid, version }) => {
                Some(json!({ "uid": uid, "resourceVersion": version }))
            }
            Self::Object(uid) => Some(json!({ "uid": uid })),
            Self::Name => None,
        }
    }

    fn uid(&self) -> Option<&str> {
        match self {
            Self::State(ObjectVersion { uid, .. }) | Self::Object(uid) => Some(uid),
            Self::Name => None,
        }
    }
}

/// Outcome of a deletion.
#[derive(Debug)]
pub(super) enum DeleteOutcome {
    Gone,
    /// It is marked, and stays until its grace period is over or these finalizers are removed.
    Lingers(String),
    /// It was not there.
    Absent,
    /// It is another one by now, or in another state.
    Changed,
    Unknown(String),
}

pub(super) async fn delete(
    server: ApiServer<'_>,
    path: &str,
    precondition: &Precondition,
) -> Result<DeleteOutcome, ApiError> {
    let mut backoff = server.backoff();
    let mut lost: Option<LostWrite> = None;
    loop {
        let error = match server.delete(path, precondition.options()).await {
            Ok(answer) => {
                return Ok(match patches::pending_deletion(&answer) {
                    Some(why) => DeleteOutcome::Lingers(why),
                    None => DeleteOutcome::Gone,
                });
            }
            Err(error) => error,
        };
        if lost.is_none() && !server.may_be_stored(&error) {
            return match error {
                ApiError::NotFound(_) => Ok(DeleteOutcome::Absent),
                ApiError::Conflict(_) => Ok(DeleteOutcome::Changed),
                error if !server.is_dry_run() && backoff.after_error(&error).await => {
                    continue;
                }
                error => Err(error),
            };
        }
        if matches!(error, ApiError::NotFound(_)) {
            return Ok(DeleteOutcome::Gone);
        }
        // It is another one by now, or in another state: to ask again is of no use.
        let is_over = matches!(error, ApiError::Conflict(_));
        let unanswered = LostWrite::merge(lost.take(), error);
        if let Some(ended) = after_loss(server, path, precondition, &mut backoff).await {
            return Ok(ended);
        }
        // With its preconditions it can be asked for again: a later one is not deleted.
        if is_over || precondition.uid().is_none() || !backoff.before_read().await {
            return Ok(DeleteOutcome::Unknown(unanswered.to_string()));
        }
        lost = Some(unanswered);
    }
}

/// What is seen of a deletion whose answer was lost; `None`: the object is there as it was, or cannot be
/// read.
async fn after_loss(
    server: ApiServer<'_>,
    path: &str,
    precondition: &Precondition,
    backoff: &mut WriteBackoff,
) -> Option<DeleteOutcome> {
    match read_after_loss(server, path, backoff).await {
        Err(_) => Some(DeleteOutcome::Gone),
        Ok(None) => None,
        Ok(Some(there)) => {
            let now = patches::object_version(&there);
            if precondition.uid().is_some_and(|uid| uid != now.uid) {
                return Some(DeleteOutcome::Gone);
            }
            if let Some(why) = patches::pending_deletion(&there) {
                return Some(DeleteOutcome::Lingers(why));
            }
            match precondition {
                Precondition::State(state) if *state != now => Some(DeleteOutcome::Changed),
                Precondition::State(_) | Precondition::Object(_) | Precondition::Name => None,
            }
        }
    }
}

/// Deletes an object as it is now, if it is the expected one; `undo` creates it again. Returns what was found
/// too.
pub(super) async fn remove(
    server: ApiServer<'_>,
    path: &str,
    expected: Option<&ObservedObject>,
    undo: impl FnOnce(ObjectSnapshot) -> Change,
) -> Result<(ChangeResult, Option<ObservedObject>), ApiError> {
    let found = match read(server, path, &mut server.backoff()).await {
        Err(ApiError::NotFound(_)) => return Ok((ChangeResult::new(Outcome::Unchanged), None)),
        found => found?,
    };
    let now = observed(&found);
    if let Some(why) = changed_since(server, expected, &now) {
        return Ok((with_managers(&found, failed(why)), Some(now)));
    }
    let state = Precondition::State(patches::object_version(&found));
    let undo = || Some(undo(ObjectSnapshot::from_object(&found)));
    let done = match delete(server, path, &state).await? {
        DeleteOutcome::Gone | DeleteOutcome::Lingers(_) => ChangeResult {
            undo: undo(),
            ..ChangeResult::new(Outcome::Applied)
        },
        DeleteOutcome::Absent => ChangeResult::new(Outcome::Unchanged),
        DeleteOutcome::Changed => {
            failed("it was just changed by someone else: check it before you delete it")
        }
        DeleteOutcome::Unknown(why) => ChangeResult {
            undo: undo(),
            ..unknown(&why)
        },
    };
    Ok((with_managers(&found, done), Some(now)))
}

/// An object as a preview shows it and as it is compared.
pub(super) fn observed(found: &Value) -> ObservedObject {
    ObservedObject {
        uid: patches::object_version(found).uid,
        content: patches::content(found),
    }
}

/// Why an object is not deleted: it is not the one that the preview showed.
pub(super) fn changed_since(
    server: ApiServer<'_>,
    expected: Option<&ObservedObject>,
    now: &ObservedObject,
) -> Option<&'static str> {
    let expected = expected.filter(|expected| server.checks_expectations() && *expected != now)?;
    Some(if expected.uid == now.uid {
        "it was changed since the preview: check it before you delete it"
    } else {
        "it was deleted and recreated by someone else, so it is left unchanged"
    })
}

/// Deletes what a change has created, if it still holds what it did then. Where a request whose answer was lost
/// may create it again, it is looked for once more.
///
/// It is deleted in the state in which it was compared. Who may not read it deletes it in the state in which
/// it was made, or not at all.
pub(super) async fn delete_if_unchanged(
    server: ApiServer<'_>,
    path: &str,
    created: &Created,
) -> Result<ChangeResult, ApiError> {
    let waits_for_late = created.may_come_again && !server.is_dry_run();
    let mut backoff = server.backoff();
    loop {
        let (state, was_read) = match read(server, path, &mut backoff).await {
            Ok(found) if server.checks_expectations() => {
                let now = patches::object_version(&found);
                // One that came late has another uid.
                let is_other =
                    |revision: &ObjectVersion| revision.uid != now.uid && !created.may_come_again;
                if created.revision.as_ref().is_some_and(is_other)
                    || patches::content(&found) != created.content
                {
                    return Ok(failed(CHANGED));
                }
                (now, true)
            }
            // In a dry run an earlier change of the plan has yet to put its content back.
            Ok(found) => (patches::object_version(&found), true),
            Err(ApiError::NotFound(_)) if waits_for_late => {
                return delete_late_creation(server, path, created.content).await;
            }
            Err(ApiError::NotFound(_)) => return Ok(ChangeResult::new(Outcome::Unchanged)),
            Err(error @ ApiError::Forbidden(_)) => match &created.revision {
                Some(revision) => (revision.clone(), false),
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        return Ok(
            match delete(server, path, &Precondition::State(state)).await? {
                DeleteOutcome::Gone | DeleteOutcome::Lingers(_) if waits_for_late => {
                    delete_late_creation(server, path, created.content).await?
                }
                DeleteOutcome::Gone | DeleteOutcome::Lingers(_) => {
                    ChangeResult::new(Outcome::Applied)
                }
                DeleteOutcome::Absent => ChangeResult::new(Outcome::Unchanged),
                // A Deployment's status is written all the time.
                DeleteOutcome::Changed if was_read && backoff.after_conflict().await => continue,
                DeleteOutcome::Changed => failed(CHANGED),
                DeleteOutcome::Unknown(why) => unknown(&why),
            },
        );
    }
}

/// Waits for what a request that was not answered may create again, and deletes it.
async fn delete_late_creation(
    server: ApiServer<'_>,
    path: &str,
    content: u64,
) -> Result<ChangeResult, ApiError> {
    let mut backoff = server.backoff();
    while backoff.before_read().await {
        let found = match server.get(path).await {
            Ok(found) if patches::pending_deletion(&found).is_none() => found,
            Ok(_) | Err(_) => continue,
        };
        // What somebody else has created meanwhile stays, and keeps the late one out.
        if patches::content(&found) != content {
            return Ok(ChangeResult::new(Outcome::Applied));
        }
        let state = Precondition::State(patches::object_version(&found));
        if let DeleteOutcome::Gone | DeleteOutcome::Lingers(_) =
            delete(server, path, &state).await?
        {
            return Ok(ChangeResult::new(Outcome::Applied));
        }
    }
    let why = "it does not exist, but a request without a response may still create it: check again later";
    Ok(ChangeResult::new(Outcome::Unknown(why.to_owned())))
}

#[cfg(test)]
mod tests;
