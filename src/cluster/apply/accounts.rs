//! Changes to ServiceAccounts.

use super::{
    bodies,
    server::{ATTEMPTS, MERGE, Server, applied, is_conflict, unchanged},
};
use crate::{
    cluster::{Trouble, paths},
    domain::{
        key::{Key, Name},
        objects::{Secret, ServiceAccount},
        plan::{Before, Done, Revision, manifest, with, without},
    },
};

pub(super) async fn create(
    server: Server<'_>,
    key: &Key<ServiceAccount>,
    pull_secrets: &[Name<Secret>],
) -> Result<Done, Trouble> {
    let accounts = paths::accounts(&key.namespace);
    server
        .create(&accounts, &manifest::account(key, pull_secrets))
        .await
}

pub(super) async fn attach(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    secret: &Name<Secret>,
) -> Result<Done, Trouble> {
    let (done, _) = change_list(server, account, |list| with(list, secret)).await?;
    Ok(done)
}

pub(super) async fn detach(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    secret: &Name<Secret>,
) -> Result<Done, Trouble> {
    let (done, _) = change_list(server, account, |list| without(list, secret)).await?;
    Ok(done)
}

/// Puts the list back, in its order too. Where others have changed it since, only the one change is
/// taken back. Says in which state the object is then.
pub(super) async fn put_back(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    before: &[Name<Secret>],
    after: &[Name<Secret>],
) -> Result<(Done, Revision), Trouble> {
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
) -> Result<(Done, Revision), Trouble> {
    let path = paths::account(account);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let found = server.get(&path).await?;
        let list = bodies::pull_secrets(&found);
        let changed = change(&list);
        if changed == list {
            return Ok((unchanged(&found), bodies::revision(&found)));
        }
        let patch = bodies::set_pull_secrets(&found, &changed);
        match server.patch(&path, MERGE, &patch).await {
            Ok(object) => {
                let done = Done {
                    before: Some(Before::List {
                        before: list,
                        after: changed,
                        seen: bodies::revision(&found),
                    }),
                    ..applied(&object)
                };
                return Ok((done, bodies::revision(&object)));
            }
            Err(trouble) if is_conflict(&trouble) && attempt < ATTEMPTS => {}
            Err(trouble) => return Err(trouble),
        }
    }
}
