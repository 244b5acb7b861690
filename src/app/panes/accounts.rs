//! Rows of the ServiceAccounts pane: those that list a broken Secret first.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    super::{diagnosis_cache::DiagnosisCache, filter::FilterMatcher},
    Dependencies, EnterTarget, PaneInfo, PaneRows, Query, RowContext, SortBy,
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

/// Cost of a row relative to a plain one: all listed Secrets are checked.
const ROW: usize = 4;

/// State of a Secret that is listed by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedSecret {
    PullSecret,
    /// It exists and cannot work, and why: by its type, its content, or what Pods show of it.
    Broken(String),
    Missing,
    /// Secrets may not be listed, or are not here yet.
    Unknown,
}

/// Inputs for the state of listed Secrets.
#[derive(Clone, Copy)]
pub struct SecretListContext<'a> {
    pub store: &'a Store,
    pub diagnoses: &'a DiagnosisCache,
    /// Where a Secret that is not in the store does not exist.
    pub coverage: &'a WatchCoverage,
    pub now: Timestamp,
}

/// Returns the state of a Secret that a ServiceAccount lists.
pub fn listed_secret(
    by: SecretListContext<'_>,
    account: &ServiceAccount,
    name: &Name<Secret>,
) -> ListedSecret {
    let key = ObjectRef::new(account.key.namespace.clone(), name.clone());
    let Some(secret) = by.store.secret(&key) else {
        return if by.coverage.has_all_secrets(&key.namespace) {
            ListedSecret::Missing
        } else {
            ListedSecret::Unknown
        };
    };
    match secrets::secret_health(secret, by.diagnoses, by.now) {
        SecretHealth::Unusable(why) => ListedSecret::Broken(why),
        SecretHealth::Healthy | SecretHealth::Warning(_) => ListedSecret::PullSecret,
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
        let all = context.store.versions();
        Dependencies {
            store: Versions {
                accounts: all.accounts,
                secrets: all.secrets,
                users: all.users,
                ..Versions::default()
            },
            diagnoses: context.diagnoses.culprits_version(),
            coverage: context.diagnoses.coverage_version(),
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
        let (store, by) = (context.store, context.secret_list_context());
        let mut matcher = FilterMatcher::new(&query.filter);
        let mut rows: Vec<&Arc<ServiceAccount>> = store
            .accounts(context.scope)
            .filter(|account| matcher.matches(texts(account), Some(&account.meta)))
            .filter(|account| !query.faults_only || has_broken_secret(by, account))
            .collect();
        match query.sort.by {
            SortBy::Status => rows.sort_by_cached_key(|account| rank(by, account)),
            SortBy::Name => rows.sort_by_key(|account| &account.key.name),
            SortBy::Namespace => {}
            SortBy::Count => {
                rows.sort_by_key(|account| Reverse(store.pods_of_account(&account.key).len()));
            }
            SortBy::Age => rows.sort_by_key(|account| Reverse(account.meta.created)),
        }
        let rows = rows.into_iter();
        rows.map(|account| account.key.clone()).collect()
    }

    fn object(&self, row: &Row, _store: &Store) -> Option<AnyObjectRef> {
        Some(AnyObjectRef::ServiceAccount(row.clone()))
    }

    fn user(&self, row: &Row, store: &Store) -> Option<ObjectRef<Pod>> {
        least_healthy(store, &row.namespace, store.pods_of_account(row))
    }

    fn time(&self, row: &Row, store: &Store) -> Option<Timestamp> {
        store.account(row)?.meta.created
    }

    /// Goes to the first pull secret that the account lists.
    fn enter(&self, row: Option<&Row>, store: &Store) -> EnterTarget {
        let account = row.and_then(|key| store.account(key));
        let secret = account.and_then(|account| {
            let first = account.pull_secrets.first()?;
            Some(ObjectRef::new(account.key.namespace.clone(), first.clone()))
        });
        secret.map_or(EnterTarget::Refuse("no pull secrets"), EnterTarget::Secret)
    }
}

fn texts(account: &ServiceAccount) -> impl Iterator<Item = &str> {
    let own = [account.key.name.as_str(), account.key.namespace.as_str()];
    let listed = account.pull_secrets.iter().map(Name::as_str);
    own.into_iter().chain(listed)
}

/// With something broken in the list, with a list, without; by name among equals.
fn rank(by: SecretListContext<'_>, account: &ServiceAccount) -> (u8, ObjectRef<ServiceAccount>) {
    let class = if has_broken_secret(by, account) {
        0
    } else {
        1 + u8::from(account.pull_secrets.is_empty())
    };
    (class, account.key.clone())
}

/// True if a listed Secret is missing, of the wrong type or broken.
pub fn has_broken_secret(by: SecretListContext<'_>, account: &ServiceAccount) -> bool {
    account.pull_secrets.iter().any(|name| {
        matches!(
            listed_secret(by, account, name),
            ListedSecret::Missing | ListedSecret::Broken(_)
        )
    })
}
