//! Everything wrong that was seen: Pod by Pod, then the workloads that make no Pods.

use std::sync::Arc;

use jiff::Timestamp;

use super::{look::Seen, target::Choice, wait::is_sound};
use crate::domain::{
    chain::{self, Case},
    diagnose::{self, Finding},
    objects::{Pod, Workload, WorkloadKind},
    status::{Health, pod_status},
    watch::Scope,
};

/// What was checked, and what was found.
pub(super) struct Found {
    /// Pods that are not well, or that are looked into all the same.
    pub pods: Vec<Checked>,
    /// Pods that are well, and what they belong to.
    pub well: Vec<(Arc<Pod>, Option<Arc<Workload>>)>,
    pub workloads: Vec<(Arc<Workload>, Finding)>,
}

pub(super) struct Checked {
    pub case: Case,
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
    let (sound, ill): (Vec<_>, Vec<_>) = pods.partition(|pod| is_sound(pod_status(pod).health));
    let case = |pod: &Arc<Pod>| chain::case(world, &seen.sight, &pod.key, now);
    let ill = ill.into_iter().filter_map(case).map(|case| Checked {
        findings: diagnose::diagnose(&case).findings,
        case,
        runs: false,
    });
    let mut checked: Vec<Checked> = ill.collect();
    let mut well = Vec::new();
    for pod in sound {
        match depth {
            Depth::WhatFails => well.push(pod),
            // What has run to its end is not pulled again.
            Depth::Everything if pod_status(pod).health == Health::Finished => well.push(pod),
            Depth::Everything => checked.extend(case(pod).map(|case| Checked {
                findings: diagnose::foresee(&case),
                case,
                runs: true,
            })),
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
