//! Undoes changes: restores the previous state unless somebody has changed the object since.

use std::sync::Arc;

use serde_json::Value;

use super::{
    accounts,
    api::{ApiServer, CHANGED, failed, unchanged},
    convert,
    create::create,
    delete::delete_if_unchanged,
    patches,
    secret_value::SecretValue,
    secrets,
    update::UpdateOutcome,
    workloads,
};
use crate::{
    cluster::{ApiError, paths},
    domain::{
        k8s::{
            object_ref::ObjectRef,
            objects::{AnyObjectRef, Secret},
        },
        plan::{ChangeResult, Converted, ListChange, ObjectSnapshot, Reversal, TakeBack},
    },
};

pub(super) async fn roll_back(
    server: ApiServer<'_>,
    change: &TakeBack,
) -> Result<ChangeResult, ApiError> {
    match &change.reversal {
        Reversal::Delete(created) => {
            delete_if_unchanged(server, &paths::object(&change.change.object()), created).await
        }
        Reversal::AccountList { account, list } => {
            let reverted = |now: &[_]| list.reverted(now);
            let (updated, list) =
                accounts::change_list(server, account, list.uid.as_deref(), reverted).await?;
            Ok(list_done(change, updated, list))
        }
        Reversal::TemplateList { workload, list } => {
            let reverted = |now: &[_]| list.reverted(now);
            let (updated, list) =
                workloads::change_list(server, workload.id(), list.uid.as_deref(), reverted)
                    .await?;
            Ok(list_done(change, updated, list))
        }
        Reversal::Content { secret, before } => {
            let object = parsed(&before.object)?;
            secrets::restore(server, secret, &object, before.written).await
        }
        Reversal::Type { secret, before } => convert_back(server, change, secret, before).await,
        Reversal::Create(before) => {
            let object = parsed(before)?;
            let collection = collection(&change.change.object());
            recreate(server, &collection, &object).await
        }
    }
}

fn list_done(change: &TakeBack, updated: UpdateOutcome, list: ListChange) -> ChangeResult {
    ChangeResult {
        found: Some(change.with_list(list)),
        ..updated.done_for_good()
    }
}

/// Where objects of this kind are created.
fn collection(object: &AnyObjectRef) -> String {
    match object {
        AnyObjectRef::Namespace(_) => paths::NAMESPACES.to_owned(),
        AnyObjectRef::Secret(key) => paths::secrets(&key.namespace),
        AnyObjectRef::ServiceAccount(key) => paths::accounts(&key.namespace),
        AnyObjectRef::Pod(key) => paths::pods(&key.namespace),
        AnyObjectRef::Workload(id) => paths::workloads(id.kind, &id.key.namespace),
    }
}

/// Gives a Secret its old type again.
async fn convert_back(
    server: ApiServer<'_>,
    change: &TakeBack,
    key: &ObjectRef<Secret>,
    before: &Arc<Converted>,
) -> Result<ChangeResult, ApiError> {
    let old = parsed(&before.object)?;
    let after = before.after.as_ref();
    let found = match convert::read_secret(server, key).await {
        Ok(found) => found,
        // What was made is known, and was there: it is not missing because of us.
        Err(ApiError::NotFound(_)) if after.is_some() && server.checks_expectations() => {
            let why = "it was deleted since, so it is not recreated";
            return Ok(failed(why));
        }
        Err(ApiError::NotFound(_)) => {
            let done = recreate(server, &paths::secrets(&key.namespace), &old).await?;
            let found = Some(change.with_absent_secret(key, before));
            return Ok(ChangeResult { found, ..done });
        }
        Err(error) => return Err(error),
    };
    if is_same(&found, &old) {
        return Ok(unchanged(&found));
    }
    // What was made of it is there in the state in which it was made, or holds what it held then: `after` is
    // not known where the answer was lost, and is another one where it was deleted and made again since.
    let holds_the_same = || {
        convert::replacement(&old).is_some_and(|(_, made)| {
            is_same(&found, &made) && patches::meta(&found) == patches::meta(&made)
        })
    };
    let is_as_left = after.is_some_and(|after| *after == patches::object_version(&found));
    let is_ours = is_as_left || holds_the_same();
    if server.checks_expectations() && !is_ours {
        return Ok(failed(CHANGED));
    }
    // What is taken back is not made again; where it failed, the first attempt's undo is still there.
    let done = convert::replace(
        server,
        key,
        &found,
        &patches::strip_server_fields(&old),
        &|_| None,
    )
    .await?;
    let found = done.is_lost.then(|| change.with_absent_secret(key, before));
    Ok(ChangeResult { found, ..done })
}

