//! Rows of the Pods pane: failing Pods first; folded, one row per workload.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    super::{filter::FilterMatcher, list::List},
    Dependencies, EnterTarget, Follow, PaneInfo, PaneRows, PaneState, Query, RowContext, SortBy,
    row_order::{ORDER, RowOrder},
};
use crate::domain::{
    guide::Section,
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{AnyObjectRef, Pod, WorkloadRef},
        pod_status::{PodHealth, pod_status},
    },
    store::{
        Store, Versions,
        watch::{Scope, WatchKind},
    },
};

pub use super::row_order::Row;

/// Pods of one workload in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodGroup {
    pub pods: usize,
    pub ready: usize,
    pub restarts: u32,
    pub health: PodHealth,
    /// The Pod that fares worst: its status is the row's.
    pub worst: ObjectRef<Pod>,
}

#[derive(Debug, Default)]
pub struct Pods {
    folded: bool,
    /// Workloads whose Pods are shown although the pane is folded.
    open: BTreeSet<WorkloadRef>,
    /// The folded rows.
    pub groups: BTreeMap<WorkloadRef, PodGroup>,
    /// While the rows are all Pods by health.
    order: Option<RowOrder>,
}

impl PaneRows for Pods {
    type Row = Row;

    const INFO: &'static PaneInfo = &PaneInfo {
        title: "Pods",
        name: "pods",
        commands: &["po", "pod", "pods"],
        help: "Pods, or those in NAMESPACE",
        namespaced: true,
        shows: |kind| kind == WatchKind::Pods,
        sorts: &[
            SortBy::Status,
            SortBy::Name,
            SortBy::Namespace,
            SortBy::Count,
            SortBy::Age,
        ],
        guide: Section::BIG_PICTURE,
        explains_pod: true,
    };

    fn dependencies(&self, query: &Query, context: &RowContext<'_>) -> Dependencies {
        let all = context.store.versions();
        // Most changes of Pods change no row: rows are identities.
        let by_place = !self.folded
            && query.filter.is_empty()
            && matches!(
                query.sort.by,
                SortBy::Status | SortBy::Name | SortBy::Namespace
            );
        Dependencies {
            store: Versions {
                pods: if by_place { 0 } else { all.pods },
                places: all.places,
                workloads: if self.folded { all.workloads } else { 0 },
                ..Versions::default()
            },
            ..Dependencies::default()
        }
    }

    fn cost(_shown: usize, context: &RowContext<'_>) -> usize {
        pod_count(context)
    }

    fn rows(
        &mut self,
        query: &Query,
        candidates: Option<&[Row]>,
        context: &RowContext<'_>,
    ) -> Vec<Row> {
        self.groups.clear();
        self.order = None;
        if self.folded {
            return self.fold(context.store, filter_pods(query, context));
        }
        // Each candidate has to be looked up: of most Pods, walking over all is quicker.
        let few = |rows: &&[Row]| rows.len() < pod_count(context) / 4;
        if let Some(candidates) = candidates.filter(few)
            && !query.sort.reversed
        {
            return refine(query, candidates, context.store);
        }
        if is_health_order(query) {
            self.order = Some(RowOrder::new(context.store, context.scope));
        }
        let pods = filter_pods(query, context).into_iter();
        pods.map(|pod| Row::Pod(pod.key.clone())).collect()
    }

    fn follow(&mut self, _query: &Query, list: &mut List<Row>, context: &RowContext<'_>) -> Follow {
        match &mut self.order {
            Some(order) => order.follow(context.store, context.scope, list),
            None => Follow::Rebuild,
        }
    }

    fn is_folded(&self) -> bool {
        self.folded
    }

    fn set_folded(&mut self, folded: bool) {
        self.folded = folded;
        self.open.clear();
    }

    fn object(&self, row: &Row, _store: &Store) -> Option<AnyObjectRef> {
        Some(match row {
            Row::Pod(key) => AnyObjectRef::Pod(key.clone()),
            Row::Workload(id) => AnyObjectRef::Workload(id.clone()),
        })
    }

    /// For a folded workload, its worst Pod.
    fn pod(&self, row: &Row, _store: &Store) -> Option<ObjectRef<Pod>> {
        match row {
            Row::Pod(key) => Some(key.clone()),
            Row::Workload(id) => Some(self.groups.get(id)?.worst.clone()),
        }
    }

    fn time(&self, row: &Row, store: &Store) -> Option<Timestamp> {
        match row {
            Row::Pod(key) => store.pod(key)?.meta.created,
            Row::Workload(id) => store.workload(id)?.meta.created,
        }
    }

    fn enter(&self, row: Option<&Row>, _store: &Store) -> EnterTarget {
        match row {
            Some(Row::Pod(pod)) => EnterTarget::Details(AnyObjectRef::Pod(pod.clone())),
            Some(Row::Workload(id)) => EnterTarget::Unfold(id.clone()),
            None => EnterTarget::Nothing,
        }
    }
}

impl PaneState<Pods> {
    /// Shows the Pods of a workload although the pane is folded, or hides them again.
    pub fn toggle_workload(&mut self, id: WorkloadRef) {
        if !self.extra.open.remove(&id) {
            self.extra.open.insert(id);
        }
        self.invalidate();
    }

