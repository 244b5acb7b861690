//! Taking back: what was there is put back where nobody has changed it since.

use serde_json::{Value, json};

use super::{
    accounts, bodies, is_conflict, secrets,
    server::{Server, failed, precondition},
    workloads,
};
use crate::{
    cluster::Trouble,
    domain::plan::{Before, Change, Done, Outcome, Revision},
};

pub(super) async fn take_back(
    server: Server<'_>,
    change: &Change,
    before: &Before,
) -> Result<Done, Trouble> {
    match (change, before) {
        (
            Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. },
            Before::List { before, after },
        ) => accounts::put_back(server, account, before, after).await,
        (Change::CreateSecret { key, .. }, Before::Made(seen)) => {
            unmake(server, &secrets::path(key), precondition(seen)).await
        }
        (Change::CopySecret(copy), Before::Made(seen)) => {
            unmake(server, &secrets::path(&copy.to), precondition(seen)).await
        }
        (Change::CreateAccount { key, .. }, Before::Made(seen)) => {
            unmake(server, &accounts::path(key), precondition(seen)).await
        }
        // Its status is written all the time: the version says nothing of what a person changed.
        (Change::CreateDeployment(deployment), Before::Made(Revision { uid, .. })) => {
            let path = workloads::path(&deployment.id());
            unmake(server, &path, json!({ "uid": uid })).await
        }
        (Change::EditSecret { key, .. }, Before::Was { object, after }) => {
            secrets::put_back(server, key, &parsed(object)?, after.as_ref()).await
        }
        (Change::CopySecret(copy), Before::Was { object, after }) => {
            secrets::put_back(server, &copy.to, &parsed(object)?, after.as_ref()).await
        }
        (Change::ConvertSecret { key }, Before::Was { object, after }) => {
            let collection = secrets::collection(&key.namespace);
            if let Some(seen) = after {
                let gone = unmake(server, &secrets::path(key), precondition(seen)).await?;
                // While the converted Secret is there, the server cannot try to make the old one.
                if !gone.outcome.is_good() || server.rehearses() {
                    return Ok(gone);
                }
            }
            server
                .create(&collection, &bodies::reborn(parsed(object)?))
                .await
        }
        (Change::DeleteSecret { key }, Before::Was { object, .. }) => {
            let collection = secrets::collection(&key.namespace);
            server
                .create(&collection, &bodies::reborn(parsed(object)?))
                .await
        }
        (Change::DeleteAccount { key }, Before::Was { object, .. }) => {
            let collection = format!("/api/v1/namespaces/{}/serviceaccounts", key.namespace);
            server
                .create(&collection, &bodies::reborn(parsed(object)?))
                .await
        }
        _ => Ok(failed("what was there before is not known")),
    }
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
