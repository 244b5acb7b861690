//! Rows of the Secrets pane: pull secrets and Secrets of other types that are listed as pull secrets; broken
//! ones first.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    super::{diagnosis_cache::DiagnosisCache, filter::FilterMatcher},
    Dependencies, EnterTarget, PaneInfo, PaneRows, Query, RowContext, SortBy,
    pods::least_healthy,
};
use crate::domain::{
    guide::Section,
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Pod, Secret, SecretContent},
    },
    registry_auth::docker_config::SecretHealth,
    store::{Store, Versions, watch::WatchKind},
};

pub type Row = ObjectRef<Secret>;

#[derive(Debug, Default)]
pub struct Secrets;

/// Cost of a row relative to a plain one: users and faults are looked up.
const ROW: usize = 4;

/// Number of objects that reference this Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uses {
    pub pods: usize,
    pub accounts: usize,
}

pub fn uses(store: &Store, key: &ObjectRef<Secret>) -> Uses {
    Uses {
        pods: store.pods_of_secret(key).len(),
        accounts: store.accounts_of_secret(key).len(),
    }
}

impl Uses {
    pub const NONE: Self = Self {
        pods: 0,
        accounts: 0,
    };
}

/// Health of a Secret: by its content, and by the Pods that list it.
pub fn secret_health(secret: &Secret, diagnoses: &DiagnosisCache, now: Timestamp) -> SecretHealth {
    let Some(by_content) = secret.health(now) else {
        return if secret.secret_type.is_pull_secret() {
            SecretHealth::Healthy
        } else {
            SecretHealth::Unusable("wrong type: the kubelet ignores it".to_owned())
        };
    };
    match (by_content, diagnoses.for_secret(&secret.key)) {
        (SecretHealth::Healthy | SecretHealth::Warning(_), Some(fault)) => {
            SecretHealth::Unusable(fault.finding.title().to_owned())
        }
        (by_content, _) => by_content,
    }
}

impl PaneRows for Secrets {
    type Row = Row;

    const INFO: &'static PaneInfo = &PaneInfo {
        title: "Secrets",
        name: "secrets",
        commands: &["sec", "secret", "secrets"],
        help: "Pull secrets",
        namespaced: true,
        shows: |kind| matches!(kind, WatchKind::Secrets(_)),
        sorts: &[
            SortBy::Status,
            SortBy::Name,
            SortBy::Namespace,
            SortBy::Count,
            SortBy::Age,
        ],
        guide: Section::SECRET,
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
            ..Dependencies::default()
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
        let (store, diagnoses, now) = (context.store, context.diagnoses, context.now);
        let mut matcher = FilterMatcher::new(&query.filter);
        let mut rows: Vec<&Arc<Secret>> = store
            .secrets(context.scope)
            .filter(|secret| is_shown(store, secret))
            .filter(|secret| matcher.matches(texts(secret), Some(&secret.meta)))
            .filter(|secret| {
                let broken = || {
                    matches!(
                        secret_health(secret, diagnoses, now),
                        SecretHealth::Unusable(_)
                    )
                };
                !query.faults_only || broken()
            })
            .collect();
        match query.sort.by {
            SortBy::Status => {
                rows.sort_by_cached_key(|secret| rank(store, diagnoses, secret, now));
            }
            SortBy::Name => rows.sort_by_key(|secret| &secret.key.name),
            SortBy::Namespace => {}
            SortBy::Count => rows.sort_by_key(|secret| Reverse(uses(store, &secret.key))),
            SortBy::Age => rows.sort_by_key(|secret| Reverse(secret.meta.created)),
        }
        rows.into_iter().map(|secret| secret.key.clone()).collect()
    }

    fn object(&self, row: &Row, _store: &Store) -> Option<AnyObjectRef> {
        Some(AnyObjectRef::Secret(row.clone()))
    }

    fn user(&self, row: &Row, store: &Store) -> Option<ObjectRef<Pod>> {
        least_healthy(store, &row.namespace, store.pods_of_secret(row))
    }

    fn time(&self, row: &Row, store: &Store) -> Option<Timestamp> {
        store.secret(row)?.meta.created
    }

    /// Goes to the first ServiceAccount that lists the Secret.
    fn enter(&self, row: Option<&Row>, store: &Store) -> EnterTarget {
        let account = row.and_then(|secret| {
            let name = store.accounts_of_secret(secret).next()?;
            Some(ObjectRef::new(secret.namespace.clone(), name.clone()))
        });
        account.map_or(
            EnterTarget::Refuse("no ServiceAccount uses it"),
            EnterTarget::Account,
        )
    }
}

/// Broken, odd, in use, unused; by name among equals.
fn rank(
    store: &Store,
    diagnoses: &DiagnosisCache,
    secret: &Secret,
    now: Timestamp,
) -> (u8, ObjectRef<Secret>) {
    let class = match secret_health(secret, diagnoses, now) {
        SecretHealth::Unusable(_) => 0,
        SecretHealth::Warning(_) => 1,
        SecretHealth::Healthy if uses(store, &secret.key) != Uses::NONE => 2,
        SecretHealth::Healthy => 3,
    };
    (class, secret.key.clone())
}

/// True for pull Secrets, and for Secrets of other types that something lists as a pull Secret.
pub fn is_shown(store: &Store, secret: &Secret) -> bool {
    secret.secret_type.is_pull_secret() || uses(store, &secret.key) != Uses::NONE
}

fn texts(secret: &Secret) -> Vec<&str> {
    let mut texts = vec![secret.key.name.as_str(), secret.key.namespace.as_str()];
    if let SecretContent::Read(summary) = &secret.content {
        for entry in summary.entries.iter() {
            texts.push(&entry.server);
            texts.extend(entry.username.as_deref());
        }
    }
    texts
}
