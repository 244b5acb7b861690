//! ServiceAccounts with their pull Secrets.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{super::filter::Sieve, PaneState, SortBy};
use crate::domain::{
    dockerconfig::Standing,
    key::{Key, Name},
    objects::{Secret, SecretContent, SecretType, ServiceAccount},
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
    /// It is of the right type and cannot work all the same.
    Broken,
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
    now: Timestamp,
) -> Listed {
    let key = Key::new(account.key.namespace.clone(), name.clone());
    let Some(secret) = world.secret(&key) else {
        return if complete {
            Listed::Missing
        } else {
            Listed::Unknown
        };
    };
    match (&secret.secret_type, &secret.content) {
        (SecretType::Other(_), _) => Listed::WrongType,
        (_, SecretContent::Read(summary)) => match summary.standing(now) {
            Standing::Broken(_) => Listed::Broken,
            Standing::Sound | Standing::Odd(_) => Listed::PullSecret,
        },
        (_, SecretContent::NotTransferred) => Listed::PullSecret,
    }
}

pub fn refresh(
    pane: &mut PaneState<Row>,
    world: &World,
    scope: &Scope,
    complete: bool,
    now: Timestamp,
) {
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
                    && (!pane.faults_only || broken(world, account, complete, now))
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
pub fn broken(world: &World, account: &ServiceAccount, complete: bool, now: Timestamp) -> bool {
    account.pull_secrets.iter().any(|name| {
        matches!(
            listed(world, account, name, complete, now),
            Listed::Missing | Listed::WrongType | Listed::Broken
        )
    })
}
