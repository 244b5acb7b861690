//! Taking back: what was there is put back where nobody has changed it since.

use serde_json::{Value, json};

use super::{
    accounts,
    alike::Alike,
    bodies, is_conflict, secrets,
    server::{Server, failed, precondition},
    workloads,
};
use crate::{
    cluster::Trouble,
    domain::{
        key::Key,
        objects::Secret,
        plan::{Before, Change, Done, Outcome, Revision},
    },
};

pub(super) async fn take_back(
    server: Server<'_>,
    change: &Change,
    before: &Before,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    match (change, before) {
        (
            Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. },
            Before::List {
                before,
                after,
                seen,
            },
        ) => {
            let (done, now) = accounts::put_back(server, account, before, after).await?;
            alike.learn(seen.clone(), now);
            Ok(done)
        }
        (Change::CreateSecret { key, .. }, Before::Made(seen)) => {
            unmake(server, &secrets::path(key), precondition(&alike.now(seen))).await
        }
        (Change::CopySecret(copy), Before::Made(seen)) => {
            let path = secrets::path(&copy.to);
            unmake(server, &path, precondition(&alike.now(seen))).await
        }
        (Change::CreateAccount { key, .. }, Before::Made(seen)) => {
            unmake(server, &accounts::path(key), precondition(&alike.now(seen))).await
        }
        // Its status is written all the time: the version says nothing of what a person changed.
        (Change::CreateDeployment(deployment), Before::Made(Revision { uid, .. })) => {
            let path = workloads::path(&deployment.id());
            unmake(server, &path, json!({ "uid": uid })).await
        }
        (
            Change::EditSecret { key, .. },
            Before::Was {
                object,
                after: Some(after),
            },
        ) => put_back(server, key, &parsed(object)?, after, alike).await,
        (
            Change::CopySecret(copy),
            Before::Was {
                object,
                after: Some(after),
            },
        ) => put_back(server, &copy.to, &parsed(object)?, after, alike).await,
        (Change::ConvertSecret { key }, Before::Was { object, after }) => {
            if let Some(seen) = after {
                let seen = precondition(&alike.now(seen));
                let gone = unmake(server, &secrets::path(key), seen).await?;
                // While the converted Secret is there, the server cannot try to make the old one.
                if !gone.outcome.is_good() || server.rehearses() {
                    return Ok(gone);
                }
            }
            revive(server, &secrets::collection(&key.namespace), object, alike).await
        }
        (Change::DeleteSecret { key }, Before::Was { object, .. }) => {
            revive(server, &secrets::collection(&key.namespace), object, alike).await
        }
        (Change::DeleteAccount { key }, Before::Was { object, .. }) => {
            revive(server, &accounts::collection(&key.namespace), object, alike).await
        }
        _ => Ok(failed("what was there before is not known")),
    }
}

/// Gives a Secret its old content again.
async fn put_back(
    server: Server<'_>,
    key: &Key<Secret>,
    before: &Value,
    after: &Revision,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let seen = alike.now(after);
    let (done, now) = secrets::put_back(server, key, before, &seen).await?;
    // A rehearsal stores nothing: the next change is tried on what is there.
    let now = if server.rehearses() { Some(seen) } else { now };
    if let Some(now) = now {
        alike.learn(bodies::revision(before), now);
    }
    Ok(done)
}

/// Makes again what was deleted.
async fn revive(
    server: Server<'_>,
    collection: &str,
    object: &str,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let object = parsed(object)?;
    let was = bodies::revision(&object);
    let done = server.create(collection, &bodies::reborn(object)).await?;
    if let (Some(Before::Made(now)), false) = (&done.before, server.rehearses()) {
        alike.learn(was, now.clone());
    }
    Ok(done)
}

/// Deletes what was made, unless it is another one by now.
async fn unmake(server: Server<'_>, path: &str, seen: Value) -> Result<Done, Trouble> {
    match server.delete(path, Some(seen)).await {
        Ok(_) => Ok(Done::new(Outcome::Applied)),
        Err(Trouble::NotFound(_)) => Ok(Done::new(Outcome::Unchanged)),
        Err(trouble) if is_conflict(&trouble) => Ok(failed(CHANGED)),
        Err(trouble) => Err(trouble),
    }
}

/// Why something is not taken back.
pub(super) const CHANGED: &str = "somebody has changed it since, so it is left as it is";

fn parsed(object: &str) -> Result<Value, Trouble> {
    serde_json::from_str(object)
        .map_err(|_| Trouble::Other("what was kept of it cannot be read".to_owned()))
}
