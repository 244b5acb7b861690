//! Computes the rollout status of a workload, like `kubectl rollout status`.
//!
//! Controllers never give up: a Deployment whose deadline has passed still tries. So *will not end*
//! means that it cannot end unless somebody changes something.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{
    object_ref::{Namespace, ObjectRef},
    objects::{Pod, Workload, WorkloadKind, WorkloadRef},
    pod_status::{PodHealth, pod_status},
};
use crate::domain::{
    context,
    store::{Store, watch::Scope},
};

/// The rollout status of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutStatus {
    pub workload: Arc<Workload>,
    /// The newest first; of a workload without ReplicaSets one, with all its Pods.
    pub revisions: Vec<RevisionStatus>,
    pub state: RolloutState,
    /// When the controller will call it failed, unless there is progress before.
    pub deadline: Option<Timestamp>,
}

/// The Pods of one Pod template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionStatus {
    /// The ReplicaSet that makes them; `None` where the workload does so itself.
    pub replica_set: Option<WorkloadRef>,
    pub number: Option<u64>,
    /// Container name and image.
    pub images: Arc<[(Arc<str>, Arc<str>)]>,
    pub desired: u32,
    pub ready: u32,
    /// The ones that fare worst first.
    pub pods: Vec<ObjectRef<Pod>>,
}

/// The state of a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RolloutState {
    /// Everything is as it is wanted.
    Complete,
    Paused,
    /// The controller has not seen the last change yet.
    NotObserved,
    /// It goes on.
    Advancing,
    /// A Pod of the newest revision fails: no other one is replaced before it is ready.
    Blocked(ObjectRef<Pod>),
    /// The controller cannot make Pods, or says that the deadline has passed. Reason and message.
    Failed(Arc<str>, Arc<str>),
}

/// How far this workload is; `None` when it is not known.
pub fn rollout_status(store: &Store, id: &WorkloadRef) -> Option<RolloutStatus> {
    let workload = Arc::clone(store.workload(id)?);
    let revisions = revisions(store, &workload);
    let outlook = rollout_state(store, &workload, &revisions);
    let rollout = &workload.status;
    let deadline = match &outlook {
        RolloutState::Advancing | RolloutState::Blocked(_) => {
            let progressed = rollout.progressed.zip(rollout.deadline);
            progressed.and_then(|(seen, limit)| {
                let limit = SignedDuration::from_secs(i64::from(limit));
                seen.checked_add(limit).ok()
            })
        }
        RolloutState::Complete
        | RolloutState::Paused
        | RolloutState::NotObserved
        | RolloutState::Failed(..) => None,
    };
    Some(RolloutStatus {
        workload,
        revisions,
        state: outlook,
        deadline,
    })
}

fn revisions(store: &Store, workload: &Arc<Workload>) -> Vec<RevisionStatus> {
    if workload.id.kind != WorkloadKind::Deployment {
        return vec![RevisionStatus {
            replica_set: None,
            number: None,
            images: Arc::clone(&workload.images),
            desired: workload.status.desired,
            ready: workload.status.ready,
            pods: pods(store, workload),
        }];
    }
    context::revisions(store, workload)
        .iter()
        .map(|set| RevisionStatus {
            replica_set: Some(set.id.clone()),
            number: set.status.revision.as_ref().map(|revision| revision.number),
            images: Arc::clone(&set.images),
            desired: set.status.desired,
            ready: set.status.ready,
            pods: pods(store, set),
        })
        .collect()
}

fn pods(store: &Store, owner: &Workload) -> Vec<ObjectRef<Pod>> {
    let mut pods: Vec<&Arc<Pod>> = if owner.id.kind == WorkloadKind::CronJob {
        // Its Jobs own the Pods.
        let here = Scope::Namespace(owner.id.key.namespace.clone());
        let of_it = |pod: &&Arc<Pod>| store.workload_of(pod).is_some_and(|w| w.id == owner.id);
        store.pods(&here).filter(of_it).collect()
    } else {
        let keys = store.pods_of_owner(&owner.meta.uid);
        keys.filter_map(|key| store.pod(key)).collect()
    };
    pods.sort_by_cached_key(|pod| (pod_status(pod).health, pod.key.clone()));
    pods.into_iter().map(|pod| pod.key.clone()).collect()
}

fn rollout_state(store: &Store, workload: &Workload, revisions: &[RevisionStatus]) -> RolloutState {
    let rollout = &workload.status;
    if rollout.observed_generation < rollout.generation {
        return RolloutState::NotObserved;
    }
    let complete = rollout.updated >= rollout.desired
        && rollout.available >= rollout.desired
        && rollout.current <= rollout.desired.max(rollout.updated);
    if complete {
        return RolloutState::Complete;
    }
    if rollout.paused {
        return RolloutState::Paused;
    }
    let newest = revisions.first().map_or(&[][..], |revision| &revision.pods);
    let failing = newest.iter().find(|key| {
        store.pod(key).is_some_and(|pod| {
            matches!(
                pod_status(pod).health,
                PodHealth::PullFailing | PodHealth::Failing
            )
        })
    });
    match (failing, &rollout.failure_condition) {
        (Some(pod), _) => RolloutState::Blocked(pod.clone()),
        (None, Some((reason, message))) => {
            RolloutState::Failed(Arc::clone(reason), Arc::clone(message))
        }
        (None, None) => RolloutState::Advancing,
    }
}

