//! Pods, what fails first; folded, one row per workload.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    super::filter::Sieve,
    PaneState, RefreshBudget, SortBy,
    row_order::{Follow, ORDER, RowOrder},
};
use crate::domain::{
    key::Key,
    objects::{Pod, WorkloadKey},
    status::{Health, pod_status},
    watch::Scope,
    world::{Versions, World},
};

pub use super::row_order::Row;

/// Pods of one workload in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub pods: usize,
    pub ready: usize,
    pub restarts: u32,
    pub health: Health,
    /// The Pod that fares worst: its status is the row's.
    pub worst: Key<Pod>,
}

/// What the pane holds beside what all panes have.
#[derive(Debug, Default)]
pub struct Folding {
    pub folded: bool,
    /// Workloads whose Pods are shown although the pane is folded.
    pub open: BTreeSet<WorkloadKey>,
    pub groups: BTreeMap<WorkloadKey, Group>,
    /// While the rows are all Pods by health.
    places: Option<RowOrder>,
}

pub fn refresh(
    pane: &mut PaneState<Row>,
    folding: &mut Folding,
    world: &World,
    scope: &Scope,
    budget: &mut RefreshBudget,
) {
    let all = world.versions();
    let workloads = if folding.folded { all.workloads } else { 0 };
    // Most changes of Pods change no row: rows are identities.
    let by_place = !folding.folded
        && pane.filter.is_empty()
        && matches!(
            pane.sort.by,
            SortBy::Status | SortBy::Name | SortBy::Namespace
        );
    let versions = Versions {
        pods: if by_place { 0 } else { all.pods },
        places: all.places,
        workloads,
        ..Versions::default()
    };
    // As the dashboard begins, and as it is looked at most.
    let plain =
        by_place && pane.sort.by == SortBy::Status && !pane.sort.reversed && !pane.faults_only;
    if plain && let Some(places) = &mut folding.places {
        let mut followed = Follow::Moved;
        let patched = pane.patch(versions, scope, |list| {
            followed = places.follow(world, scope, list);
            followed == Follow::Moved
        });
        if patched {
            return;
        }
        if followed == Follow::Lost {
            pane.invalidate();
        }
    }
    let (folded, open) = (folding.folded, &folding.open);
    let mut groups = BTreeMap::new();
    let weight = match scope {
        Scope::Cluster => world.pod_count(),
        Scope::Namespace(namespace) => world.tallies().get(namespace).map_or(0, |it| it.pods),
    };
    let made = pane.refresh(versions, scope, weight, budget, |pane, narrows| {
        // Each of them has to be looked up: of most, walking over all is quicker.
        let few = pane.list.rows().len() < weight / 4;
        if narrows && few && !folded && !pane.sort.reversed {
            return narrowed(pane, world);
        }
        let pods = sifted(pane, world, scope);
        if folded {
            let (rows, found) = fold(world, pods, open);
            groups = found;
            rows
        } else {
            let keys = pods.into_iter().map(|pod| pod.key.clone());
            keys.map(Row::Pod).collect()
        }
    });
    if made {
        folding.groups = groups;
        folding.places = plain.then(|| RowOrder::of(world, scope));
    }
}

/// Those of the rows that still pass.
fn narrowed(pane: &PaneState<Row>, world: &World) -> Vec<Row> {
    let mut sieve = Sieve::new(&pane.filter);
    let rows = pane.list.rows().iter();
    rows.filter(|row| match row {
        Row::Pod(key) => world.pod(key).is_some_and(|pod| passes(&mut sieve, pod)),
        Row::Workload(_) => false,
    })
    .cloned()
    .collect()
}

/// The Pods that pass the filter, in the pane's order.
fn sifted<'a>(pane: &PaneState<Row>, world: &'a World, scope: &Scope) -> Vec<&'a Arc<Pod>> {
    let mut sieve = Sieve::new(&pane.filter);
    let unfiltered = pane.filter.is_empty();
    let by_health = ORDER
        .into_iter()
        .filter(|health| !pane.faults_only || *health <= Health::Failing)
        .flat_map(|health| world.pods_in(health, scope));
    let mut pods: Vec<&Arc<Pod>> = by_health
        .filter(|pod| unfiltered || passes(&mut sieve, pod))
        .collect();
    match pane.sort.by {
        SortBy::Status => {}
        SortBy::Name => pods.sort_by(|a, b| a.key.name.cmp(&b.key.name)),
        SortBy::Namespace => pods.sort_by(|a, b| a.key.cmp(&b.key)),
        SortBy::Age => pods.sort_by_key(|pod| Reverse(pod.meta.created)),
        SortBy::Count => pods.sort_by_cached_key(|pod| Reverse(pod_status(pod).restarts)),
    }
    pods
}

fn passes(sieve: &mut Sieve<'_>, pod: &Pod) -> bool {
    let names = [pod.key.name.as_str(), pod.key.namespace.as_str()];
    // Most filters are meant for names, and a status costs more than looking for them.
    if sieve.passes_already(names) {
        return true;
    }
    let status = pod_status(pod);
    let texts = names.into_iter().chain([&*status.word]);
    let images = pod.containers.iter().map(|container| &*container.image);
    let texts = texts.chain(images).chain(pod.node.as_deref());
    sieve.passes(texts, Some(&pod.meta))
}

/// One row per workload, at the place of its first Pod; bare Pods stay as they are.
fn fold(
    world: &World,
    pods: Vec<&Arc<Pod>>,
    open: &BTreeSet<WorkloadKey>,
) -> (Vec<Row>, BTreeMap<WorkloadKey, Group>) {
    let mut rows: Vec<Row> = Vec::new();
    let mut members: BTreeMap<WorkloadKey, Vec<Row>> = BTreeMap::new();
    let mut groups: BTreeMap<WorkloadKey, Group> = BTreeMap::new();
    for pod in pods {
        let key = pod.key.clone();
        let Some(workload) = world.workload_of(pod) else {
            rows.push(Row::Pod(key));
            continue;
        };
        let id = &workload.id;
        let status = pod_status(pod);
        let group = groups.entry(id.clone()).or_insert_with(|| {
            rows.push(Row::Workload(id.clone()));
            Group {
                pods: 0,
                ready: 0,
                restarts: 0,
                health: status.health,
                worst: key.clone(),
            }
        });
        group.pods += 1;
        group.ready += usize::from(status.containers > 0 && status.ready == status.containers);
        group.restarts = group.restarts.saturating_add(status.restarts);
        if status.health < group.health {
            group.health = status.health;
            group.worst = key.clone();
        }
        if open.contains(id) {
            members.entry(id.clone()).or_default().push(Row::Pod(key));
        }
    }
    let rows = rows
        .into_iter()
        .flat_map(|row| {
            let below = match &row {
                Row::Workload(id) => members.remove(id).unwrap_or_default(),
                Row::Pod(_) => Vec::new(),
            };
            std::iter::once(row).chain(below)
        })
        .collect();
    (rows, groups)
}
