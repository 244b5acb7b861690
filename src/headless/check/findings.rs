//! Everything wrong that was seen: Pod by Pod, then the workloads that make no Pods.

use std::sync::Arc;

use jiff::Timestamp;

use super::{collect::Seen, selection::Choice};
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
pub(super) struct Found {
    /// Pods that are not well, or that are looked into all the same.
    pub pods: Vec<Checked>,
    /// Pods that are well or on their way, and what they belong to.
    pub well: Vec<(Arc<Pod>, Option<Arc<Workload>>)>,
    pub workloads: Vec<(Arc<Workload>, Finding)>,
}

pub(super) struct Checked {
    pub case: PodContext,
    pub findings: Vec<Finding>,
    /// It runs: what is found is what the next pull will meet.
    pub runs: bool,
}

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    WhatFails,
    /// Also whether what runs could be pulled again.
    Everything,
}

pub(super) fn all(seen: &Seen, choice: &Choice, depth: Depth, now: Timestamp) -> Found {
    let world = &seen.world;
    let chosen = |pod: &&Arc<Pod>| {
        let workload = world.workload_of(pod).map(Arc::as_ref);
        choice.has_pod(pod, workload)
    };
    let pods = world.pods(&Scope::Cluster).filter(chosen);
    let need = |pod: &Arc<Pod>| needs_diagnosis(pod, &world.events_of_pod(&pod.key), now);
    let (ill, others): (Vec<_>, Vec<_>) = pods.partition(|pod| need(pod) == Need::Now);
    let case = |pod: &Arc<Pod>| context::pod_context(world, &seen.sight, &pod.key, now);
    let ill = ill.into_iter().filter_map(case).map(|case| Checked {
        findings: diagnostics::diagnose(&case).findings,
        case,
        runs: false,
    });
    let mut checked: Vec<Checked> = ill.collect();
    let mut well = Vec::new();
    for pod in others {
        // What has run to its end is not pulled again.
        let runs = pod_status(pod).health == PodHealth::Healthy;
        match depth {
            Depth::Everything if runs => checked.extend(case(pod).map(|case| Checked {
                findings: diagnostics::preflight(&case),
                case,
                runs: true,
            })),
            Depth::Everything | Depth::WhatFails => well.push(pod),
        }
    }
    let owner = |pod: &Arc<Pod>| world.workload_of(pod).map(Arc::clone);
    Found {
        well: well
            .into_iter()
            .map(|pod| (Arc::clone(pod), owner(pod)))
            .collect(),
        pods: checked,
        workloads: workloads(seen, choice, now),
    }
}

/// The workloads whose Pods tell nothing.
fn workloads(seen: &Seen, choice: &Choice, now: Timestamp) -> Vec<(Arc<Workload>, Finding)> {
    seen.world
        .workloads()
        .filter(|it| workload_needs_diagnosis(it) && choice.has_workload(it))
        .filter_map(|workload| {
            let case = context::workload_context(&seen.world, &seen.sight, workload, now);
            Some((Arc::clone(workload), diagnostics::workload(&case)?))
        })
        .collect()
}
