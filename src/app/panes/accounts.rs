//! ServiceAccounts with their pull Secrets, those that list something broken first.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    super::filter::Sieve, super::verdicts::Verdicts, Basis, PaneState, RefreshBudget, SortBy,
    secrets,
};
use crate::domain::{
    dockerconfig::Standing,
    key::{Key, Name},
    objects::{Secret, SecretType, ServiceAccount},
    watch::{Scope, Sight},
    world::{Versions, World},
};

pub type Row = Key<ServiceAccount>;

/// A row costs so many of a plain one: all that it lists is judged.
const ROW: usize = 4;

/// What is behind a Secret's name in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    PullSecret,
    /// It exists, and the kubelet passes it over without a word.
    WrongType,
    /// It is of the right type and cannot work all the same.
    Broken,
    /// Pods show that it does not open their images; in two words why.
    Blamed(&'static str),
    Missing,
    /// Secrets may not be listed, or are not here yet.
    Unknown,
}

/// What the names in lists of Secrets are judged by.
#[derive(Clone, Copy)]
pub struct Judging<'a> {
    pub world: &'a World,
    pub verdicts: &'a Verdicts,
    /// Where a Secret that is not in the store does not exist.
    pub sight: &'a Sight,
    pub now: Timestamp,
}

/// What a name in this account's list stands for.
pub fn listed(by: Judging<'_>, account: &ServiceAccount, name: &Name<Secret>) -> Listed {
    let key = Key::new(account.key.namespace.clone(), name.clone());
    let Some(secret) = by.world.secret(&key) else {
        return if by.sight.sees_secrets(&key.namespace) {
            Listed::Missing
        } else {
            Listed::Unknown
        };
    };
    if matches!(secret.secret_type, SecretType::Other(_)) {
        return Listed::WrongType;
    }
    if let Some(fault) = by.verdicts.of_secret(&key) {
        return Listed::Blamed(fault.finding.title());
    }
    match secrets::standing(secret, by.verdicts, by.now) {
        Standing::Broken(_) => Listed::Broken,
        Standing::Sound | Standing::Odd(_) => Listed::PullSecret,
    }
}

pub fn refresh(
    pane: &mut PaneState<Row>,
    by: Judging<'_>,
    scope: &Scope,
    budget: &mut RefreshBudget,
) {
    let world = by.world;
    let all = world.versions();
    let versions = Versions {
        accounts: all.accounts,
        secrets: all.secrets,
        users: all.users,
        ..Versions::default()
    };
    let basis = Basis {
        world: versions,
        verdicts: by.verdicts.blames(),
        sight: by.verdicts.sights(),
    };
    let weight = pane.list.rows().len() * ROW;
    pane.refresh(basis, scope, weight, budget, |pane, _| {
        let mut sieve = Sieve::new(&pane.filter);
        let mut rows: Vec<&Arc<ServiceAccount>> = world
            .accounts(scope)
            .filter(|account| {
                let own = [account.key.name.as_str(), account.key.namespace.as_str()];
                let texts = own
                    .into_iter()
                    .chain(account.pull_secrets.iter().map(Name::as_str));
                sieve.passes(texts, Some(&account.meta))
                    && (!pane.faults_only || broken(by, account))
            })
            .collect();
        match pane.sort.by {
            SortBy::Status => rows.sort_by_cached_key(|account| rank(by, account)),
            SortBy::Name => rows.sort_by_key(|account| &account.key.name),
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

/// With something broken in the list, with a list, without; by name among equals.
fn rank(by: Judging<'_>, account: &ServiceAccount) -> (u8, Key<ServiceAccount>) {
    let class = if broken(by, account) {
        0
    } else {
        1 + u8::from(account.pull_secrets.is_empty())
    };
    (class, account.key.clone())
}

/// Whether a listed Secret is not what it should be.
pub fn broken(by: Judging<'_>, account: &ServiceAccount) -> bool {
    account.pull_secrets.iter().any(|name| {
        matches!(
            listed(by, account, name),
            Listed::Missing | Listed::WrongType | Listed::Broken | Listed::Blamed(_)
        )
    })
}
