//! Pull Secrets, and Secrets of other types that someone lists as if they were.

use std::{cmp::Reverse, sync::Arc};

use super::{super::filter::Sieve, PaneState, SortBy};
use crate::domain::{
    key::Key,
    objects::{Secret, SecretContent, SecretType},
    watch::Scope,
    world::{Versions, World},
};

pub type Row = Key<Secret>;

/// How many objects name this Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uses {
    pub pods: usize,
    pub accounts: usize,
}

pub fn uses(world: &World, key: &Key<Secret>) -> Uses {
    Uses {
        pods: world.pods_of_secret(key).len(),
        accounts: world.accounts_of_secret(key).len(),
    }
}

pub fn refresh(pane: &mut PaneState<Row>, world: &World, scope: &Scope) {
    let all = world.versions();
    let versions = Versions {
        accounts: all.accounts,
        secrets: all.secrets,
        pods: all.pods,
        ..Versions::default()
    };
    pane.refresh(versions, scope, |pane| {
        let mut sieve = Sieve::new(&pane.filter);
        let mut rows: Vec<&Arc<Secret>> = world
            .secrets(scope)
            .filter(|secret| belongs(world, secret))
            .filter(|secret| sieve.passes(&texts(secret), Some(&secret.meta)))
            .filter(|secret| {
                !pane.faults_only || matches!(secret.secret_type, SecretType::Other(_))
            })
            .collect();
        match pane.sort.by {
            SortBy::Name | SortBy::Status => rows.sort_by_key(|secret| &secret.key.name),
            SortBy::Namespace => {}
            SortBy::Count => rows.sort_by_key(|secret| Reverse(uses(world, &secret.key))),
            SortBy::Age => rows.sort_by_key(|secret| Reverse(secret.meta.created)),
        }
        rows.into_iter().map(|secret| secret.key.clone()).collect()
    });
}

fn belongs(world: &World, secret: &Secret) -> bool {
    match secret.secret_type {
        SecretType::DockerConfigJson | SecretType::DockerCfg => true,
        SecretType::Other(_) => {
            uses(world, &secret.key)
                > Uses {
                    pods: 0,
                    accounts: 0,
                }
        }
    }
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