impl RolloutStatus {
    /// The newest revision before the current one with other images: what an undo would go back to.
    pub fn previous_revision(&self) -> Option<&RevisionStatus> {
        let (current, older) = self.revisions.split_first()?;
        let differs = |revision: &&RevisionStatus| revision.images != current.images;
        let ready = older
            .iter()
            .find(|revision| revision.ready > 0 && differs(revision));
        ready.or_else(|| older.iter().find(differs))
    }
}

/// The Pod that was made last for any of these workloads, of those that are to stay.
pub fn newest_pod(store: &Store, workloads: &[WorkloadRef]) -> Option<ObjectRef<Pod>> {
    let namespaces: BTreeSet<&Namespace> = workloads.iter().map(|id| &id.key.namespace).collect();
    let pods = namespaces.into_iter().flat_map(|namespace| {
        store
            .pods(&Scope::Namespace(namespace.clone()))
            .collect::<Vec<_>>()
    });
    let of_them = |pod: &&Arc<Pod>| {
        let owner = store.workload_of(pod);
        pod.meta.deleting.is_none() && owner.is_some_and(|owner| workloads.contains(&owner.id))
    };
    let youngest = pods.filter(of_them).max_by_key(|pod| pod.meta.created)?;
    Some(youngest.key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{key, now, owned, pod, running, upserted, waiting, workload},
        k8s::objects::WorkloadStatus,
        store::update::StoreUpdate,
    };

    fn id(kind: WorkloadKind, name: &str) -> WorkloadRef {
        WorkloadRef {
            kind,
            key: key("shop", name),
        }
    }

    /// A Deployment of two with an old revision that runs, and a new one.
    fn store(edit: impl FnOnce(&mut WorkloadStatus), newest: Pod) -> Store {
        let mut store = Store::default();
        let mut deployment = workload(WorkloadKind::Deployment, "shop", "web", None);
        deployment.status = WorkloadStatus {
            desired: 2,
            current: 3,
            updated: 1,
            ready: 2,
            available: 2,
            deadline: Some(600),
            progressed: Some(now()),
            ..WorkloadStatus::default()
        };
        edit(&mut deployment.status);
        let mut batches = vec![];
        let mut sets = vec![deployment];
        for (number, name, image) in [(1, "web-old", "a:1"), (2, "web-new", "a:2")] {
            let mut set = workload(WorkloadKind::ReplicaSet, "shop", name, Some("web"));
            set.images = Arc::from([("app".into(), image.into())]);
            set.status.ready = u32::from(number == 1);
            set.status.revision = Some(crate::domain::k8s::objects::Revision {
                number,
                since: None,
            });
            sets.push(set);
        }
        for set in sets {
            batches.push(StoreUpdate::Workloads(set.id.kind, upserted(vec![set])));
        }
        let old = owned(pod("shop", "web-old-1", running()), "web-old");
        let new = owned(newest, "web-new");
        batches.push(StoreUpdate::Pods(upserted(vec![old, new])));
        for batch in batches {
            store.apply(batch, now());
        }
        store
    }

    fn of(store: &Store) -> RolloutStatus {
        rollout_status(store, &id(WorkloadKind::Deployment, "web")).unwrap()
    }

    #[test]
    fn a_pod_that_cannot_pull_blocks_the_rollout() {
        let failing = pod("shop", "web-new-1", waiting("ImagePullBackOff", "no"));
        let store = store(|_| {}, failing);
        let progress = of(&store);
        assert_eq!(
            progress.state,
            RolloutState::Blocked(key("shop", "web-new-1"))
        );
        assert_eq!(
            progress.deadline,
            Some(now() + SignedDuration::from_secs(600))
        );
        let numbers: Vec<_> = progress.revisions.iter().map(|r| r.number).collect();
        assert_eq!(numbers, [Some(2), Some(1)]);
        assert_eq!(progress.previous_revision().and_then(|r| r.number), Some(1));
    }

    #[test]
    fn the_outlook_follows_the_numbers() {
        let fine = || pod("shop", "web-new-1", waiting("ContainerCreating", ""));
        assert_eq!(of(&store(|_| {}, fine())).state, RolloutState::Advancing);
        assert_eq!(
            of(&store(|r| r.paused = true, fine())).state,
            RolloutState::Paused
        );
        assert_eq!(
            of(&store(|r| r.generation = 7, fine())).state,
            RolloutState::NotObserved
        );
        let done = |r: &mut WorkloadStatus| (r.current, r.updated) = (2, 2);
        assert_eq!(of(&store(done, fine())).state, RolloutState::Complete);
        let quota = |r: &mut WorkloadStatus| {
            r.failure_condition = Some(("FailedCreate".into(), "quota".into()));
        };
        assert!(matches!(
            of(&store(quota, fine())).state,
            RolloutState::Failed(..)
        ));
    }
}
