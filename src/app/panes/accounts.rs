//! ServiceAccounts with their pull Secrets, those that list something broken first.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    super::{filter::Sieve, verdicts::Verdicts},
    Dependencies, Enter, PaneInfo, PaneRows, Query, RowContext, SortBy,
    pods::least_healthy,
    secrets,
};
use crate::domain::{
    guide::Section,
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{AnyObjectRef, Pod, Secret, ServiceAccount},
    },
    registry_auth::docker_config::SecretHealth,
    store::{
        Store, Versions,
        watch::{WatchCoverage, WatchKind},
    },
};

pub type Row = ObjectRef<ServiceAccount>;

#[derive(Debug, Default)]
pub struct ServiceAccounts;

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
    pub world: &'a Store,
    pub verdicts: &'a Verdicts,
    /// Where a Secret that is not in the store does not exist.
    pub sight: &'a WatchCoverage,
    pub now: Timestamp,
}

/// What a name in this account's list stands for.
pub fn listed(by: Judging<'_>, account: &ServiceAccount, name: &Name<Secret>) -> Listed {
    let key = ObjectRef::new(account.key.namespace.clone(), name.clone());
    let Some(secret) = by.world.secret(&key) else {
        return if by.sight.has_all_secrets(&key.namespace) {
            Listed::Missing
        } else {
            Listed::Unknown
        };
    };
    if !secret.secret_type.is_pull_secret() {
        return Listed::WrongType;
    }
    if let Some(fault) = by.verdicts.of_secret(&key) {
        return Listed::Blamed(fault.finding.title());
    }
    match secrets::standing(secret, by.verdicts, by.now) {
        SecretHealth::Unusable(_) => Listed::Broken,
        SecretHealth::Healthy | SecretHealth::Warning(_) => Listed::PullSecret,
    }
}

impl PaneRows for ServiceAccounts {
    type Row = Row;

    const INFO: &'static PaneInfo = &PaneInfo {
        title: "ServiceAccounts",
        name: "serviceaccounts",
        commands: &["sa", "serviceaccount", "serviceaccounts"],
        help: "ServiceAccounts",
        namespaced: true,
        shows: |kind| kind == WatchKind::ServiceAccounts,
        sorts: &[
            SortBy::Status,
            SortBy::Name,
            SortBy::Namespace,
            SortBy::Count,
            SortBy::Age,
        ],
        guide: Section::ACCOUNT,
        explains_pod: false,
    };

    fn dependencies(&self, _query: &Query, context: &RowContext<'_>) -> Dependencies {
        let all = context.world.versions();
        Dependencies {
            world: Versions {
                accounts: all.accounts,
                secrets: all.secrets,
                users: all.users,
                ..Versions::default()
            },
            verdicts: context.verdicts.blames(),
            sight: context.verdicts.sights(),
        }
    }

    fn cost(shown: usize, _context: &RowContext<'_>) -> usize {
        shown * ROW
    }

    fn rows(
        &mut self,
        query: &Query,
        _candidates: Option<&[Row]>,
        context: &RowContext<'_>,
    ) -> Vec<Row> {
        let (world, by) = (context.world, context.judging());
        let mut sieve = Sieve::new(&query.filter);
        let mut rows: Vec<&Arc<ServiceAccount>> = world
            .accounts(context.scope)
            .filter(|account| sieve.passes(texts(account), Some(&account.meta)))
            .filter(|account| !query.faults_only || broken(by, account))
            .collect();
        match query.sort.by {
            SortBy::Status => rows.sort_by_cached_key(|account| rank(by, account)),
            SortBy::Name => rows.sort_by_key(|account| &account.key.name),
            SortBy::Namespace => {}
            SortBy::Count => {
                rows.sort_by_key(|account| Reverse(world.pods_of_account(&account.key).len()));
            }
            SortBy::Age => rows.sort_by_key(|account| Reverse(account.meta.created)),
        }
        let rows = rows.into_iter();
        rows.map(|account| account.key.clone()).collect()
    }

    fn object(&self, row: &Row, _world: &Store) -> Option<AnyObjectRef> {
        Some(AnyObjectRef::ServiceAccount(row.clone()))
    }

    fn user(&self, row: &Row, world: &Store) -> Option<ObjectRef<Pod>> {
        least_healthy(world, &row.namespace, world.pods_of_account(row))
    }

    fn time(&self, row: &Row, world: &Store) -> Option<Timestamp> {
        world.account(row)?.meta.created
    }

    /// Goes to the first pull Secret that the account lists.
    fn enter(&self, row: Option<&Row>, world: &Store) -> Enter {
        let account = row.and_then(|key| world.account(key));
        let secret = account.and_then(|account| {
            let first = account.pull_secrets.first()?;
            Some(ObjectRef::new(account.key.namespace.clone(), first.clone()))
        });
        secret.map_or(
            Enter::Refuse("the account lists no pull Secret"),
            Enter::Secret,
        )
    }
}

fn texts(account: &ServiceAccount) -> impl Iterator<Item = &str> {
    let own = [account.key.name.as_str(), account.key.namespace.as_str()];
    let listed = account.pull_secrets.iter().map(Name::as_str);
    own.into_iter().chain(listed)
}

/// With something broken in the list, with a list, without; by name among equals.
fn rank(by: Judging<'_>, account: &ServiceAccount) -> (u8, ObjectRef<ServiceAccount>) {
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
