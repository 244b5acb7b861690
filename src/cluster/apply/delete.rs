//! Deleting an object in the state that was seen, and no other.

use serde_json::{Value, json};

use super::{
    backoff::Backoff,
    bodies,
    lost::Lost,
    server::{CHANGED, Server, failed, unknown, with_traces},
    update::{look, read},
};
use crate::{
    cluster::Trouble,
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

/// What became of a deletion.
#[derive(Debug)]
pub(super) enum Deleted {
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
    server: Server<'_>,
    path: &str,
    precondition: &Precondition,
) -> Result<Deleted, Trouble> {
    let mut backoff = server.backoff();
    let mut lost: Option<Lost> = None;
    loop {
        let trouble = match server.delete(path, precondition.options()).await {
            Ok(answer) => {
                return Ok(match bodies::deleting(&answer) {
                    Some(why) => Deleted::Lingers(why),
                    None => Deleted::Gone,
                });
            }
            Err(trouble) => trouble,
        };
        if lost.is_none() && !server.loses(&trouble) {
            return match trouble {
                Trouble::NotFound(_) => Ok(Deleted::Absent),
                Trouble::Conflict(_) => Ok(Deleted::Changed),
                trouble if !server.rehearses() && backoff.after_trouble(&trouble).await => {
                    continue;
                }
                trouble => Err(trouble),
            };
        }
        if matches!(trouble, Trouble::NotFound(_)) {
            return Ok(Deleted::Gone);
        }
        // It is another one by now, or in another state: to ask again is of no use.
        let is_over = matches!(trouble, Trouble::Conflict(_));
        let unanswered = Lost::and(lost.take(), trouble);
        if let Some(ended) = after_loss(server, path, precondition, &mut backoff).await {
            return Ok(ended);
        }
        // With its preconditions it can be asked for again: a later one is not deleted.
        if is_over || precondition.uid().is_none() || !backoff.before_look().await {
            return Ok(Deleted::Unknown(unanswered.to_string()));
        }
        lost = Some(unanswered);
    }
}

/// What is seen of a deletion whose answer was lost; `None`: the object is there as it was, or cannot be
/// read.
async fn after_loss(
    server: Server<'_>,
    path: &str,
    precondition: &Precondition,
    backoff: &mut Backoff,
) -> Option<Deleted> {
    match look(server, path, backoff).await {
        Err(_) => Some(Deleted::Gone),
        Ok(None) => None,
        Ok(Some(there)) => {
            let now = bodies::revision(&there);
            if precondition.uid().is_some_and(|uid| uid != now.uid) {
                return Some(Deleted::Gone);
            }
            if let Some(why) = bodies::deleting(&there) {
                return Some(Deleted::Lingers(why));
            }
            match precondition {
                Precondition::State(state) if *state != now => Some(Deleted::Changed),
                Precondition::State(_) | Precondition::Object(_) | Precondition::Name => None,
            }
        }
    }
}

/// Deletes an object as it is now, if it is the expected one; `undo` creates it again. Returns what was found
/// too.
pub(super) async fn remove(
    server: Server<'_>,
    path: &str,
    expected: Option<&ObservedObject>,
    undo: impl FnOnce(ObjectSnapshot) -> Change,
) -> Result<(ChangeResult, Option<ObservedObject>), Trouble> {
    let found = match read(server, path, &mut server.backoff()).await {
        Err(Trouble::NotFound(_)) => return Ok((ChangeResult::new(Outcome::Unchanged), None)),
        found => found?,
    };
    let now = observed(&found);
    if let Some(why) = changed_since(server, expected, &now) {
        return Ok((with_traces(&found, failed(why)), Some(now)));
    }
    let state = Precondition::State(bodies::revision(&found));
    let undo = || Some(undo(ObjectSnapshot::from_object(&found)));
    let done = match delete(server, path, &state).await? {
        Deleted::Gone | Deleted::Lingers(_) => ChangeResult {
            undo: undo(),
            ..ChangeResult::new(Outcome::Applied)
        },
        Deleted::Absent => ChangeResult::new(Outcome::Unchanged),
        Deleted::Changed => {
            failed("it was just changed by someone else: check it before you delete it")
        }
        Deleted::Unknown(why) => ChangeResult {
            undo: undo(),
            ..unknown(&why)
        },
    };
    Ok((with_traces(&found, done), Some(now)))
}

/// An object as a preview shows it and as it is compared.
pub(super) fn observed(found: &Value) -> ObservedObject {
    ObservedObject {
        uid: bodies::revision(found).uid,
        content: bodies::content(found),
    }
}

/// Why an object is not deleted: it is not the one that the preview showed.
pub(super) fn changed_since(
    server: Server<'_>,
    expected: Option<&ObservedObject>,
    now: &ObservedObject,
) -> Option<&'static str> {
    let expected = expected.filter(|expected| server.expects() && *expected != now)?;
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
pub(super) async fn unmake(
    server: Server<'_>,
    path: &str,
    created: &Created,
) -> Result<ChangeResult, Trouble> {
    let waits_for_late = created.may_come_again && !server.rehearses();
    let mut backoff = server.backoff();
    loop {
        let (state, was_read) = match read(server, path, &mut backoff).await {
            Ok(found) if server.expects() => {
                let now = bodies::revision(&found);
                // One that came late has another uid.
                let is_other =
                    |revision: &ObjectVersion| revision.uid != now.uid && !created.may_come_again;
                if created.revision.as_ref().is_some_and(is_other)
                    || bodies::content(&found) != created.content
                {
                    return Ok(failed(CHANGED));
                }
                (now, true)
            }
            // In a rehearsal an earlier change of the plan has yet to put its content back.
            Ok(found) => (bodies::revision(&found), true),
            Err(Trouble::NotFound(_)) if waits_for_late => {
                return unmake_late(server, path, created.content).await;
            }
            Err(Trouble::NotFound(_)) => return Ok(ChangeResult::new(Outcome::Unchanged)),
            Err(trouble @ Trouble::Forbidden(_)) => match &created.revision {
                Some(revision) => (revision.clone(), false),
                None => return Err(trouble),
            },
            Err(trouble) => return Err(trouble),
        };
        return Ok(
            match delete(server, path, &Precondition::State(state)).await? {
                Deleted::Gone | Deleted::Lingers(_) if waits_for_late => {
                    unmake_late(server, path, created.content).await?
                }
                Deleted::Gone | Deleted::Lingers(_) => ChangeResult::new(Outcome::Applied),
                Deleted::Absent => ChangeResult::new(Outcome::Unchanged),
                // A Deployment's status is written all the time.
                Deleted::Changed if was_read && backoff.after_conflict().await => continue,
                Deleted::Changed => failed(CHANGED),
                Deleted::Unknown(why) => unknown(&why),
            },
        );
    }
}

/// Waits for what a request that was not answered may create again, and deletes it.
async fn unmake_late(
    server: Server<'_>,
    path: &str,
    content: u64,
) -> Result<ChangeResult, Trouble> {
    let mut backoff = server.backoff();
    while backoff.before_look().await {
        let found = match server.get(path).await {
            Ok(found) if bodies::deleting(&found).is_none() => found,
            Ok(_) | Err(_) => continue,
        };
        // What somebody else has created meanwhile stays, and keeps the late one out.
        if bodies::content(&found) != content {
            return Ok(ChangeResult::new(Outcome::Applied));
        }
        let state = Precondition::State(bodies::revision(&found));
        if let Deleted::Gone | Deleted::Lingers(_) = delete(server, path, &state).await? {
            return Ok(ChangeResult::new(Outcome::Applied));
        }
    }
    let why = "it does not exist, but a request without a response may still create it: check again later";
    Ok(ChangeResult::new(Outcome::Unknown(why.to_owned())))
}

#[cfg(test)]
mod tests;
