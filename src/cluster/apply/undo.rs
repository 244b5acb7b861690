//! Taking back: what was there is put back where nobody has changed it since.

use serde_json::Value;

use super::{
    accounts,
    alike::Alike,
    bodies, convert,
    create::create,
    delete::{Seen, unmake},
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

pub(super) async fn take_back(
    server: Server<'_>,
    change: &Change,
    before: &Before,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let state = |alike: &Alike, seen: &Revision| Seen::State(alike.now(seen));
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
            unmake(server, &paths::secret(key), &state(alike, seen)).await
        }
        (Change::CopySecret(copy), Before::Made(seen)) => {
            unmake(server, &paths::secret(&copy.to), &state(alike, seen)).await
        }
        (Change::CreateAccount { key, .. }, Before::Made(seen)) => {
            unmake(server, &paths::account(key), &state(alike, seen)).await
        }
        // Its status is written all the time: the version says nothing of what a person changed.
        (Change::CreateDeployment(deployment), Before::Made(Revision { uid, .. })) => {
            let path = paths::workload(&deployment.id());
            unmake(server, &path, &Seen::Object(uid.clone())).await
        }
        (Change::EditSecret { key, .. }, Before::Content { object, left }) => {
            put_back(server, key, object, *left, alike).await
        }
        (Change::CopySecret(copy), Before::Content { object, left }) => {
            put_back(server, &copy.to, object, *left, alike).await
        }
        (Change::ConvertSecret { key, .. }, Before::Was { object, after }) => {
            convert_back(server, key, object, after.as_ref(), alike).await
        }
        (Change::DeleteSecret { key }, Before::Was { object, .. }) => {
            let secrets = paths::secrets(&key.namespace);
            revive(server, &secrets, parsed(object)?, alike).await
        }
        (Change::DeleteAccount { key }, Before::Was { object, .. }) => {
            let accounts = paths::accounts(&key.namespace);
            revive(server, &accounts, parsed(object)?, alike).await
        }
        // A change keeps what takes it back; another pair is not made.
        (_, _) => Ok(failed("what was there before is not known")),
    }
}

/// Gives a Secret its old content again.
async fn put_back(
    server: Server<'_>,
    key: &Key<Secret>,
    object: &str,
    left: u64,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let before = parsed(object)?;
    let (done, now) = secrets::put_back(server, key, &before, left).await?;
    if done.outcome.is_good() {
        alike.learn(bodies::revision(&before), now);
    }
    Ok(done)
}

/// Gives a Secret its old type again.
async fn convert_back(
    server: Server<'_>,
    key: &Key<Secret>,
    object: &str,
    after: Option<&Revision>,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let old = parsed(object)?;
    let found = match server.get(&paths::secret(key)).await {
        Ok(found) => found,
        Err(Trouble::NotFound(_)) => {
            return revive(server, &paths::secrets(&key.namespace), old, alike).await;
        }
        Err(trouble) => return Err(trouble),
    };
    if is_same(&found, &old) {
        return Ok(unchanged(&found));
    }
    let is_ours = match after {
        Some(seen) => alike.now(seen) == bodies::revision(&found),
        // Whether it was made was not known.
        None => convert::replacement(&old).is_some_and(|(_, made)| is_same(&found, &made)),
    };
    if !is_ours {
        return Ok(failed(CHANGED));
    }
    let done = convert::swap(server, key, &found, &bodies::reborn(&old)).await?;
    if let (
        Some(Before::Was {
            after: Some(now), ..
        }),
        false,
    ) = (&done.before, server.rehearses())
    {
        alike.learn(bodies::revision(&old), now.clone());
    }
    // What is taken back is not made again; where it failed, the first attempt's `Before` is still there.
    Ok(Done {
        before: None,
        ..done
    })
}

/// Makes again what was deleted; `collection` is where.
async fn revive(
    server: Server<'_>,
    collection: &str,
    old: Wiped,
    alike: &mut Alike,
) -> Result<Done, Trouble> {
    let object = bodies::reborn(&old);
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    // Somebody has made it again: that is as good, if it holds the same.
    let fits = |there: &Value| {
        let same = is_same(there, &object);
        let why = || "somebody has made another one of that name".to_owned();
        same.then_some(()).ok_or_else(why)
    };
    let done = create(server, collection, name.unwrap_or_default(), &object, fits).await?;
    if let (Some(Before::Made(now)), false) = (&done.before, server.rehearses()) {
        alike.learn(bodies::revision(&old), now.clone());
    }
    Ok(done)
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
            let done = take_back(server, &deleted, &before, &mut Alike::default()).await;
            assert_eq!(done.unwrap().outcome.is_good(), good);
        }
    }
}
