//! `--wait`: when a rollout has settled, for good or ill.

use std::{fmt, time::Duration};

use super::target::Choice;
use crate::domain::{
    key::Key,
    objects::{Pod, Workload, WorkloadKind},
    status::{Health, pod_status},
    watch::Scope,
    world::World,
};

/// Something fails and nothing has got on for so long: it is stuck. Longer than the kubelet's first
/// back-off (10 s), for a registry may refuse one attempt by mistake.
pub(super) const STUCK: Duration = Duration::from_secs(15);

/// How far what was chosen has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pods: Vec<(Key<Pod>, Health)>,
    rolled_out: bool,
}

impl Standing {
    pub(super) fn of(world: &World, choice: &Choice) -> Self {
        let chosen = |pod: &&std::sync::Arc<Pod>| {
            let workload = world.workload_of(pod).map(AsRef::as_ref);
            pod.meta.deleting.is_none() && choice.has_pod(pod, workload)
        };
        let pods = world.pods(&Scope::Cluster).filter(chosen);
        let workloads = world.workloads().filter(|it| choice.has_workload(it));
        Self {
            pods: pods
                .map(|pod| (pod.key.clone(), pod_status(pod).health))
                .collect(),
            rolled_out: workloads.into_iter().all(|it| is_rolled_out(it)),
        }
    }

    /// All runs, or has run to its end.
    pub(super) fn is_well(&self) -> bool {
        self.rolled_out && self.pods.iter().all(|(_, health)| health.is_sound())
    }

    /// Something fails.
    pub(super) fn fails(&self) -> bool {
        let mut healths = self.pods.iter().map(|(_, health)| health);
        healths.any(|health| matches!(health, Health::PullFailing | Health::Failing))
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.pods.iter().filter(|(_, health)| health.is_sound());
        write!(
            f,
            "waiting: {} of {} Pods are well",
            ready.count(),
            self.pods.len()
        )
    }
}

/// The controller has seen the last change, and has carried it out.
fn is_rolled_out(workload: &Workload) -> bool {
    let rollout = &workload.rollout;
    match workload.id.kind {
        // What it creates is looked at by itself; a Job that is done has no Pods under way.
        WorkloadKind::CronJob | WorkloadKind::Job => true,
        WorkloadKind::ReplicaSet => {
            rollout.observed_generation >= rollout.generation && rollout.current >= rollout.desired
        }
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
            rollout.paused
                || rollout.observed_generation >= rollout.generation
                    && rollout.updated >= rollout.desired
                    && rollout.current <= rollout.updated
                    && rollout.available >= rollout.desired
        }
    }
}
