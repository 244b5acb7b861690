//! ServiceAccounts with their pull Secrets.

use std::{cmp::Reverse, sync::Arc};

use super::{super::filter::Sieve, PaneState, SortBy};
use crate::domain::{
    key::{Key, Name},
    objects::{Secret, SecretType, ServiceAccount},
    watch::Scope,
    world::{Versions, World},
};

pub type Row = Key<ServiceAccount>;

/// What is behind a Secret's name in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    PullSecret,
    /// It exists, and the kubelet passes it over without a word.
    WrongType,
    Missing,
    /// Secrets may not be listed, or are not here yet.
    Unknown,
}

/// What a name in this account's list stands for. `complete`: all Secrets of the namespace are known.
pub fn listed(
    world: &World,
    account: &ServiceAccount,
    name: &Name<Secret>,
    complete: bool,
) -> Listed {
    let key = Key::new(account.key.namespace.clone(), name.clone());
    match world.secret(&key).map(|secret| &secret.secret_type) {
        Some(SecretType::DockerConfigJson | SecretType::DockerCfg) => Listed::PullSecret,
        Some(SecretType::Other(_)) => Listed::WrongType,
        None if complete => Listed::Missing,
        None => Listed::Unknown,
    }
}

pub fn refresh(pane: &mut PaneState<Row>, world: &World, scope: &Scope, complete: bool) {
    let all = world.versions();
    let versions = Versions {
        accounts: all.accounts,
        secrets: all.secrets,
        pods: all.pods,
        ..Versions::default()
    };
    pane.refresh(versions, scope, |pane| {
        let mut sieve = Sieve::new(&pane.filter);
        let mut rows: Vec<&Arc<ServiceAccount>> = world
            .accounts(scope)
            .filter(|account| {
                let mut texts = vec![account.key.name.as_str(), account.key.namespace.as_str()];
                texts.extend(account.pull_secrets.iter().map(Name::as_str));
                sieve.passes(&texts, Some(&account.meta))
                    && (!pane.faults_only || broken(world, account, complete))
            })
            .collect();
        match pane.sort.by {
            SortBy::Name | SortBy::Status => rows.sort_by_key(|account| &account.key.name),
            SortBy::Namespace => {}
            SortBy::Count => {
                rows.sort_by_key(|account| Reverse(world.pods_of_account(&account.key).len()));
            }
            SortBy::Age => rows.sort_by_key(|account| Reverse(account.meta.created)),
        }
        rows.into_iter()
            .map(|account| account.key.clone())
            .collect()
    });
}

/// Whether a listed Secret is not what it should be.
pub fn broken(world: &World, account: &ServiceAccount, complete: bool) -> bool {
    account.pull_secrets.iter().any(|name| {
        matches!(
            listed(world, account, name, complete),
            Listed::Missing | Listed::WrongType
        )
    })
}
