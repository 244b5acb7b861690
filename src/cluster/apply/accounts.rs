//! Changes to ServiceAccounts.

use serde_json::{Value, json};

use super::{
    bodies,
    create::create as make,
    patch::Patch,
    server::Server,
    update::{Step, update},
};
use crate::{
    cluster::{Trouble, paths},
    domain::{
        key::{Key, Name},
        objects::{Secret, ServiceAccount},
        plan::{Before, Done, Found, Lists, manifest, with, without},
    },
};

pub(super) async fn create(
    server: Server<'_>,
    key: &Key<ServiceAccount>,
    pull_secrets: &[Name<Secret>],
) -> Result<Done, Trouble> {
    let accounts = paths::accounts(&key.namespace);
    let body = manifest::account(key, pull_secrets);
    let fits = |there: &Value| {
        let list = bodies::pull_secrets(there);
        let missing: Vec<&str> = pull_secrets
            .iter()
            .filter(|name| !list.contains(name))
            .map(Name::as_str)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!(
            "the ServiceAccount {key} exists already and does not list {}: attach it",
            missing.join(", ")
        ))
    };
    make(server, &accounts, key.name.as_str(), &body, fits).await
}

pub(super) async fn attach(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    secret: &Name<Secret>,
) -> Result<Done, Trouble> {
    change_list(server, account, |list| with(list, secret)).await
}

pub(super) async fn detach(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    secret: &Name<Secret>,
) -> Result<Done, Trouble> {
    change_list(server, account, |list| without(list, secret)).await
}

/// Puts the list back, in its order too. Where others have changed it since, only the one change is
/// taken back.
pub(super) async fn put_back(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    before: &[Name<Secret>],
    after: &[Name<Secret>],
) -> Result<Done, Trouble> {
    change_list(server, account, |list| restored(list, before, after)).await
}

/// The list as it was, or without the one change where others have changed it since.
pub(super) fn restored(
    list: &[Name<Secret>],
    before: &[Name<Secret>],
    after: &[Name<Secret>],
) -> Vec<Name<Secret>> {
    if list == after {
        return before.to_vec();
    }
    let kept = list
        .iter()
        .filter(|name| before.contains(name) || !after.contains(name));
    let mut list: Vec<_> = kept.cloned().collect();
    for name in before.iter().filter(|name| !after.contains(name)) {
        list = with(&list, name);
    }
    list
}

/// Changes a ServiceAccount's list as it is now. Whoever attached another Secret meanwhile keeps it.
async fn change_list(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<Done, Trouble> {
    let step = |found: &Value| {
        let list = bodies::pull_secrets(found);
        let changed = change(&list);
        if changed == list {
            return Step::Keep;
        }
        // A merge patch replaces lists.
        let list = json!({ "imagePullSecrets": manifest::references(&changed) });
        Step::Write(Patch::merge(found, list))
    };
    let updated = update(server, &paths::account(account), step).await?;
    let now = bodies::pull_secrets(updated.found());
    let then = change(&now);
    let done = updated.done(|_| Before::List {
        before: now.clone(),
        after: then.clone(),
    });
    let found = Some(Found::Lists(Lists { now, then }));
    Ok(Done { found, ..done })
}
