//! Rows of the Namespaces pane: those with failing Pods first, above them *all namespaces*.

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;

use super::{
    super::filter::FilterMatcher, Dependencies, EnterTarget, Pane, PaneInfo, PaneRows, Query,
    RowContext, SortBy,
};
use crate::domain::{
    guide::Section,
    k8s::{object_ref::Namespace, objects::AnyObjectRef},
    store::{NamespaceCounts, Store, Versions, watch::WatchKind},
};

/// `None` is the row for all namespaces.
pub type Row = Option<Namespace>;

#[derive(Debug, Default)]
pub struct Namespaces;

impl PaneRows for Namespaces {
    type Row = Row;

    const INFO: &'static PaneInfo = &PaneInfo {
        title: "Namespaces",
        name: "namespaces",
        commands: &["ns", "namespace", "namespaces"],
        help: "Namespaces, or switch to NAME",
        namespaced: false,
        shows: |kind| kind == WatchKind::Namespaces,
        sorts: &[SortBy::Status, SortBy::Name, SortBy::Age],
        guide: Section::NAMESPACE,
        explains_pod: false,
    };

    fn dependencies(&self, _query: &Query, context: &RowContext<'_>) -> Dependencies {
        let all = context.store.versions();
        Dependencies {
            store: Versions {
                namespaces: all.namespaces,
                places: all.places,
                ..Versions::default()
            },
            // None is ever taken back: their number tells whether there are others.
            coverage: context.known_namespaces.len() as u64,
            ..Dependencies::default()
        }
    }

    fn cost(_shown: usize, context: &RowContext<'_>) -> usize {
        context.store.tallies().len()
    }

    fn rows(
        &mut self,
        query: &Query,
        _candidates: Option<&[Row]>,
        context: &RowContext<'_>,
    ) -> Vec<Row> {
        let store = context.store;
        let mut matcher = FilterMatcher::new(&query.filter);
        let mut names: Vec<&Namespace> = names(context)
            .into_iter()
            .filter(|name| {
                let meta = store.namespace(name).map(|namespace| &namespace.meta);
                matcher.matches([name.as_str()], meta)
                    && (!query.faults_only || has_failing_pods(store, name))
            })
            .collect();
        match query.sort.by {
            SortBy::Age => names.sort_by_key(|name| Reverse(created(store, name))),
            SortBy::Status | SortBy::Count => names.sort_by_key(|name| {
                let tally = namespace_counts(store, name);
                (tally.pull_failing == 0, tally.failing == 0)
            }),
            SortBy::Name | SortBy::Namespace => {}
        }
        let mut rows: Vec<Row> = names.into_iter().cloned().map(Some).collect();
        if query.sort.reversed {
            rows.push(None);
        } else {
            rows.insert(0, None);
        }
        rows
    }

    fn object(&self, row: &Row, _store: &Store) -> Option<AnyObjectRef> {
        row.clone().map(AnyObjectRef::Namespace)
    }

    fn time(&self, row: &Row, store: &Store) -> Option<Timestamp> {
        created(store, row.as_ref()?)
    }

    fn enter(&self, _row: Option<&Row>, _store: &Store) -> EnterTarget {
        EnterTarget::Focus(Pane::Pods)
    }
}

/// The namespaces to list: where Namespaces may not be listed, those of the Pods seen and those that
/// the user named are all there is.
fn names<'a>(context: &RowContext<'a>) -> BTreeSet<&'a Namespace> {
    let store = context.store;
    let mut names: BTreeSet<&Namespace> = store.tallies().keys().collect();
    if store.namespaces().next().is_some() {
        names.retain(|name| store.namespace(name).is_some());
        names.extend(store.namespaces().map(|namespace| &namespace.name));
    } else {
        names.extend(context.known_namespaces);
    }
    names
}

/// Pods and failing Pods of a namespace.
pub fn namespace_counts(store: &Store, namespace: &Namespace) -> NamespaceCounts {
    store.tallies().get(namespace).copied().unwrap_or_default()
}

fn has_failing_pods(store: &Store, namespace: &Namespace) -> bool {
    let tally = namespace_counts(store, namespace);
    tally.pull_failing + tally.failing > 0
}

fn created(store: &Store, namespace: &Namespace) -> Option<Timestamp> {
    store.namespace(namespace)?.meta.created
}
