//! Converts a Secret to another type. The field is immutable, so the Secret is deleted and made again.
//!
//! In between there is none. So the whole replacement is tried before, by a dry run under a name that is
//! free, and the old one is deleted only in the state of which the replacement was made. No second Secret is
//! stored under another name meanwhile: it would be a copy of a credential that stays behind whenever the
//! program ends or the right to delete it is missing. Should the replacement be refused after all, the old
//! Secret is put back; should that fail too, it is kept in memory, and the commands that make it again are
//! told.

use std::{future::Future, sync::Arc, time::Duration};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::{
    api::{ApiServer, applied, failed, unchanged, with_managers},
    create::Creation,
    delete::{DeleteOutcome, Precondition, changed_since, delete, observed},
    patches,
    secret_value::SecretValue,
    secrets::{KEY, TYPE, create_as_given, kind},
};
use crate::{
    cluster::{ApiError, paths, random::random},
    domain::{
        k8s::{
            object_ref::{LONGEST_NAME, ObjectRef},
            objects::Secret,
        },
        plan::{
            Change, ChangeResult, ConvertSecret, Converted, ObjectSnapshot, ObjectVersion, Outcome,
            SecretOutline, Undoable, recreated,
        },
        registry_auth::docker_config::ConfigFormat,
    },
};

/// Pauses between attempts to create the replacement after the old Secret was deleted: a restarted server is back by
/// then.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Pause between later attempts.
const LAST_PAUSE: Duration = Duration::from_secs(8);

/// Limit of `Retry-After`, as the Secret is missing meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Time limits of the phases of a conversion, each with its last request: read and dry run, delete, create, restore.
const LOOKING: Duration = Duration::from_secs(20);
const DELETING: Duration = Duration::from_secs(40);
const CREATING: Duration = Duration::from_secs(60);
const PUTTING_BACK: Duration = Duration::from_secs(50);

/// Limit of one request of a conversion, whatever limit the user has set: the Secret may be missing meanwhile.
const REQUEST: Duration = Duration::from_secs(10);

/// Maximum duration of a conversion. Shutdown waits longer (`runtime::active_changes`).
pub const CONVERSION_LIMIT: Duration = LOOKING
    .saturating_add(DELETING)
    .saturating_add(CREATING)
    .saturating_add(PUTTING_BACK);

/// Converts a Secret of another type to a pull secret; all of its data is kept.
pub(super) async fn convert(
    server: ApiServer<'_>,
    change: &ConvertSecret,
) -> Result<ChangeResult, ApiError> {
    let key = &change.key;
    let found = read_secret(server, key).await?;
    if let Some(why) = patches::pending_deletion(&found) {
        return Ok(failed(why));
    }
    if kind(&found) == TYPE {
        return Ok(unchanged(&found));
    }
    let Some((source, replacement)) = replacement(&found) else {
        return Ok(failed(format!(
            "{key} has no Docker configuration: recreate it with a credential"
        )));
    };
    let outline = SecretOutline::from_secret(&found, &source);
    let undo = |after: Option<ObjectVersion>| {
        let object = Arc::new(ObjectSnapshot::from_object(&found));
        Some(change.undo(Converted { object, after }))
    };
    let now = observed(&found);
    let done = match changed_since(server, change.before.as_ref(), &now) {
        Some(why) => with_managers(&found, failed(why)),
        None => replace(server, key, &found, &replacement, &undo).await?,
    };
    let found = ConvertSecret {
        found: Some(Arc::new(outline)),
        before: Some(now),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..done
    })
}

/// The undo of a conversion, from what was created, as far as that is known.
pub(super) type Undo<'a> = dyn Fn(Option<ObjectVersion>) -> Option<Change> + Sync + 'a;

/// Reads the Secret to convert.
pub(super) async fn read_secret(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
) -> Result<SecretValue, ApiError> {
    let server = server.with_limits(REQUEST, REQUEST);
    server.get(&paths::secret(key)).await
}

