//! Namespaces, those with failing Pods first; above them the row that stands for all.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{super::filter::Sieve, Basis, PaneState, RefreshBudget, SortBy};
use crate::domain::{
    key::Namespace,
    watch::Scope,
    world::{Tally, Versions, World},
};

/// `None` is the row for all namespaces.
pub type Row = Option<Namespace>;

/// Makes the rows. `known` are namespaces that were asked for: where Namespaces may not be listed,
/// they and those of the Pods seen are all there is.
pub fn refresh(
    pane: &mut PaneState<Row>,
    world: &World,
    known: &BTreeSet<Namespace>,
    budget: &mut RefreshBudget,
) {
    let all = world.versions();
    let versions = Versions {
        namespaces: all.namespaces,
        places: all.places,
        ..Versions::default()
    };
    let basis = Basis {
        world: versions,
        // None is ever taken back: their number tells whether there are others.
        sight: known.len() as u64,
        ..Basis::default()
    };
    let weight = world.tallies().len();
    pane.refresh(basis, &Scope::Cluster, weight, budget, |pane, _| {
        let mut names: BTreeSet<&Namespace> = world.tallies().keys().collect();
        if world.namespaces().next().is_some() {
            names.retain(|name| world.namespace(name).is_some());
            names.extend(world.namespaces().map(|namespace| &namespace.name));
        } else {
            names.extend(known);
        }
        let mut sieve = Sieve::new(&pane.filter);
        let mut rows: Vec<&Namespace> = names
            .into_iter()
            .filter(|name| {
                let meta = world.namespace(name).map(|namespace| &namespace.meta);
                sieve.passes([name.as_str()], meta) && (!pane.faults_only || trouble(world, name))
            })
            .collect();
        match pane.sort.by {
            SortBy::Age => rows.sort_by_key(|name| {
                Reverse(
                    world
                        .namespace(name)
                        .and_then(|namespace| namespace.meta.created),
                )
            }),
            SortBy::Status | SortBy::Count => rows.sort_by_key(|name| {
                let tally = tally(world, name);
                (tally.pull_failing == 0, tally.failing == 0)
            }),
            SortBy::Name | SortBy::Namespace => {}
        }
        let mut rows: Vec<Row> = rows.into_iter().cloned().map(Some).collect();
        if pane.sort.reversed {
            rows.push(None);
        } else {
            rows.insert(0, None);
        }
        rows
    });
}

/// Pods and failing Pods of a namespace.
pub fn tally(world: &World, namespace: &Namespace) -> Tally {
    world.tallies().get(namespace).copied().unwrap_or_default()
}

fn trouble(world: &World, namespace: &Namespace) -> bool {
    let tally = tally(world, namespace);
    tally.pull_failing + tally.failing > 0
}
