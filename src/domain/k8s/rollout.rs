//! Computes the rollout status of a workload, like `kubectl rollout status`.
//!
//! Controllers never give up: a Deployment whose deadline has passed still tries. So *will not end*
//! means that it cannot end unless somebody changes something.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{
    object_ref::{Key, Namespace},
    objects::{Pod, Workload, WorkloadKey, WorkloadKind},
    pod_status::{Health, pod_status},
};
use crate::domain::{
    context,
    store::{World, watch::Scope},
};

/// The rollout status of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub workload: Arc<Workload>,
    /// The newest first; of a workload without ReplicaSets one, with all its Pods.
    pub revisions: Vec<Revision>,
    pub outlook: Outlook,
    /// When the controller will call it failed, unless there is progress before.
    pub deadline: Option<Timestamp>,
}

/// The Pods of one Pod template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The ReplicaSet that makes them; `None` where the workload does so itself.
    pub set: Option<WorkloadKey>,
    pub number: Option<u64>,
    /// Container name and image.
    pub images: Arc<[(Arc<str>, Arc<str>)]>,
    pub wanted: u32,
    pub ready: u32,
    /// The ones that fare worst first.
    pub pods: Vec<Key<Pod>>,
}

/// The state of a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// Everything is as it is wanted.
    Complete,
    Paused,
    /// The controller has not seen the last change yet.
    Unseen,
    /// It goes on.
    Advancing,
    /// A Pod of the newest revision fails: no other one is replaced before it is ready.
    Blocked(Key<Pod>),
    /// The controller cannot make Pods, or says that the deadline has passed. Reason and message.
    Refused(Arc<str>, Arc<str>),
}

/// How far this workload is; `None` when it is not known.
pub fn progress(world: &World, id: &WorkloadKey) -> Option<Progress> {
    let workload = Arc::clone(world.workload(id)?);
    let revisions = revisions(world, &workload);
    let outlook = outlook(world, &workload, &revisions);
    let rollout = &workload.rollout;
    let deadline = match (&outlook, rollout.progressed, rollout.deadline) {
        (Outlook::Advancing | Outlook::Blocked(_), Some(seen), Some(limit)) => {
            let limit = SignedDuration::from_secs(i64::from(limit));
            seen.checked_add(limit).ok()
        }
        _ => None,
    };
    Some(Progress {
        workload,
        revisions,
        outlook,
        deadline,
    })
}

fn revisions(world: &World, workload: &Arc<Workload>) -> Vec<Revision> {
    if workload.id.kind != WorkloadKind::Deployment {
        return vec![Revision {
            set: None,
            number: None,
            images: Arc::clone(&workload.images),
            wanted: workload.rollout.desired,
            ready: workload.rollout.ready,
            pods: pods(world, workload),
        }];
    }
    context::revisions(world, workload)
        .iter()
        .map(|set| Revision {
            set: Some(set.id.clone()),
            number: set
                .rollout
                .revision
                .as_ref()
                .map(|revision| revision.number),
            images: Arc::clone(&set.images),
            wanted: set.rollout.desired,
            ready: set.rollout.ready,
            pods: pods(world, set),
        })
        .collect()
}

fn pods(world: &World, owner: &Workload) -> Vec<Key<Pod>> {
    let mut pods: Vec<&Arc<Pod>> = if owner.id.kind == WorkloadKind::CronJob {
        // Its Jobs own the Pods.
        let here = Scope::Namespace(owner.id.key.namespace.clone());
        let of_it = |pod: &&Arc<Pod>| world.workload_of(pod).is_some_and(|w| w.id == owner.id);
        world.pods(&here).filter(of_it).collect()
    } else {
        let keys = world.pods_of_owner(&owner.meta.uid);
        keys.filter_map(|key| world.pod(key)).collect()
    };
    pods.sort_by_cached_key(|pod| (pod_status(pod).health, pod.key.clone()));
    pods.into_iter().map(|pod| pod.key.clone()).collect()
}

fn outlook(world: &World, workload: &Workload, revisions: &[Revision]) -> Outlook {
    let rollout = &workload.rollout;
    if rollout.observed_generation < rollout.generation {
        return Outlook::Unseen;
    }
    let complete = rollout.updated >= rollout.desired
        && rollout.available >= rollout.desired
        && rollout.current <= rollout.desired.max(rollout.updated);
    if complete {
        return Outlook::Complete;
    }
    if rollout.paused {
        return Outlook::Paused;
    }
    let newest = revisions.first().map_or(&[][..], |revision| &revision.pods);
    let failing = newest.iter().find(|key| {
        world.pod(key).is_some_and(|pod| {
            matches!(
                pod_status(pod).health,
                Health::PullFailing | Health::Failing
            )
        })
    });
    match (failing, &rollout.trouble) {
        (Some(pod), _) => Outlook::Blocked(pod.clone()),
        (None, Some((reason, message))) => {
            Outlook::Refused(Arc::clone(reason), Arc::clone(message))
        }
        (None, None) => Outlook::Advancing,
    }
}