/// The pull secret that replaces the Secret, and the data key of its configuration.
pub(super) fn replacement(found: &Value) -> Option<(String, SecretValue)> {
    let source = source(found)?;
    let stored = found.get("data")?.get(&source)?;
    let config = configuration(&source, stored.as_str()?)?;
    let encoded = Value::String(BASE64_STANDARD.encode(config.as_bytes()));
    let mut object = patches::strip_server_fields(found);
    let fields = object.as_object_mut()?;
    fields.insert("type".to_owned(), json!(TYPE));
    let data = fields.get_mut("data")?.as_object_mut()?;
    drop(data.insert(KEY.to_owned(), encoded).map(SecretValue::from));
    Some((source, object))
}

/// The key under which a Secret holds a Docker configuration: the one that the kubelet reads, else the first
/// that does.
fn source(secret: &Value) -> Option<String> {
    let data = secret.get("data")?.as_object()?;
    let first = data.get_key_value(KEY).into_iter();
    let holds = |key: &str, value: &Value| {
        let encoded = value.as_str();
        encoded.is_some_and(|encoded| configuration(key, encoded).is_some())
    };
    let mut holding = first.chain(data).filter(|(key, value)| holds(key, value));
    holding.next().map(|(key, _)| key.clone())
}

/// The Docker configuration in a value, in the form that the kubelet reads: without a byte order mark, not
/// encoded once more, and that of a `.dockercfg` below `auths`.
fn configuration(key: &str, encoded: &str) -> Option<Zeroizing<String>> {
    let stored = decoded(encoded)?;
    if is_configuration(&stored) {
        return Some(stored);
    }
    if let Some(inner) = decoded(stored.trim()).filter(|inner| is_configuration(inner)) {
        return Some(inner);
    }
    let legacy: Option<&RawValue> = serde_json::from_str(&stored).ok();
    let entries = legacy.filter(|_| key == ConfigFormat::LegacyCfg.data_key())?;
    let entries = entries.get();
    entries
        .starts_with('{')
        .then(|| Zeroizing::new(format!("{{\"auths\":{entries}}}")))
}

/// The text of a value; Windows editors put a byte order mark in front.
fn decoded(encoded: &str) -> Option<Zeroizing<String>> {
    let bytes = BASE64_STANDARD.decode(encoded).map(Zeroizing::new).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Some(Zeroizing::new(text.to_owned()))
}

fn is_configuration(text: &str) -> bool {
    /// What tells one; the logins are not even read.
    #[derive(Deserialize)]
    struct Config<'a> {
        #[serde(borrow)]
        auths: &'a RawValue,
    }
    let found: Result<Config<'_>, _> = serde_json::from_str(text);
    found.is_ok_and(|found| found.auths.get().starts_with('{'))
}

