//! Taking back: what was there is put back where nobody has changed it since.

use serde_json::Value;

use super::{
    accounts, bodies, convert,
    create::create,
    delete::unmake,
    secrets,
    server::{CHANGED, Server, failed, unchanged},
    wiped::Wiped,
    workloads,
};
use crate::{
    cluster::{Trouble, paths},
    domain::{
        key::Key,
        objects::Secret,
        plan::{Before, Change, Done, Revision},
    },
};

/// Why nothing is taken back: the change keeps something else, or nothing.
const NOT_KEPT: &str = "what was there before is not known";

pub(super) async fn take_back(
    server: Server<'_>,
    change: &Change,
    before: &Before,
) -> Result<Done, Trouble> {
    match change {
        Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. } => {
            let Some((before, after)) = before.list() else {
                return Ok(failed(NOT_KEPT));
            };
            accounts::put_back(server, account, before, after).await
        }
        Change::SetTemplatePullSecrets { workload, .. } => {
            let Some((before, after)) = before.list() else {
                return Ok(failed(NOT_KEPT));
            };
            let restored = |list: &[_]| accounts::restored(list, before, after);
            workloads::set_pull_secrets(server, workload.id(), restored).await
        }
        Change::CreateSecret { key, .. } => unmade(server, &paths::secret(key), before).await,
        Change::CreateAccount { key, .. } => unmade(server, &paths::account(key), before).await,
        Change::CreateDeployment(deployment) => {
            unmade(server, &paths::workload(&deployment.id()), before).await
        }
        Change::EditSecret { key, .. } => put_back(server, key, before).await,
        Change::CopySecret(copy) if before.made().is_some() => {
            unmade(server, &paths::secret(&copy.to), before).await
        }
        Change::CopySecret(copy) => put_back(server, &copy.to, before).await,
        Change::ConvertSecret { key, .. } => {
            let Some((object, after)) = before.was_object() else {
                return Ok(failed(NOT_KEPT));
            };
            convert_back(server, key, object, after).await
        }
        Change::DeleteSecret { key } => {
            revived(server, &paths::secrets(&key.namespace), before).await
        }
        Change::DeleteAccount { key } => {
            revived(server, &paths::accounts(&key.namespace), before).await
        }
        // Taken back by a change of their own kind (`plan::undo`), or not at all.
        Change::CreateNamespace(_)
        | Change::SetAccount { .. }
        | Change::SetImage { .. }
        | Change::Restart(_)
        | Change::SetPaused { .. }
        | Change::RollBack { .. }
        | Change::DeletePod { .. }
        | Change::DeleteJob { .. }
        | Change::TakeBack { .. } => Ok(failed(NOT_KEPT)),
    }
}

/// Deletes what a change has made.
async fn unmade(server: Server<'_>, path: &str, before: &Before) -> Result<Done, Trouble> {
    match before.made() {
        Some((seen, content)) => unmake(server, path, seen, content).await,
        None => Ok(failed(NOT_KEPT)),
    }
}

/// Gives a Secret its old content again.
async fn put_back(server: Server<'_>, key: &Key<Secret>, before: &Before) -> Result<Done, Trouble> {
    match before.rewritten() {
        Some((object, left)) => {
            let object = parsed(object)?;
            secrets::put_back(server, key, &object, left).await
        }
        None => Ok(failed(NOT_KEPT)),
    }
}

/// Gives a Secret its old type again.
async fn convert_back(
    server: Server<'_>,
    key: &Key<Secret>,
    object: &str,
    after: Option<&Revision>,
) -> Result<Done, Trouble> {
    let old = parsed(object)?;
    let found = match convert::look(server, key).await {
        Ok(found) => found,
        Err(Trouble::NotFound(_)) => {
            return revive(server, &paths::secrets(&key.namespace), &old).await;
        }
        Err(trouble) => return Err(trouble),
    };
    if is_same(&found, &old) {
        return Ok(unchanged(&found));
    }
    // What was made of it is there in the state in which it was made, or holds what it held then: `after` is
    // not known where the answer was lost, and is another one where it was deleted and made again since.
    let holds_the_same = || {
        convert::replacement(&old).is_some_and(|(_, made)| {
            is_same(&found, &made) && bodies::meta(&found) == bodies::meta(&made)
        })
    };
    let is_as_left = after.is_some_and(|after| *after == bodies::revision(&found));
    let is_ours = is_as_left || holds_the_same();
    if server.expects() && !is_ours {
        return Ok(failed(CHANGED));
    }
    let done = convert::swap(server, key, &found, &bodies::reborn(&old)).await?;
    // What is taken back is not made again; where it failed, the first attempt's `Before` is still there.
    Ok(Done {
        before: None,
        ..done
    })
}

/// Makes again what a change has deleted.
async fn revived(server: Server<'_>, collection: &str, before: &Before) -> Result<Done, Trouble> {
    match before.was_object() {
        Some((object, _)) => {
            let object = parsed(object)?;
            revive(server, collection, &object).await
        }
        None => Ok(failed(NOT_KEPT)),
    }
}

/// Makes again what was deleted; `collection` is where.
async fn revive(server: Server<'_>, collection: &str, old: &Wiped) -> Result<Done, Trouble> {
    let object = bodies::reborn(old);
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    // Somebody has made it again: that is as good, if it holds the same.
    let fits = |there: &Value| {
        let same = is_same(there, &object);
        let why = || "somebody has made another one of that name".to_owned();
        same.then_some(()).ok_or_else(why)
    };
    let done = create(server, collection, name.unwrap_or_default(), &object, fits).await?;
    Ok(Done {
        before: None,
        ..done
    })
}

/// Whether two objects hold the same.
fn is_same(there: &Value, wanted: &Value) -> bool {
    let holds = ["type", "data", "imagePullSecrets"];
    holds
        .iter()
        .all(|field| there.get(field) == wanted.get(field))
}

fn parsed(object: &str) -> Result<Wiped, Trouble> {
    serde_json::from_str::<Value>(object)
        .map(Wiped::from)
        .map_err(|_| Trouble::Other("what was kept of it cannot be read".to_owned()))
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use super::*;
    use crate::{
        cluster::{apply::server::Mode, mock},
        domain::key::{Name, Namespace},
    };

    #[tokio::test]
    async fn another_secret_of_the_same_name_is_not_the_one_that_was_deleted() {
        let secret = |value: &str, deleting: bool| {
            let mut meta = json!({ "name": "regcred", "namespace": "app" });
            if deleting {
                meta["deletionTimestamp"] = json!("2026-11-30T10:00:00Z");
            }
            json!({ "metadata": meta, "type": "Opaque", "data": { "a": value } })
        };
        let before = Before::was(&secret("old", false), None);
        for (there, good) in [
            (secret("old", false), true),
            (secret("new", false), false),
            (secret("old", true), false),
        ] {
            let connection = mock::connection(move |method, _| {
                assert_eq!(method, Method::GET, "it is seen before");
                Some((200, there.to_string()))
            });
            let key = Key::new(Namespace::new("app"), Name::new("regcred"));
            let deleted = Change::DeleteSecret { key };
            let server = Server::new(&connection, Mode::Earnest);
            let done = take_back(server, &deleted, &before).await;
            assert_eq!(done.unwrap().outcome.is_good(), good);
        }
    }
}