impl Progress {
    /// The newest revision before the current one with other images: what an undo would go back to.
    pub fn healthy_before(&self) -> Option<&Revision> {
        let (current, older) = self.revisions.split_first()?;
        let differs = |revision: &&Revision| revision.images != current.images;
        let ready = older
            .iter()
            .find(|revision| revision.ready > 0 && differs(revision));
        ready.or_else(|| older.iter().find(differs))
    }
}

/// The Pod that was made last for any of these workloads, of those that are to stay.
pub fn youngest(world: &World, workloads: &[WorkloadKey]) -> Option<Key<Pod>> {
    let namespaces: BTreeSet<&Namespace> = workloads.iter().map(|id| &id.key.namespace).collect();
    let pods = namespaces.into_iter().flat_map(|namespace| {
        world
            .pods(&Scope::Namespace(namespace.clone()))
            .collect::<Vec<_>>()
    });
    let of_them = |pod: &&Arc<Pod>| {
        let owner = world.workload_of(pod);
        pod.meta.deleting.is_none() && owner.is_some_and(|owner| workloads.contains(&owner.id))
    };
    let youngest = pods.filter(of_them).max_by_key(|pod| pod.meta.created)?;
    Some(youngest.key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{changed, key, now, owned, pod, running, waiting, workload},
        k8s::objects::Rollout,
        store::update::Batch,
    };

    fn id(kind: WorkloadKind, name: &str) -> WorkloadKey {
        WorkloadKey {
            kind,
            key: key("shop", name),
        }
    }

    /// A Deployment of two with an old revision that runs, and a new one.
    fn world(edit: impl FnOnce(&mut Rollout), newest: Pod) -> World {
        let mut world = World::default();
        let mut deployment = workload(WorkloadKind::Deployment, "shop", "web", None);
        deployment.rollout = Rollout {
            desired: 2,
            current: 3,
            updated: 1,
            ready: 2,
            available: 2,
            deadline: Some(600),
            progressed: Some(now()),
            ..Rollout::default()
        };
        edit(&mut deployment.rollout);
        let mut batches = vec![];
        let mut sets = vec![deployment];
        for (number, name, image) in [(1, "web-old", "a:1"), (2, "web-new", "a:2")] {
            let mut set = workload(WorkloadKind::ReplicaSet, "shop", name, Some("web"));
            set.images = Arc::from([("app".into(), image.into())]);
            set.rollout.ready = u32::from(number == 1);
            set.rollout.revision = Some(crate::domain::k8s::objects::Revision {
                number,
                since: None,
            });
            sets.push(set);
        }
        for set in sets {
            batches.push(Batch::Workloads(set.id.kind, changed(vec![set])));
        }
        let old = owned(pod("shop", "web-old-1", running()), "web-old");
        let new = owned(newest, "web-new");
        batches.push(Batch::Pods(changed(vec![old, new])));
        for batch in batches {
            world.fold(batch, now());
        }
        world
    }

    fn of(world: &World) -> Progress {
        progress(world, &id(WorkloadKind::Deployment, "web")).unwrap()
    }

    #[test]
    fn a_pod_that_cannot_pull_blocks_the_rollout() {
        let failing = pod("shop", "web-new-1", waiting("ImagePullBackOff", "no"));
        let world = world(|_| {}, failing);
        let progress = of(&world);
        assert_eq!(progress.outlook, Outlook::Blocked(key("shop", "web-new-1")));
        assert_eq!(
            progress.deadline,
            Some(now() + SignedDuration::from_secs(600))
        );
        let numbers: Vec<_> = progress.revisions.iter().map(|r| r.number).collect();
        assert_eq!(numbers, [Some(2), Some(1)]);
        assert_eq!(progress.healthy_before().and_then(|r| r.number), Some(1));
    }

    #[test]
    fn the_outlook_follows_the_numbers() {
        let fine = || pod("shop", "web-new-1", waiting("ContainerCreating", ""));
        assert_eq!(of(&world(|_| {}, fine())).outlook, Outlook::Advancing);
        assert_eq!(
            of(&world(|r| r.paused = true, fine())).outlook,
            Outlook::Paused
        );
        assert_eq!(
            of(&world(|r| r.generation = 7, fine())).outlook,
            Outlook::Unseen
        );
        let done = |r: &mut Rollout| (r.current, r.updated) = (2, 2);
        assert_eq!(of(&world(done, fine())).outlook, Outlook::Complete);
        let quota = |r: &mut Rollout| r.trouble = Some(("FailedCreate".into(), "quota".into()));
        assert!(matches!(
            of(&world(quota, fine())).outlook,
            Outlook::Refused(..)
        ));
    }
}
