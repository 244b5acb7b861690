//! Creates an object; an existing one that fits counts as success.
//!
//! The object is looked for before it is made. One that is there after a lost answer, and was not before, is
//! ours where it is what was sent; else somebody has made it meanwhile, and it is never deleted by undo.

use serde::Serialize;
use serde_json::Value;

use super::{
    api::{ApiServer, MANAGER, failed, unchanged, unknown},
    backoff::WriteBackoff,
    lost_write::LostWrite,
    patches,
    secret_value::SecretValue,
    update::read,
};
use crate::{
    cluster::ApiError,
    domain::plan::{Change, ChangeResult, Created, Outcome},
};

/// How the creation of an object ended.
#[derive(Debug)]
pub(super) enum Creation {
    Created(Created),
    /// Somebody else has created an object of that name.
    Present(ChangeResult),
    /// It was not created.
    Absent(ChangeResult),
    /// The answer was lost, and it may still be created.
    Unknown(ChangeResult, Created),
}

impl Creation {
    /// `late`: a request before the one that has created it may still be delivered.
    fn from_created(object: &Value, late: bool) -> Self {
        Self::Created(Created {
            revision: Some(patches::object_version(object)),
            content: patches::content(object),
            may_come_again: late,
        })
    }

    /// What became of the change, with the change that takes it back.
    pub(super) fn done(self, undo: impl FnOnce(Created) -> Change) -> ChangeResult {
        match self {
            Self::Created(created) => ChangeResult {
                undo: Some(undo(created)),
                ..ChangeResult::new(Outcome::Applied)
            },
            Self::Present(done) | Self::Absent(done) => done,
            Self::Unknown(done, created) => ChangeResult {
                undo: Some(undo(created)),
                ..done
            },
        }
    }

    /// What became of a change that is not taken back.
    pub(super) fn done_for_good(self) -> ChangeResult {
        match self {
            Self::Created(_) => ChangeResult::new(Outcome::Applied),
            Self::Present(done) | Self::Absent(done) | Self::Unknown(done, _) => done,
        }
    }
}

/// Makes an object; `fits` says why one that is there already is not as good.
pub(super) async fn create(
    server: ApiServer<'_>,
    collection: &str,
    name: &str,
    body: &impl Serialize,
    fits: impl Fn(&Value) -> Result<(), String>,
) -> Result<Creation, ApiError> {
    let path = format!("{collection}/{name}");
    let mut backoff = server.backoff();
    let was_absent = match read(server, &path, &mut backoff).await {
        Ok(there) => return Ok(from_existing(&there, &fits)),
        Err(ApiError::NotFound(_)) => true,
        // Whoever may make it need not be allowed to read it.
        Err(ApiError::Forbidden(_)) => false,
        // Nothing was sent. If it were, nobody could tell afterwards whose the object is.
        Err(error) => return Err(error),
    };
    let mut lost: Option<LostWrite> = None;
    loop {
        let late = lost.as_ref().is_some_and(LostWrite::may_still_arrive);
        let error = match server.post(collection, body).await {
            Ok(object) => return Ok(Creation::from_created(&object, late)),
            Err(error) => error,
        };
        if lost.is_none() && !server.may_be_stored(&error) {
            match error {
                error @ ApiError::AlreadyExists(_) => {
                    return Ok(match lookup(server, &path, &mut backoff).await {
                        ObjectLookup::Present(there) => from_existing(&there, &fits),
                        ObjectLookup::Absent | ObjectLookup::Unreadable => {
                            Creation::Present(failed(format!(
                                "{error}; it cannot be read, so it may or may not be the same"
                            )))
                        }
                    });
                }
                // A quota is counted by several at once.
                error @ ApiError::Conflict(_) => {
                    if !backoff.after_conflict().await {
                        return Err(error);
                    }
                    continue;
                }
                error => {
                    if !server.is_dry_run() && backoff.after_error(&error).await {
                        continue;
                    }
                    return Err(error);
                }
            }
        }
        let unanswered = LostWrite::merge(lost.take(), error);
        match lookup(server, &path, &mut backoff).await {
            ObjectLookup::Present(there) => {
                let sent = serialize_body(body)?;
                let is_ours = was_absent && fits(&there).is_ok() && is_as_sent(&there, &sent);
                return Ok(if is_ours {
                    Creation::from_created(&there, unanswered.may_arrive_again())
                } else {
                    from_existing(&there, &fits)
                });
            }
            ObjectLookup::Unreadable => return not_known(&unanswered, body),
            ObjectLookup::Absent => {}
        }
        if !backoff.before_read().await {
            return given_up(&unanswered, body);
        }
        lost = Some(unanswered);
    }
}

