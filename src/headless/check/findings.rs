//! Everything wrong that was seen: Pod by Pod, then the workloads that make no Pods.

use std::sync::Arc;

use jiff::Timestamp;

use super::{collect::Snapshot, selection::Selection};
use crate::domain::{
    context::{self, PodContext},
    diagnostics::{self, Finding, Need, needs_diagnosis, workload_needs_diagnosis},
    k8s::{
        objects::{Pod, Workload},
        pod_status::{PodHealth, pod_status},
    },
    store::watch::Scope,
};

/// What was checked, and what was found.
pub(super) struct CheckFindings {
    /// Pods that are not well, or that are looked into all the same.
    pub pods: Vec<DiagnosedPod>,
    /// Pods that are well or on their way, and what they belong to.
    pub healthy: Vec<(Arc<Pod>, Option<Arc<Workload>>)>,
    pub workloads: Vec<(Arc<Workload>, Finding)>,
}

pub(super) struct DiagnosedPod {
    pub context: PodContext,
    pub findings: Vec<Finding>,
    /// It runs: what is found is what the next pull will meet.
    pub is_running: bool,
}

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    Failing,
    /// Also whether what runs could be pulled again.
    All,
}

pub(super) fn diagnose_all(
    seen: &Snapshot,
    choice: &Selection,
    depth: Depth,
    now: Timestamp,
) -> CheckFindings {
    let world = &seen.store;
    let chosen = |pod: &&Arc<Pod>| {
        let workload = world.workload_of(pod).map(Arc::as_ref);
        choice.matches_pod(pod, workload)
    };
    let pods = world.pods(&Scope::Cluster).filter(chosen);
    let need = |pod: &Arc<Pod>| needs_diagnosis(pod, &world.events_of_pod(&pod.key), now);
    let (ill, others): (Vec<_>, Vec<_>) = pods.partition(|pod| need(pod) == Need::Now);
    let case = |pod: &Arc<Pod>| context::pod_context(world, &seen.coverage, &pod.key, now);
    let ill = ill.into_iter().filter_map(case).map(|case| DiagnosedPod {
        findings: diagnostics::diagnose(&case).findings,
        context: case,
        is_running: false,
    });
    let mut checked: Vec<DiagnosedPod> = ill.collect();
    let mut well = Vec::new();
    for pod in others {
        // What has run to its end is not pulled again.
        let runs = pod_status(pod).health == PodHealth::Healthy;
        match depth {
            Depth::All if runs => checked.extend(case(pod).map(|case| DiagnosedPod {
                findings: diagnostics::preflight(&case),
                context: case,
                is_running: true,
            })),
            Depth::All | Depth::Failing => well.push(pod),
        }
    }
    let owner = |pod: &Arc<Pod>| world.workload_of(pod).map(Arc::clone);
    CheckFindings {
        healthy: well
            .into_iter()
            .map(|pod| (Arc::clone(pod), owner(pod)))
            .collect(),
        pods: checked,
        workloads: diagnose_workloads(seen, choice, now),
    }
}

/// The workloads whose Pods tell nothing.
fn diagnose_workloads(
    seen: &Snapshot,
    choice: &Selection,
    now: Timestamp,
) -> Vec<(Arc<Workload>, Finding)> {
    seen.store
        .workloads()
        .filter(|it| workload_needs_diagnosis(it) && choice.matches_workload(it))
        .filter_map(|workload| {
            let case = context::workload_context(&seen.store, &seen.coverage, workload, now);
            Some((Arc::clone(workload), diagnostics::workload(&case)?))
        })
        .collect()
}
