//! Scope of a check: its namespaces and selected objects, and whether they exist.
//!
//! A typing error must not look like a healthy namespace, so what does not exist is an error without
//! `--allow-empty`. With `--wait` it is waited for.

use super::{collect::Snapshot, selection::Selection};
use crate::{
    cluster::{ApiError, Connection, WatchScope, get},
    domain::{
        error::UserError,
        k8s::object_ref::Namespace,
        store::{
            Store,
            watch::{Scope, WatchCoverage, WatchKind},
        },
        suggest::did_you_mean,
    },
};

/// Namespaces and objects that a check is about.
pub(super) struct CheckScope<'a> {
    pub selection: &'a Selection,
    /// Empty for all of them.
    pub namespaces: Vec<Namespace>,
    pub allow_empty: bool,
}

/// Whether a namespace exists, by the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existence {
    Exists,
    Missing,
    /// Namespaces may not be listed, and no object is in it.
    Unknown,
}

impl<'a> CheckScope<'a> {
    pub(super) fn new(
        selection: &'a Selection,
        reach: &WatchScope,
        allow_empty: bool,
    ) -> Result<Self, UserError> {
        let namespaces = match reach {
            WatchScope::Cluster { .. } => Vec::new(),
            WatchScope::Namespaces(namespaces) => namespaces.clone(),
        };
        if let Some(wrong) = namespaces.iter().find(|name| !name.is_valid()) {
            return Err(UserError::new(format!(
                "{:?} is not a valid Namespace name",
                wrong.as_str()
            ))
            .with_cause("use lowercase letters, digits and -, at most 63 characters"));
        }
        Ok(Self {
            selection,
            namespaces,
            allow_empty,
        })
    }

    /// What is still waited for, in words; `None` when all exists.
    pub(super) fn pending(&self, store: &Store, coverage: &WatchCoverage) -> Option<String> {
        if self.allow_empty {
            return None;
        }
        let missing = self
            .namespaces
            .iter()
            .find(|name| namespace_existence(store, coverage, name) != Existence::Exists);
        if let Some(namespace) = missing {
            return Some(format!("waiting for Namespace {namespace}"));
        }
        let missing = self.selection.missing(store);
        missing.map(|missing| format!("waiting for {missing}"))
    }

    /// Fails if something does not exist, or may not.
    pub(super) async fn ensure_exists(
        &self,
        connection: &Connection,
        snapshot: &Snapshot,
    ) -> Result<(), UserError> {
        for namespace in self.namespaces.iter().filter(|_| !self.allow_empty) {
            match namespace_existence(&snapshot.store, &snapshot.coverage, namespace) {
                Existence::Exists => {}
                Existence::Missing => return Err(namespace_missing_error(namespace, snapshot)),
                Existence::Unknown => match get::namespace_exists(connection, namespace).await {
                    Ok(true) => {}
                    Ok(false) => return Err(namespace_missing_error(namespace, snapshot)),
                    Err(error) => return Err(namespace_unknown_error(namespace, &error)),
                },
            }
        }
        if self.allow_empty {
            self.selection
                .ensure_listable(&snapshot.store, &snapshot.forbidden)
        } else {
            let found =
                self.selection
                    .ensure_exists(&snapshot.store, &snapshot.forbidden, &self.place());
            // What could not be decoded may be it: the report names that, and the status says so.
            let is_whole = snapshot.coverage.unreadable().next().is_none();
            found.or_else(|problem| if is_whole { Err(problem) } else { Ok(()) })
        }
    }

    /// The namespaces, for a sentence.
    pub(super) fn place(&self) -> String {
        match self.namespaces.as_slice() {
            [] => "in any namespace".to_owned(),
            [one] => format!("in namespace {one}"),
            all => {
                let all: Vec<&str> = all.iter().map(Namespace::as_str).collect();
                format!("in namespaces {}", all.join(", "))
            }
        }
    }
}

fn namespace_existence(
    store: &Store,
    coverage: &WatchCoverage,
    namespace: &Namespace,
) -> Existence {
    let within = Scope::Namespace(namespace.clone());
    let has_objects = store.pods(&within).next().is_some()
        || store.accounts(&within).next().is_some()
        || store.secrets(&within).next().is_some()
        || store.workloads_of(&within).next().is_some();
    if has_objects {
        Existence::Exists
    } else if !coverage.is_complete_in(WatchKind::Namespaces, &Scope::Cluster) {
        Existence::Unknown
    } else if store.namespace(namespace).is_some() {
        Existence::Exists
    } else {
        Existence::Missing
    }
}

fn namespace_missing_error(namespace: &Namespace, snapshot: &Snapshot) -> UserError {
    let problem = UserError::new(format!("Namespace {namespace} does not exist"));
    let mut names: Vec<&str> = Vec::new();
    if snapshot
        .coverage
        .is_complete_in(WatchKind::Namespaces, &Scope::Cluster)
    {
        names.extend(snapshot.store.namespaces().map(|it| it.name.as_str()));
    }
    problem.with_help(match did_you_mean(namespace.as_str(), names) {
        Some(near) => format!("did you mean {near}? {ALLOW_EMPTY}"),
        None => format!("list them with kubectl get namespaces; {ALLOW_EMPTY}"),
    })
}

/// Advice where nothing was found.
pub(super) const ALLOW_EMPTY: &str = "use --allow-empty to accept this, or --wait to wait for it";

fn namespace_unknown_error(namespace: &Namespace, error: &ApiError) -> UserError {
    let what = format!("nothing found in Namespace {namespace}; it may not exist");
    let problem = UserError::new(what).with_cause(error.to_string());
    match error {
        ApiError::Forbidden(_) => problem
            .with_cause("you may not get namespaces, so its existence is unknown")
            .with_help(format!("check the name; {ALLOW_EMPTY}")),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{full_list, now, sample_store},
        store::{update::StoreUpdate, watch::WatchId},
    };

    #[test]
    fn a_namespace_exists_where_it_is_listed_or_something_is_in_it() {
        let mut store = sample_store();
        let shop = store
            .pods(&Scope::Cluster)
            .next()
            .unwrap()
            .key
            .namespace
            .clone();
        let nope = Namespace::new("nope");
        let listed = WatchCoverage::complete();
        assert_eq!(
            namespace_existence(&store, &listed, &shop),
            Existence::Exists
        );
        assert_eq!(
            namespace_existence(&store, &listed, &nope),
            Existence::Missing
        );
        let mut blind = WatchCoverage::complete();
        blind.remove(&WatchId {
            kind: WatchKind::Namespaces,
            scope: Scope::Cluster,
        });
        assert_eq!(
            namespace_existence(&store, &blind, &shop),
            Existence::Exists
        );
        assert_eq!(
            namespace_existence(&store, &blind, &nope),
            Existence::Unknown
        );
        // Nothing is left in it, but it is listed.
        let nothing = full_list(Scope::Namespace(shop.clone()), Vec::new());
        store.apply(StoreUpdate::Pods(nothing), now());
        assert_eq!(
            namespace_existence(&store, &listed, &shop),
            Existence::Exists
        );
    }

    #[test]
    fn an_invalid_namespace_is_refused_before_anything_is_asked() {
        let choice = Selection::default();
        for wrong in ["Bad_NS", "..", "a/b", ""] {
            let reach = WatchScope::Namespaces(vec![Namespace::new(wrong)]);
            assert!(CheckScope::new(&choice, &reach, true).is_err(), "{wrong}");
        }
        let reach = WatchScope::Namespaces(vec![Namespace::new("shop")]);
        assert!(CheckScope::new(&choice, &reach, false).is_ok());
    }
}