    /// Shows the Pods of a workload in a pane that is folded.
    pub fn unfold_workload(&mut self, id: WorkloadRef) {
        if self.extra.folded {
            self.extra.open.insert(id);
            self.invalidate();
        }
    }
}

/// Whether the rows are all Pods by health: as the dashboard begins, and as it is looked at most.
fn is_health_order(query: &Query) -> bool {
    query.filter.is_empty()
        && query.sort.by == SortBy::Status
        && !query.sort.reversed
        && !query.faults_only
}

fn pod_count(context: &RowContext<'_>) -> usize {
    let store = context.store;
    match context.scope {
        Scope::Cluster => store.pod_count(),
        Scope::Namespace(namespace) => store.tallies().get(namespace).map_or(0, |it| it.pods),
    }
}

/// The least healthy of these Pods; one that does not exist comes first.
pub(super) fn least_healthy<'a>(
    store: &Store,
    namespace: &Namespace,
    names: impl Iterator<Item = &'a Name<Pod>>,
) -> Option<ObjectRef<Pod>> {
    let keys = names.map(|name| ObjectRef::new(namespace.clone(), name.clone()));
    keys.min_by_key(|key| store.pod(key).map(|pod| pod_status(pod).health))
}

/// Those of the candidates that still pass.
fn refine(query: &Query, candidates: &[Row], store: &Store) -> Vec<Row> {
    let mut matcher = FilterMatcher::new(&query.filter);
    let candidates = candidates.iter();
    candidates
        .filter(|row| match row {
            Row::Pod(key) => store.pod(key).is_some_and(|pod| passes(&mut matcher, pod)),
            Row::Workload(_) => false,
        })
        .cloned()
        .collect()
}

/// The Pods that pass the filter, in the pane's order.
fn filter_pods<'a>(query: &Query, context: &RowContext<'a>) -> Vec<&'a Arc<Pod>> {
    let mut matcher = FilterMatcher::new(&query.filter);
    let unfiltered = query.filter.is_empty();
    let by_health = ORDER
        .into_iter()
        .filter(|health| !query.faults_only || *health <= PodHealth::Failing)
        .flat_map(|health| context.store.pods_in(health, context.scope));
    let mut pods: Vec<&Arc<Pod>> = by_health
        .filter(|pod| unfiltered || passes(&mut matcher, pod))
        .collect();
    match query.sort.by {
        SortBy::Status => {}
        SortBy::Name => pods.sort_by(|a, b| a.key.name.cmp(&b.key.name)),
        SortBy::Namespace => pods.sort_by(|a, b| a.key.cmp(&b.key)),
        SortBy::Age => pods.sort_by_key(|pod| Reverse(pod.meta.created)),
        SortBy::Count => pods.sort_by_cached_key(|pod| Reverse(pod_status(pod).restarts)),
    }
    pods
}

fn passes(matcher: &mut FilterMatcher<'_>, pod: &Pod) -> bool {
    let names = [pod.key.name.as_str(), pod.key.namespace.as_str()];
    // Most filters are meant for names, and a status costs more than looking for them.
    if matcher.matches_partial(names) {
        return true;
    }
    let status = pod_status(pod);
    let texts = names.into_iter().chain([&*status.status]);
    let images = pod.containers.iter().map(|container| &*container.image);
    let texts = texts.chain(images).chain(pod.node.as_deref());
    matcher.matches(texts, Some(&pod.meta))
}

impl Pods {
    /// Makes one row per workload, at the place of its first Pod; bare Pods stay as they are.
    fn fold(&mut self, store: &Store, pods: Vec<&Arc<Pod>>) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut members: BTreeMap<WorkloadRef, Vec<Row>> = BTreeMap::new();
        for pod in pods {
            let row = Row::Pod(pod.key.clone());
            let Some(workload) = store.workload_of(pod) else {
                rows.push(row);
                continue;
            };
            let id = &workload.id;
            if self.add_to_group(id, pod) {
                rows.push(Row::Workload(id.clone()));
            }
            if self.open.contains(id) {
                members.entry(id.clone()).or_default().push(row);
            }
        }
        let rows = rows.into_iter().flat_map(|row| {
            let below = match &row {
                Row::Workload(id) => members.remove(id).unwrap_or_default(),
                Row::Pod(_) => Vec::new(),
            };
            std::iter::once(row).chain(below)
        });
        rows.collect()
    }

    /// Counts a Pod to the row of its workload; returns whether it is the first one.
    fn add_to_group(&mut self, id: &WorkloadRef, pod: &Pod) -> bool {
        let status = pod_status(pod);
        let is_first = !self.groups.contains_key(id);
        let group = self.groups.entry(id.clone()).or_insert_with(|| PodGroup {
            pods: 0,
            ready: 0,
            restarts: 0,
            health: status.health,
            worst: pod.key.clone(),
        });
        group.pods += 1;
        group.ready += usize::from(status.containers > 0 && status.ready == status.containers);
        group.restarts = group.restarts.saturating_add(status.restarts);
        if status.health < group.health {
            group.health = status.health;
            group.worst = pod.key.clone();
        }
        is_first
    }
}
