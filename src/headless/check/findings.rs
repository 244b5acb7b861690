//! Everything wrong in a scope: Pod by Pod, then the workloads that make no Pods.

use std::sync::Arc;

use jiff::Timestamp;

use super::{look::Seen, target::Target};
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

pub(super) fn all(seen: &Seen, scope: &Scope, targets: &[Target], now: Timestamp) -> Found {
    let world = &seen.world;
    let chosen = |pod: &&Arc<Pod>| {
        let workload = world.workload_of(pod).map(Arc::as_ref);
        targets.is_empty() || targets.iter().any(|target| target.has_pod(pod, workload))
    };
    let pods: Vec<_> = world.pods(scope).filter(chosen).collect();
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
        workloads: workloads(seen, scope, targets, now),
    }
}

fn is_well(pod: &Pod) -> bool {
    matches!(pod_status(pod).health, Health::Healthy | Health::Finished)
}

/// The workloads at the top of their chain; those below say the same.
fn workloads(
    seen: &Seen,
    scope: &Scope,
    targets: &[Target],
    now: Timestamp,
) -> Vec<(Arc<Workload>, Finding)> {
    let in_scope = |workload: &&Arc<Workload>| match scope {
        Scope::Cluster => true,
        Scope::Namespace(namespace) => workload.id.key.namespace == *namespace,
    };
    let chosen = |workload: &&Arc<Workload>| {
        targets.is_empty() || targets.iter().any(|target| target.is_workload(workload))
    };
    seen.world
        .workloads()
        .filter(|workload| {
            workload.meta.owner.is_none() && workload.id.kind != WorkloadKind::CronJob
        })
        .filter(in_scope)
        .filter(chosen)
        .filter_map(|workload| {
            let case = chain::workload_case(&seen.world, &seen.sight, workload, now);
            Some((Arc::clone(workload), diagnose::workload(&case)?))
        })
        .collect()
}