/// Makes again what was deleted; `collection` is where.
async fn recreate(
    server: ApiServer<'_>,
    collection: &str,
    old: &SecretValue,
) -> Result<ChangeResult, ApiError> {
    let object = patches::strip_server_fields(old);
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    // Somebody has made it again: that is as good, if it holds the same.
    let fits = |there: &Value| {
        let same = is_same(there, &object);
        let why = || "another object of that name exists".to_owned();
        same.then_some(()).ok_or_else(why)
    };
    let creation = create(server, collection, name.unwrap_or_default(), &object, fits).await?;
    Ok(creation.done_for_good())
}

/// Whether two objects hold the same.
fn is_same(there: &Value, wanted: &Value) -> bool {
    let holds = ["type", "data", "immutable", "imagePullSecrets"];
    holds
        .iter()
        .all(|field| there.get(field) == wanted.get(field))
}

fn parsed(object: &ObjectSnapshot) -> Result<SecretValue, ApiError> {
    serde_json::from_str::<Value>(object.json())
        .map(SecretValue::from)
        .map_err(|_| ApiError::Transport("its saved state cannot be read".to_owned()))
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use super::*;
    use crate::{
        cluster::{apply::api::WriteMode, mock},
        domain::{
            k8s::object_ref::{Name, Namespace},
            plan::{Change, ConvertSecret, DeleteSecret, ObjectVersion, Outcome, Undoable},
        },
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
        for (there, good) in [
            (secret("old", false), true),
            (secret("new", false), false),
            (secret("old", true), false),
        ] {
            let connection = mock::connection(move |method, _| {
                assert_eq!(method, Method::GET, "it is seen before");
                Some((200, there.to_string()))
            });
            let key = ObjectRef::new(Namespace::new("app"), Name::new("regcred"));
            let before = ObjectSnapshot::from_object(&secret("old", false));
            let Change::TakeBack(undo) = DeleteSecret::new(key).undo(before) else {
                panic!("a deletion is taken back by creating the object again")
            };
            let server = ApiServer::new(&connection, WriteMode::Apply);
            let done = roll_back(server, &undo).await;
            assert_eq!(done.unwrap().outcome.is_good(), good);
        }
    }

    #[tokio::test]
    async fn what_somebody_has_deleted_since_a_conversion_is_not_created_again() {
        let secret = json!({
            "metadata": { "name": "regcred", "namespace": "app" },
            "type": "Opaque", "data": { "a": "old" },
        });
        for (after, is_created) in [(None, true), (Some("9"), false)] {
            let object = secret.clone();
            let connection = mock::connection(move |method, _| {
                Some(if method == Method::POST {
                    assert!(is_created, "nothing is written");
                    (201, object.to_string())
                } else {
                    (404, String::new())
                })
            });
            let convert =
                ConvertSecret::new(ObjectRef::new(Namespace::new("app"), Name::new("regcred")));
            let Change::TakeBack(undo) = convert.undo(Converted {
                object: Arc::new(ObjectSnapshot::from_object(&secret)),
                after: after.map(|version| ObjectVersion {
                    uid: "v".to_owned(),
                    version: version.to_owned(),
                }),
            }) else {
                panic!("a conversion is taken back by another one")
            };
            let server = ApiServer::new(&connection, WriteMode::Apply);
            let done = roll_back(server, &undo).await.unwrap();
            assert_eq!(done.outcome.is_good(), is_created, "{done:?}");
        }
    }

    #[tokio::test]
    async fn a_converted_secret_that_somebody_has_made_immutable_is_left_as_it_is() {
        let old = json!({
            "metadata": { "name": "regcred", "namespace": "app", "uid": "u", "resourceVersion": "7" },
            "type": "Opaque", "data": { "config.json": "eyJhdXRocyI6e319" },
        });
        let (_, made) = convert::replacement(&old).unwrap();
        let mut theirs = Value::clone(&made);
        theirs["metadata"]["uid"] = json!("v");
        theirs["metadata"]["resourceVersion"] = json!("10");
        theirs["immutable"] = json!(true);
        let connection = mock::connection(move |method, _| {
            assert_eq!(method, Method::GET, "nothing is written");
            Some((200, theirs.to_string()))
        });
        let convert =
            ConvertSecret::new(ObjectRef::new(Namespace::new("app"), Name::new("regcred")));
        let Change::TakeBack(undo) = convert.undo(Converted {
            object: Arc::new(ObjectSnapshot::from_object(&old)),
            after: None,
        }) else {
            panic!("a conversion is taken back by another one")
        };
        let server = ApiServer::new(&connection, WriteMode::Apply);
        let done = roll_back(server, &undo).await.unwrap();
        assert_eq!(done.outcome, Outcome::Failed(CHANGED.to_owned()));
    }
}
