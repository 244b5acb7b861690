//! Applies changes to ServiceAccounts.

use serde_json::{Value, json};

use super::{
    api::ApiServer,
    create::create as create_object,
    delete::remove,
    patch::Patch,
    patches,
    update::{UpdateDecision, UpdateOutcome, update},
    workloads::another_object,
};
use crate::{
    cluster::{ApiError, paths},
    domain::{
        k8s::{
            object_ref::{Name, ObjectRef},
            objects::{Secret, ServiceAccount},
        },
        plan::{
            AttachSecret, Change, ChangeResult, CreateAccount, DeleteAccount, DetachSecret,
            ListChange, Undoable, manifest,
        },
    },
};

pub(super) async fn create(
    server: ApiServer<'_>,
    change: &CreateAccount,
) -> Result<ChangeResult, ApiError> {
    let CreateAccount { key, pull_secrets } = change;
    let accounts = paths::accounts(&key.namespace);
    let body = manifest::account(key, pull_secrets);
    let fits = |there: &Value| {
        let list = patches::pull_secrets(there);
        let missing: Vec<&str> = pull_secrets
            .iter()
            .filter(|name| !list.contains(name))
            .map(Name::as_str)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!(
            "ServiceAccount {key} already exists and does not list {}: attach it",
            missing.join(", ")
        ))
    };
    let creation = create_object(server, &accounts, key.name.as_str(), &body, fits).await?;
    Ok(creation.done(|created| change.undo(created)))
}

pub(super) async fn delete(
    server: ApiServer<'_>,
    change: &DeleteAccount,
) -> Result<ChangeResult, ApiError> {
    let path = paths::account(&change.key);
    let expected = change.before.as_ref();
    let (done, now) = remove(server, &path, expected, |before| change.undo(before)).await?;
    let found = now.map(|now| DeleteAccount {
        before: Some(now),
        ..change.clone()
    });
    Ok(ChangeResult {
        found: found.map(Change::from),
        ..done
    })
}

pub(super) async fn attach(
    server: ApiServer<'_>,
    change: &AttachSecret,
) -> Result<ChangeResult, ApiError> {
    let (updated, list) =
        change_list(server, &change.account, None, |list| change.changed(list)).await?;
    let found = AttachSecret {
        current: list.before.clone(),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done(|_, _| change.undo(list))
    })
}

pub(super) async fn detach(
    server: ApiServer<'_>,
    change: &DetachSecret,
) -> Result<ChangeResult, ApiError> {
    let (updated, list) =
        change_list(server, &change.account, None, |list| change.changed(list)).await?;
    let found = DetachSecret {
        current: list.before.clone(),
        ..change.clone()
    };
    Ok(ChangeResult {
        found: Some(found.into()),
        ..updated.done(|_, _| change.undo(list))
    })
}

/// Changes a ServiceAccount's list in its current version; Secrets that others attached meanwhile stay.
///
/// `uid` is that of the only object that may be changed.
pub(super) async fn change_list(
    server: ApiServer<'_>,
    account: &ObjectRef<ServiceAccount>,
    uid: Option<&str>,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<(UpdateOutcome, ListChange), ApiError> {
    let step = |found: &Value| {
        if let Some(why) = another_object(server, uid, found) {
            return UpdateDecision::Refuse(why);
        }
        let list = patches::pull_secrets(found);
        let changed = change(&list);
        if changed == list {
            return UpdateDecision::Keep;
        }
        // A merge patch replaces lists.
        let list = json!({ "imagePullSecrets": manifest::references(&changed) });
        UpdateDecision::Write(Patch::merge(found, list))
    };
    let updated = update(server, &paths::account(account), step).await?;
    let before = patches::pull_secrets(updated.found());
    let stored = updated.now().map(|now| patches::pull_secrets(now));
    let after = stored.unwrap_or_else(|| change(&before));
    let uid = Some(patches::object_version(updated.found()).uid);
    Ok((updated, ListChange { uid, before, after }))
}