fn serialize_body(body: &impl Serialize) -> Result<SecretValue, ApiError> {
    let body =
        serde_json::to_value(body).map_err(|error| ApiError::Transport(error.to_string()))?;
    Ok(SecretValue::from(body))
}

/// Whether an object that has come after a lost answer is the one that was sent.
///
/// It was written by us, as far as the server tells who wrote it, nobody has begun to delete it, and it holds
/// what was sent and nothing that the server does not fill in. One that somebody else made meanwhile may be as
/// good, but it is not ours to delete.
fn is_as_sent(there: &Value, sent: &Value) -> bool {
    let managers = there.pointer("/metadata/managedFields");
    let is_ours = managers.and_then(Value::as_array).is_none_or(|managers| {
        managers.iter().any(|entry| {
            entry.get("manager").and_then(Value::as_str) == Some(MANAGER)
                && entry.get("operation").and_then(Value::as_str) == Some("Update")
        })
    });
    // Of these the server fills in nothing.
    let is_equal = ["type", "data", "immutable", "imagePullSecrets"]
        .iter()
        .all(|field| there.get(field) == sent.get(field));
    is_ours
        && patches::pending_deletion(there).is_none()
        && is_equal
        && patches::meta(there) == patches::meta(sent)
        && contains(
            there.get("spec").unwrap_or(&Value::Null),
            sent.get("spec").unwrap_or(&Value::Null),
        )
}

/// Whether a value has all of another one; the server fills in fields.
fn contains(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => wanted.iter().all(|(field, wanted)| {
            there
                .get(field)
                .is_some_and(|there| contains(there, wanted))
        }),
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len()
                && there
                    .iter()
                    .zip(wanted)
                    .all(|(one, other)| contains(one, other))
        }
        // What was not sent is the server's.
        (_, Value::Null) => true,
        (there, wanted) => there == wanted,
    }
}

enum ObjectLookup {
    Present(SecretValue),
    Absent,
    Unreadable,
}

async fn lookup(server: ApiServer<'_>, path: &str, backoff: &mut WriteBackoff) -> ObjectLookup {
    match super::update::read_after_loss(server, path, backoff).await {
        Ok(Some(there)) => ObjectLookup::Present(there),
        Ok(None) => ObjectLookup::Unreadable,
        Err(_) => ObjectLookup::Absent,
    }
}

fn given_up(lost: &LostWrite, body: &impl Serialize) -> Result<Creation, ApiError> {
    if lost.may_still_arrive() {
        return not_known(lost, body);
    }
    let why = format!("{lost}; it does not exist");
    Ok(Creation::Absent(failed(why)))
}

/// What was sent may be there, or come later: that is what undo looks for.
fn not_known(lost: &LostWrite, body: &impl Serialize) -> Result<Creation, ApiError> {
    let sent = serialize_body(body)?;
    let created = Created {
        revision: None,
        content: patches::content(&sent),
        may_come_again: lost.may_still_arrive(),
    };
    Ok(Creation::Unknown(unknown(&lost.to_string()), created))
}

/// An object that somebody has made before.
fn from_existing(there: &Value, fits: &impl Fn(&Value) -> Result<(), String>) -> Creation {
    if let Some(why) = patches::pending_deletion(there) {
        return Creation::Present(failed(why));
    }
    Creation::Present(match fits(there) {
        Ok(()) => unchanged(there),
        Err(why) => failed(why),
    })
}

#[cfg(test)]
mod tests;
