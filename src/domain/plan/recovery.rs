//! Checks whether a plan has worked: every affected Pod, or its replacement, is ready.
//!
//! That a fault has another name now is no recovery: [`Affected`] says which Pods have to be ready.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::affected::{Affected, AffectedPod, Awaited, Controller};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Pod, WorkloadKind, WorkloadRef},
        pod_status::{PodHealth, pod_status},
    },
    store::{Store, watch::Scope},
};

/// How far the recovery is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Pods that have to be ready.
    pub wanted: usize,
    pub ready: usize,
    /// Pods that fail now, and that the plan does not take away.
    pub failing: Vec<ObjectRef<Pod>>,
    /// Some of those are new since the plan was applied.
    pub new_ones_fail: bool,
    /// Something has not been seen yet, or is on its way.
    pub pending: bool,
    /// A workload wants no Pods.
    pub is_scaled_to_zero: bool,
}

impl Recovery {
    /// Every Pod that was wanted is ready. Where a workload wants none, nothing was pulled for it, and nothing is
    /// shown by it.
    pub fn is_complete(&self) -> bool {
        self.wanted > 0
            && !self.pending
            && !self.is_scaled_to_zero
            && self.failing.is_empty()
            && self.ready >= self.wanted
    }
}

/// How far what a plan was for has recovered.
pub fn recovery(store: &Store, affected: &Affected) -> Recovery {
    let mut found = Recovery::default();
    for (id, awaited) in &affected.whole {
        whole(store, id, *awaited, &affected.before, &mut found);
    }
    let mut gone: BTreeMap<&Controller, usize> = BTreeMap::new();
    for pod in &affected.pods {
        one(store, pod, &mut gone, &mut found);
    }
    for (controller, count) in gone {
        replaced(store, controller, count, &affected.before, &mut found);
    }
    found
}

fn is_ready(pod: &Pod) -> bool {
    matches!(
        pod_status(pod).health,
        PodHealth::Healthy | PodHealth::Finished
    )
}

fn fails(pod: &Pod) -> bool {
    matches!(
        pod_status(pod).health,
        PodHealth::PullFailing | PodHealth::Failing
    )
}

/// All Pods of a workload.
fn whole(
    store: &Store,
    id: &WorkloadRef,
    awaited: Awaited,
    before: &BTreeSet<Arc<str>>,
    found: &mut Recovery,
) {
    let Some(workload) = store.workload(id) else {
        found.wanted += 1;
        found.pending = true;
        return;
    };
    let rollout = &workload.status;
    let is_run = matches!(id.kind, WorkloadKind::Job | WorkloadKind::CronJob);
    let wanted = rollout.desired.max(u32::from(is_run));
    let pods = pods_of(store, &Controller::Workload(id.clone()));
    for pod in pods.iter().filter(|pod| fails(pod)) {
        let is_new = !before.contains(&pod.meta.uid);
        if is_new || !awaited.rolls {
            found.failing.push(pod.key.clone());
            found.new_ones_fail |= is_new;
        }
    }
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let observed = rollout.generation >= awaited.generation + awaited.changes
        && rollout.observed_generation >= rollout.generation;
    found.pending |= !(observed && workload.is_rolled_out());
    found.is_scaled_to_zero |= wanted == 0;
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    found.wanted = found.wanted.saturating_add(wanted);
    // Before the controller has seen the change, those that are ready are the old ones.
    found.ready += if observed { ready.min(wanted) } else { 0 };
}

/// A Pod that is still there, or that has to be replaced.
fn one<'a>(
    store: &Store,
    affected: &'a AffectedPod,
    gone: &mut BTreeMap<&'a Controller, usize>,
    found: &mut Recovery,
) {
    let there = store
        .pod(&affected.key)
        .filter(|pod| pod.meta.deleting.is_none());
    let same = there.filter(|pod| pod.meta.uid == affected.uid);
    match (same, &affected.controller) {
        (Some(_), _) if affected.is_deleted => {
            found.wanted += 1;
            found.pending = true;
        }
        (Some(pod), _) => {
            found.wanted += 1;
            count(pod, false, found);
        }
        (None, Some(controller)) => *gone.entry(controller).or_default() += 1,
        // Without a controller one of the same name takes its place.
        (None, None) => {
            found.wanted += 1;
            match there {
                Some(pod) => count(pod, true, found),
                None => found.pending = true,
            }
        }
    }
}

fn count(pod: &Pod, is_new: bool, found: &mut Recovery) {
    if fails(pod) {
        found.failing.push(pod.key.clone());
        found.new_ones_fail |= is_new;
    } else if is_ready(pod) {
        found.ready += 1;
    }
}

/// The new Pods of a controller, of which so many are gone.
fn replaced(
    store: &Store,
    controller: &Controller,
    gone: usize,
    before: &BTreeSet<Arc<str>>,
    found: &mut Recovery,
) {
    let desired = match controller {
        Controller::Workload(id) => match id.kind {
            WorkloadKind::Job => None,
            // However many runs of it were waiting: the next one has to work.
            WorkloadKind::CronJob => Some(1),
            WorkloadKind::Deployment
            | WorkloadKind::ReplicaSet
            | WorkloadKind::StatefulSet
            | WorkloadKind::DaemonSet => store.workload(id).map(|found| found.status.desired),
        },
        Controller::Owner(_) => None,
    };
    let desired = desired.and_then(|desired| usize::try_from(desired).ok());
    found.is_scaled_to_zero |= desired == Some(0);
    let wanted = desired.map_or(gone, |desired| gone.min(desired));
    let pods = pods_of(store, controller);
    let new = pods.iter().filter(|pod| !before.contains(&pod.meta.uid));
    let mut those = Recovery::default();
    for pod in new {
        count(pod, true, &mut those);
    }
    found.wanted += wanted;
    found.ready += those.ready.min(wanted);
    found.failing.extend(those.failing);
    found.new_ones_fail |= those.new_ones_fail;
}

/// The Pods of a controller that are to stay.
fn pods_of(store: &Store, controller: &Controller) -> Vec<Arc<Pod>> {
    let pods: Vec<&Arc<Pod>> = match controller {
        Controller::Workload(id) => {
            let here = Scope::Namespace(id.key.namespace.clone());
            let of_it = |pod: &&Arc<Pod>| store.workload_of(pod).is_some_and(|it| it.id == *id);
            store.pods(&here).filter(of_it).collect()
        }
        Controller::Owner(uid) => {
            let keys = store.pods_of_owner(uid);
            keys.filter_map(|key| store.pod(key)).collect()
        }
    };
    let stays = |pod: &&Arc<Pod>| pod.meta.deleting.is_none();
    pods.into_iter().filter(stays).cloned().collect()
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
