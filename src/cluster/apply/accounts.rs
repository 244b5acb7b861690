//! Changes to ServiceAccounts.

use super::{
    bodies, is_conflict,
    server::{ATTEMPTS, MERGE, Server, applied, unchanged},
};
use crate::{
    cluster::Trouble,
    domain::{
        key::{Key, Name},
        objects::{Secret, ServiceAccount},
        plan::{Before, Done, manifest, with, without},
    },
};

pub(super) fn path(key: &Key<ServiceAccount>) -> String {
    let (namespace, name) = (&key.namespace, &key.name);
    format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}")
}

pub(super) async fn create(
    server: Server<'_>,
    key: &Key<ServiceAccount>,
    pull_secrets: &[Name<Secret>],
) -> Result<Done, Trouble> {
    let collection = format!("/api/v1/namespaces/{}/serviceaccounts", key.namespace);
    server
        .create(&collection, &manifest::account(key, pull_secrets))
        .await
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
    change_list(server, account, |list| {
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
    })
    .await
}

/// Changes a ServiceAccount's list as it is now. Whoever attached another Secret meanwhile keeps it.
async fn change_list(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<Done, Trouble> {
    let path = path(account);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let found = server.get(&path).await?;
        let list = bodies::pull_secrets(&found);
        let changed = change(&list);
        if changed == list {
            return Ok(unchanged(&found));
        }
        let patch = bodies::set_pull_secrets(&found, &changed);
        match server.patch(&path, MERGE, &patch).await {
            Ok(object) => {
                return Ok(Done {
                    before: Some(Before::List {
                        before: list,
                        after: changed,
                    }),
                    ..applied(&object)
                });
            }
            Err(trouble) if is_conflict(&trouble) && attempt < ATTEMPTS => {}
            Err(trouble) => return Err(trouble),
        }
    }
}
