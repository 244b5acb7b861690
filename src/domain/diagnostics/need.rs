//! Decides which Pods and workloads are diagnosed, and when that may change.
//!
//! It is the one rule of the dashboard and of `check`.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{pending, sent_credential};
use crate::domain::{
    context::PodContext,
    k8s::{
        objects::{Event, Pod, Workload, WorkloadKind},
        pod_status::{PodHealth, pod_status},
    },
    pull_test,
};

/// Whether a subject is diagnosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It fails, or is held up.
    Now,
    /// It is on its way; from then on it is held up, unless something happens before.
    From(Timestamp),
    /// It does what it should.
    Never,
}

/// Decides whether a Pod is diagnosed; `events` are those of the Pod, oldest first.
pub fn needs_diagnosis(pod: &Pod, events: &[Arc<Event>], now: Timestamp) -> Need {
    // A pull test that fails is an answer and not a fault, and a deleted Pod is not to run.
    if pull_test::is_of_a_test(pod) || pod.meta.deleting.is_some() {
        return Need::Never;
    }
    match pod_status(pod).health {
        PodHealth::PullFailing | PodHealth::Failing => Need::Now,
        PodHealth::Progressing if pending::held(pod, events, now).is_some() => Need::Now,
        PodHealth::Progressing => {
            pending::held_from(pod, events, now).map_or(Need::Never, Need::From)
        }
        PodHealth::Healthy | PodHealth::Finished => Need::Never,
    }
}

/// Decides whether a workload is diagnosed beside its Pods: it may not be able to create some, or has given up.
///
/// A workload of another workload is covered by that one.
pub fn workload_needs_diagnosis(workload: &Workload) -> bool {
    let owner = workload.meta.owner.as_ref();
    if owner.is_some_and(|owner| WorkloadKind::parse(&owner.kind).is_some()) {
        return false;
    }
    let rollout = &workload.status;
    match workload.id.kind {
        WorkloadKind::Deployment
        | WorkloadKind::ReplicaSet
        | WorkloadKind::StatefulSet
        | WorkloadKind::DaemonSet => {
            rollout.desired > 0
                && (rollout.current < rollout.desired
                    || rollout.updated < rollout.desired
                    || rollout.failure_condition.is_some())
        }
        WorkloadKind::Job => {
            rollout.failure_condition.is_some() || rollout.desired > 0 && rollout.current == 0
        }
        // Its Jobs make the Pods, and only they tell.
        WorkloadKind::CronJob => true,
    }
}

/// How long the names of the pulls before a queued one are used.
const QUEUE: SignedDuration = SignedDuration::from_secs(15);

/// The next time at which a diagnosis may change without an event.
pub fn changes_at(context: &PodContext) -> Option<Timestamp> {
    let held = pending::held_from(&context.pod, &context.events, context.now);
    let moments = sent_credential::moments(context).filter(|at| *at > context.now);
    let queue = (!context.pulls_ahead.is_empty()).then(|| context.now + QUEUE);
    held.into_iter().chain(moments).chain(queue).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{event, now, pod, running, seconds_ago, waiting, workload},
        k8s::objects::{ContainerState, PodCondition, PodConditionType},
    };

    fn events_with(reason: &str, count: u32, seconds: i64) -> [Arc<Event>; 1] {
        [Arc::new(event(
            "e1",
            "web",
            reason,
            "x",
            count,
            seconds_ago(seconds),
        ))]
    }

    #[test]
    fn a_pod_on_its_way_is_diagnosed_from_when_it_is_held_up() {
        let mut pod = pod("shop", "web", waiting("ContainerCreating", ""));
        pod.meta.created = Some(seconds_ago(30));
        let need = |events: &[Arc<Event>]| needs_diagnosis(&pod, events, now());
        let at = |seconds| Need::From(now() + SignedDuration::from_secs(seconds));
        assert_eq!(need(&[]), at(870));
        assert_eq!(need(&events_with("Pulling", 1, 20)), at(100));
        assert_eq!(need(&events_with("Pulling", 1, 120)), Need::Now);
        assert_eq!(need(&events_with("FailedMount", 1, 1)), at(9));
        assert_eq!(need(&events_with("FailedMount", 2, 1)), Need::Now);
        assert_eq!(
            need(&events_with("FailedCreatePodSandBox", 1, 1)),
            Need::Now
        );
    }

    #[test]
    fn a_step_of_which_nothing_is_said_is_diagnosed_after_a_while() {
        let born = |seconds, pod: &mut Pod| {
            pod.meta.created = Some(seconds_ago(seconds));
            pod.conditions = Box::new([]);
        };
        let need = |pod: &Pod| needs_diagnosis(pod, &[], now());
        let at = |seconds| Need::From(now() + SignedDuration::from_secs(seconds));
        let mut unseen = pod("shop", "web", ContainerState::Unreported);
        unseen.node = None;
        born(100, &mut unseen);
        assert_eq!(need(&unseen), at(20));
        born(120, &mut unseen);
        assert_eq!(need(&unseen), Need::Now);
        unseen.node = Some("node-1".into());
        assert_eq!(need(&unseen), Need::Now, "its kubelet is silent");
        unseen.containers = Box::new([]);
        assert_eq!(need(&unseen), Need::Now, "nor are its containers known");
        let mut creating = pod("shop", "web", waiting("ContainerCreating", ""));
        born(120, &mut creating);
        assert_eq!(need(&creating), at(780));
        born(900, &mut creating);
        assert_eq!(need(&creating), Need::Now);
    }

    #[test]
    fn a_scheduling_gate_holds_a_pod() {
        let mut pod = pod("shop", "web", ContainerState::Unreported);
        pod.node = None;
        let reason = Some("SchedulingGated".into());
        let gated = PodCondition::new(PodConditionType::Scheduled, false, None, reason, None);
        pod.conditions = Box::new([gated]);
        assert_eq!(needs_diagnosis(&pod, &[], now()), Need::Now);
    }

    #[test]
    fn what_runs_or_is_deleted_is_not_diagnosed() {
        let healthy = pod("shop", "web", running());
        assert_eq!(needs_diagnosis(&healthy, &[], now()), Need::Never);
        let mut failing = pod("shop", "web", waiting("ImagePullBackOff", "denied"));
        assert_eq!(needs_diagnosis(&failing, &[], now()), Need::Now);
        failing.meta.deleting = Some(now());
        assert_eq!(needs_diagnosis(&failing, &[], now()), Need::Never);
    }

    #[test]
    fn what_another_workload_makes_is_told_of_that_one() {
        let mut set = workload(WorkloadKind::ReplicaSet, "shop", "web-1", Some("web"));
        set.status.desired = 1;
        assert!(!workload_needs_diagnosis(&set));
        set.meta.owner = None;
        assert!(workload_needs_diagnosis(&set));
        set.status.current = 1;
        set.status.updated = 1;
        assert!(!workload_needs_diagnosis(&set));
    }
}