/// Deletes the Secret that was found and creates the new one.
pub(super) async fn replace(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    found: &SecretValue,
    wanted: &SecretValue,
    undo: &Undo<'_>,
) -> Result<ChangeResult, ApiError> {
    let held = patches::finalizers(found).join(", ");
    if !held.is_empty() {
        return Ok(failed(format!(
            "it has finalizers ({held}), so it cannot be recreated at once: remove them first"
        )));
    }
    let trying = server.with_limits(LOOKING.saturating_sub(REQUEST), REQUEST);
    if let Err(error) = dry_run_under_other_name(trying, key, wanted).await {
        return Ok(failed(format!(
            "the server rejects the new Secret, so the old one is kept: {error}"
        )));
    }
    let state = Precondition::State(patches::object_version(found));
    let deleting = server.with_limits(DELETING, REQUEST);
    match delete(deleting, &paths::secret(key), &state).await? {
        DeleteOutcome::Gone => {}
        DeleteOutcome::Lingers(_) if server.is_dry_run() => {}
        DeleteOutcome::Absent | DeleteOutcome::Changed => {
            return Ok(failed(
                "it was just changed by someone else, so it is left unchanged",
            ));
        }
        DeleteOutcome::Lingers(why) => {
            return Ok(ChangeResult {
                undo: undo(None),
                is_lost: true,
                ..failed(format!("{why}{}", manual_commands(key, [wanted, found])))
            });
        }
        DeleteOutcome::Unknown(why) => {
            return Ok(ChangeResult {
                undo: undo(None),
                is_lost: true,
                ..ChangeResult::new(Outcome::Unknown(format!(
                    "{why}; it may still be deleted: check it before you try again{}",
                    manual_commands(key, [wanted, found])
                )))
            });
        }
    }
    if server.is_dry_run() {
        return Ok(applied(found));
    }
    let creating = server.with_limits(CREATING, REQUEST);
    let refusals = RefusalLimit::Some(PAUSES.len());
    let (answer, may_be_ours) = retry_until_deadline(creating, refusals, || {
        create_as_given(creating, key, wanted)
    })
    .await;
    let why = match answer {
        Ok(Creation::Created(created)) => {
            return Ok(ChangeResult {
                undo: undo(created.revision),
                ..applied(found)
            });
        }
        // What is there after an attempt whose end was not known was made by it.
        Ok(Creation::Present(done)) if done.outcome.is_good() && may_be_ours => {
            let now = creating.get(&paths::secret(key)).await.ok();
            let after = now.map(|now| patches::object_version(&now));
            return Ok(ChangeResult {
                undo: undo(after),
                ..applied(found)
            });
        }
        // Somebody else has made it meanwhile, and the same.
        Ok(Creation::Present(done)) if done.outcome.is_good() => return Ok(done),
        Ok(Creation::Present(done) | Creation::Absent(done) | Creation::Unknown(done, _)) => {
            reason(done.outcome)
        }
        Err(error) => error.to_string(),
    };
    Ok(match put_back(server, key, found, wanted, why).await {
        PutBack::Old(done) => done,
        PutBack::New(revision) => ChangeResult {
            undo: undo(Some(revision)),
            ..applied(found)
        },
        PutBack::Neither(done) => ChangeResult {
            undo: undo(None),
            is_lost: true,
            ..done
        },
    })
}

/// Whether the server would take the Secret: tried under a name that is free, for its own is taken.
async fn dry_run_under_other_name(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    wanted: &SecretValue,
) -> Result<(), ApiError> {
    let suffix = format!("-{:016x}", random());
    let name = key.name.as_str();
    let room = LONGEST_NAME - suffix.len();
    // Each label of a name ends with a letter or a digit.
    let name = name.get(..room).unwrap_or(name);
    let name = format!("{}{suffix}", name.trim_end_matches(['.', '-']));
    let mut tried = SecretValue::from(Value::clone(wanted));
    if let Some(meta) = tried.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.insert("name".to_owned(), json!(name));
    }
    let secrets = paths::secrets(&key.namespace);
    server.as_dry_run().post(&secrets, &tried).await.map(drop)
}

/// Which Secret is there after the new one was refused and the old one was created again.
enum PutBack {
    Old(ChangeResult),
    /// The new one: a request that was given up has come late.
    New(ObjectVersion),
    /// The old one is kept in memory only, or a Secret of somebody else has its name.
    Neither(ChangeResult),
}

