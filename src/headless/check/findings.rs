//! Everything wrong that was seen: Pod by Pod, then the workloads that make no Pods.

use std::sync::Arc;

use jiff::Timestamp;

use super::{look::Seen, target::Choice};
use crate::domain::{
    chain::{self, Case},
    diagnose::{self, Finding},
    objects::{Pod, Workload, WorkloadKind},
    status::{Health, pod_status},
    watch::Scope,
};

/// What was checked, and what was found.
pub(super) struct Found {
    pub pods_checked: usize,
    /// Pods that are not well.
    pub pods: Vec<Checked>,
    pub workloads: Vec<(Arc<Workload>, Finding)>,
}

pub(super) struct Checked {
    pub case: Case,
    pub findings: Vec<Finding>,
}

pub(super) fn all(seen: &Seen, choice: &Choice, now: Timestamp) -> Found {
    let world = &seen.world;
    let chosen = |pod: &&Arc<Pod>| {
        let workload = world.workload_of(pod).map(Arc::as_ref);
        choice.has_pod(pod, workload)
    };
    let pods: Vec<_> = world.pods(&Scope::Cluster).filter(chosen).collect();
    let checked = pods
        .iter()
        .filter(|pod| !is_well(pod))
        .filter_map(|pod| chain::case(world, &seen.sight, &pod.key, now))
        .map(|case| Checked {
            findings: diagnose::diagnose(&case).findings,
            case,
        });
    Found {
        pods_checked: pods.len(),
        pods: checked.collect(),
        workloads: workloads(seen, choice, now),
    }
}

fn is_well(pod: &Pod) -> bool {
    matches!(pod_status(pod).health, Health::Healthy | Health::Finished)
}

/// The workloads at the top of their chain; those below say the same.
fn workloads(seen: &Seen, choice: &Choice, now: Timestamp) -> Vec<(Arc<Workload>, Finding)> {
    seen.world
        .workloads()
        .filter(|workload| {
            workload.meta.owner.is_none() && workload.id.kind != WorkloadKind::CronJob
        })
        .filter(|workload| choice.has_workload(workload))
        .filter_map(|workload| {
            let case = chain::workload_case(&seen.world, &seen.sight, workload, now);
            Some((Arc::clone(workload), diagnose::workload(&case)?))
        })
        .collect()
}
