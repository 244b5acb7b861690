//! Taking back: what was there is put back where nobody has changed it since.

use serde_json::{Value, json};

use super::{
    accounts,
    alike::Alike,
    bodies, secrets,
    server::{CHANGED, Server, failed, is_conflict, precondition, unchanged},
    wiped::Wiped,
    workloads,
};
use crate::{
    cluster::{Trouble, paths},
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
        (Change::SetTemplatePullSecrets { workload, .. }, Before::List { before, after, .. }) => {
            workloads::set_pull_secrets(server, workload.id(), |list| {
                accounts::restored(list, before, after)
            })
            .await
        }
        (Change::CreateSecret { key, .. }, Before::Made(seen)) => {
            unmake(server, &paths::secret(key), precondition(&alike.now(seen))).await
        }
        (Change::CopySecret(copy), Before::Made(seen)) => {
            let path = paths::secret(&copy.to);
            unmake(server, &path, precondition(&alike.now(seen))).await
        }
        (Change::CreateAccount { key, .. }, Before::Made(seen)) => {
            unmake(server, &paths::account(key), precondition(&alike.now(seen))).await
        }
        // Its status is written all the time: the version says nothing of what a person changed.
        (Change::CreateDeployment(deployment), Before::Made(Revision { uid, .. })) => {
            let path = paths::workload(&deployment.id());
            unmake(server, &path, json!({ "uid": uid })).await
        }
        (
            Change::EditSecret { key, .. },
            Before::Was {
                object,
                after: Some(after),
            },
        ) => put_back(server, key, object, after, alike).await,
        (
            Change::CopySecret(copy),
            Before::Was {
                object,
                after: Some(after),
            },
        ) => put_back(server, &copy.to, object, after, alike).await,
        (Change::ConvertSecret { key }, Before::Was { object, after }) => {
            if let Some(seen) = after {
                let seen = precondition(&alike.now(seen));
                let gone = unmake(server, &paths::secret(key), seen).await?;
                // While the converted Secret is there, the server cannot try to make the old one.
                if !gone.outcome.is_good() || server.rehearses() {
                    return Ok(gone);
                }
            }
            revive(server, &paths::secrets(&key.namespace), object, alike).await
        }
        (Change::DeleteSecret { key }, Before::Was { object, .. }) => {
            revive(server, &paths::secrets(&key.namespace), object, alike).await
        }
        (Change::DeleteAccount { key }, Before::Was { object, .. }) => {
            revive(server, &paths::accounts(&key.namespace), object, alike).await
        }
        _ => Ok(failed("what was there before is not known")),
    }
}

/// Gives a Secret its old content again.
async fn put_back(
    server: Server<'_>,
    key: &Key<Secret>,
    object: &str,
    after: &Revision,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let before = parsed(object)?;
    let seen = alike.now(after);
    let (done, now) = secrets::put_back(server, key, &before, &seen).await?;
    // A rehearsal stores nothing: the next change is tried on what is there.
    let now = if server.rehearses() { Some(seen) } else { now };
    if let Some(now) = now {
        alike.learn(bodies::revision(&before), now);
    }
    Ok(done)
}

/// Makes again what was deleted; `collection` is where.
async fn revive(
    server: Server<'_>,
    collection: &str,
    object: &str,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let object = parsed(object)?;
    let was = bodies::revision(&object);
    let object = bodies::reborn(object);
    let done = server.create(collection, &object).await?;
    if done.outcome == Outcome::Unchanged {
        return same(server, collection, &object).await;
    }
    if let (Some(Before::Made(now)), false) = (&done.before, server.rehearses()) {
        alike.learn(was, now.clone());
    }
    Ok(done)
}

/// Somebody has made it again: that is as good, if it holds the same.
async fn same(server: Server<'_>, collection: &str, object: &Value) -> Result<Done, Trouble> {
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    let path = format!("{collection}/{}", name.unwrap_or_default());
    let there = server.get(&path).await?;
    let holds = ["type", "data", "imagePullSecrets"];
    Ok(
        if holds
            .iter()
            .all(|field| there.get(field) == object.get(field))
        {
            unchanged(&there)
        } else {
            failed("somebody has made another one of that name")
        },
    )
}

/// Deletes what was made, unless it is another one by now.
async fn unmake(server: Server<'_>, path: &str, seen: Value) -> Result<Done, Trouble> {
    match server.delete(path, Some(seen)).await {
        Ok(()) => Ok(Done::new(Outcome::Applied)),
        Err(Trouble::NotFound(_)) => Ok(Done::new(Outcome::Unchanged)),
        Err(trouble) if is_conflict(&trouble) => Ok(failed(CHANGED)),
        Err(trouble) => Err(trouble),
    }
}

fn parsed(object: &str) -> Result<Wiped, Trouble> {
    serde_json::from_str::<Value>(object)
        .map(Wiped::from)
        .map_err(|_| Trouble::Other("what was kept of it cannot be read".to_owned()))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::{
        cluster::{apply::server::Mode, mock},
        domain::key::{Name, Namespace},
    };

    #[tokio::test]
    async fn another_secret_of_the_same_name_is_not_the_one_that_was_deleted() {
        let secret = |value: &str| {
            let meta = json!({ "name": "regcred", "namespace": "app" });
            json!({ "metadata": meta, "type": "Opaque", "data": { "a": value } })
        };
        let before = Before::was(&secret("old"), None);
        for (there, good) in [("old", true), ("new", false)] {
            let there = secret(there).to_string();
            let connection = mock::connection(move |method, _| {
                Some(match *method {
                    Method::POST => (409, String::new()),
                    _ => (200, there.clone()),
                })
            });
            let key = Key::new(Namespace::new("app"), Name::new("regcred"));
            let deleted = Change::DeleteSecret { key };
            let server = Server::new(&connection, Mode::Earnest);
            let done = take_back(server, &deleted, &before, &mut Alike::default()).await;
            assert_eq!(done.unwrap().outcome.is_good(), good);
        }
    }
}