/// Makes the old Secret again after the new one was refused for this reason.
async fn put_back(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    found: &SecretValue,
    wanted: &SecretValue,
    why: String,
) -> PutBack {
    let old = patches::strip_server_fields(found);
    let server = server.with_limits(PUTTING_BACK, REQUEST);
    let (answer, _) = retry_until_deadline(server, RefusalLimit::All, || {
        create_as_given(server, key, &old)
    })
    .await;
    let error = match answer {
        Ok(creation) => match creation.done_for_good().outcome {
            outcome if outcome.is_good() => {
                return PutBack::Old(failed(format!("{why}; the old Secret is restored")));
            }
            outcome => outcome.to_string(),
        },
        Err(error) => error.to_string(),
    };
    if let Ok(there) = server.get(&paths::secret(key)).await
        && is_wanted(&there, wanted)
    {
        return PutBack::New(patches::object_version(&there));
    }
    // It is kept, so that it is not lost: taking the change back tries again.
    PutBack::Neither(failed(format!(
        "{why}; the old Secret was deleted and could not be restored: {error}{}",
        manual_commands(key, [wanted, found])
    )))
}

/// Whether a Secret that stays is the wanted one.
fn is_wanted(there: &Value, wanted: &Value) -> bool {
    let is_equal = |field: &str| there.get(field) == wanted.get(field);
    is_equal("type") && is_equal("data") && patches::pending_deletion(there).is_none()
}

/// The commands that create the pull secret, in one line, as the end of a sentence.
///
/// The password is asked for. Other keys, labels and annotations are known to this session only and are not restored.
/// One side of a conversion and of its undo is always a pull secret.
fn manual_commands(key: &ObjectRef<Secret>, sides: [&SecretValue; 2]) -> String {
    let encoded = sides.into_iter().find_map(|side| {
        let source = source(side)?;
        side.get("data")?.get(&source)?.as_str()
    });
    let bytes = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let bytes = Zeroizing::new(bytes.unwrap_or_default());
    let commands = recreated(key, &bytes).join(" && ");
    if commands.is_empty() {
        return "; restore it from a backup".to_owned();
    }
    format!(
        "; to restore its credentials by hand (not its other keys, labels and annotations): {commands}"
    )
}

/// Why a change was not made.
fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed(why) | Outcome::Unknown(why) => why,
        other @ (Outcome::Applied
        | Outcome::Unchanged
        | Outcome::NotNeeded(_)
        | Outcome::NotTried
        | Outcome::TakenBack) => other.to_string(),
    }
}

/// How many refusals by the server are waited for. One may pass too: a policy, a quota or a proxy that denies
/// for some seconds, a token that is about to be renewed.
#[derive(Clone, Copy)]
enum RefusalLimit {
    /// Then the other Secret is tried, rather than to leave none there.
    Some(usize),
    /// There is no other Secret: until the time is over.
    All,
}

/// Goes on until the time is over, or somebody else has created the Secret; says whether an attempt before the
/// last may have been stored.
async fn retry_until_deadline<F, R>(
    server: ApiServer<'_>,
    refusals: RefusalLimit,
    attempt: F,
) -> (Result<Creation, ApiError>, bool)
where
    F: Fn() -> R,
    R: Future<Output = Result<Creation, ApiError>>,
{
    let mut pauses = PAUSES.into_iter();
    let mut refused = 0;
    let mut may_be_ours = false;
    loop {
        let answer = attempt().await;
        let mut pause = pauses.next().unwrap_or(LAST_PAUSE);
        let is_refused = match &answer {
            Ok(Creation::Created(_) | Creation::Present(_)) => return (answer, may_be_ours),
            Ok(Creation::Absent(_)) | Err(ApiError::Conflict(_)) => false,
            Ok(Creation::Unknown(..)) => {
                may_be_ours = true;
                false
            }
            Err(ApiError::RetryAfter { after, .. }) => {
                pause = (*after).clamp(pause, LONGEST_PAUSE);
                false
            }
            Err(error) => !error.is_transient(),
        };
        refused += usize::from(is_refused);
        let gives_up = match refusals {
            RefusalLimit::Some(most) => refused > most,
            RefusalLimit::All => false,
        };
        let end = Instant::now() + pause;
        if gives_up || server.deadline().is_some_and(|deadline| end >= deadline) {
            return (answer, may_be_ours);
        }
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests;
