//! `--wait`: whether a rollout is complete, has failed or is stuck.

use std::{fmt, time::Duration};

use super::selection::Selection;
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Pod, Workload, WorkloadKind},
        pod_status::{PodHealth, pod_status},
    },
    store::{Store, watch::Scope},
};

/// Time without progress after which a failing rollout is stuck. Longer than the kubelet's first back-off
/// (10 s), because a registry may refuse one attempt by mistake.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(15);

/// Progress of the selected Pods and workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RolloutProgress {
    pods: Vec<(ObjectRef<Pod>, PodHealth)>,
    rolled_out: bool,
}

impl RolloutProgress {
    pub(super) fn measure(store: &Store, selection: &Selection) -> Self {
        let is_selected = |pod: &&std::sync::Arc<Pod>| {
            let workload = store.workload_of(pod).map(AsRef::as_ref);
            pod.meta.deleting.is_none() && selection.matches_pod(pod, workload)
        };
        let pods = store.pods(&Scope::Cluster).filter(is_selected);
        let workloads = store
            .workloads()
            .filter(|it| selection.matches_workload(it));
        Self {
            pods: pods
                .map(|pod| (pod.key.clone(), pod_status(pod).health))
                .collect(),
            rolled_out: workloads
                .into_iter()
                .all(|it| it.is_rolled_out() && has_listed_job_pods(store, it)),
        }
    }

    /// All Pods run or have completed, and all workloads are rolled out.
    pub(super) fn is_complete(&self) -> bool {
        self.rolled_out && self.pods.iter().all(|(_, health)| health.is_sound())
    }

    /// Whether a Pod fails.
    pub(super) fn has_failures(&self) -> bool {
        let mut healths = self.pods.iter().map(|(_, health)| health);
        healths.any(|health| matches!(health, PodHealth::PullFailing | PodHealth::Failing))
    }
}

impl fmt::Display for RolloutProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.pods.iter().filter(|(_, health)| health.is_sound());
        write!(
            f,
            "waiting: {} of {} Pods are healthy",
            ready.count(),
            self.pods.len()
        )
    }
}

/// Whether the Pods that a Job counts as active have been listed: its status may come before them. Pods that
/// other kinds count as available have been ready.
fn has_listed_job_pods(store: &Store, workload: &Workload) -> bool {
    let rollout = &workload.status;
    if workload.id.kind != WorkloadKind::Job || rollout.is_finished {
        return true;
    }
    let within = Scope::Namespace(workload.id.key.namespace.clone());
    let is_own = |pod: &&std::sync::Arc<Pod>| {
        let owner = store.workload_of(pod);
        owner.is_some_and(|owner| owner.id == workload.id) && pod.meta.deleting.is_none()
    };
    let seen = store.pods(&within).filter(is_own).count();
    let active = rollout.current.saturating_sub(rollout.available);
    seen >= usize::try_from(active).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{fixtures::workload, k8s::objects::WorkloadStatus};

    fn is_well(kind: WorkloadKind, rollout: WorkloadStatus) -> bool {
        let mut it = workload(kind, "shop", "web", None);
        it.status = rollout;
        it.is_rolled_out()
    }

    #[test]
    fn what_no_controller_has_looked_at_yet_has_not_settled() {
        let new = WorkloadStatus {
            generation: 1,
            ..WorkloadStatus::default()
        };
        for kind in WorkloadKind::ALL {
            let is_alone = kind == WorkloadKind::CronJob;
            assert_eq!(is_well(kind, new.clone()), is_alone, "{kind}");
        }
    }

    #[test]
    fn a_change_that_waits_for_somebody_has_not_been_carried_out() {
        let old = WorkloadStatus {
            desired: 3,
            current: 3,
            ready: 3,
            available: 3,
            paused: true,
            ..WorkloadStatus::default()
        };
        assert!(!is_well(WorkloadKind::Deployment, old.clone()));
        assert!(is_well(
            WorkloadKind::Deployment,
            WorkloadStatus { updated: 3, ..old }
        ));
        let suspended = WorkloadStatus {
            desired: 1,
            paused: true,
            ..WorkloadStatus::default()
        };
        assert!(!is_well(WorkloadKind::Job, suspended));
    }

    #[test]
    fn pods_that_keep_the_old_template_on_purpose_are_not_waited_for() {
        let part = WorkloadStatus {
            desired: 3,
            current: 3,
            updated: 2,
            available: 3,
            ..WorkloadStatus::default()
        };
        assert!(!is_well(WorkloadKind::StatefulSet, part.clone()));
        let partition = WorkloadStatus {
            partition: 1,
            ..part.clone()
        };
        assert!(is_well(WorkloadKind::StatefulSet, partition));
        for kind in [WorkloadKind::StatefulSet, WorkloadKind::DaemonSet] {
            let on_delete = WorkloadStatus {
                on_delete: true,
                ..part.clone()
            };
            assert!(is_well(kind, on_delete));
        }
    }
}
