//! The controllers: each looks at what changed and works towards what was asked for.

mod cron_job;
mod daemon_set;
mod deployment;
mod garbage;
mod job;
mod namespace;
mod pods;
mod replica_set;
mod rollout;
mod scheduler;
mod service_account;
mod stateful_set;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    clock::later,
    kubelet,
    object::{self, controller, text},
    resources::Kind,
    store::{Change, ChangeKind, Place},
    world::{Due, World},
};

/// One thing to look at again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    Namespace(String),
    CronJob(Place),
    Deployment(Place),
    ReplicaSet(Place),
    StatefulSet(Place),
    DaemonSet(Place),
    Job(Place),
    /// A Pod without a node.
    Schedule(Place),
}

/// What has been seen and what waits to be looked at.
#[derive(Default)]
pub struct Controllers {
    seen: u64,
    queue: BTreeSet<Work>,
    /// What will be looked at again, and when at the latest.
    alarms: BTreeMap<Work, Timestamp>,
    /// How often in a row something has failed.
    failures: BTreeMap<Work, u32>,
}

pub fn enqueue(world: &mut World, work: Work) {
    world.controllers.alarms.remove(&work);
    world.controllers.queue.insert(work);
}

/// Has this looked at again at that moment, unless it will be before: who looks then asks again.
fn wake_at(world: &mut World, at: Timestamp, work: Work) {
    let alarms = &mut world.controllers.alarms;
    if alarms.get(&work).is_some_and(|earlier| *earlier <= at) {
        return;
    }
    alarms.insert(work.clone(), at);
    world.agenda.enter(at, Due::Work(work));
}

/// Works until there is nothing left to do at this moment.
pub fn settle(world: &mut World) {
    loop {
        look(world);
        let Some(work) = world.controllers.queue.pop_first() else {
            return;
        };
        match &work {
            Work::Namespace(name) => {
                namespace::reconcile(world, name);
                service_account::reconcile(world, name);
            }
            Work::CronJob(place) => cron_job::reconcile(world, place),
            Work::Deployment(place) => deployment::reconcile(world, place),
            Work::ReplicaSet(place) => replica_set::reconcile(world, place),
            Work::StatefulSet(place) => stateful_set::reconcile(world, place),
            Work::DaemonSet(place) => daemon_set::reconcile(world, place),
            Work::Job(place) => job::reconcile(world, place),
            Work::Schedule(place) => scheduler::schedule(world, place),
        }
    }
}

/// Turns changes that nobody has looked at into work.
fn look(world: &mut World) {
    let seen = world.controllers.seen;
    // Should the ring have lost some, the objects that are there still are looked at when they
    // change again.
    let changes: Vec<Change> = world
        .store
        .since(seen)
        .map(|changes| changes.cloned().collect())
        .unwrap_or_default();
    world.controllers.seen = world.store.revision();
    for change in changes {
        notice(world, &change);
    }
}

fn notice(world: &mut World, change: &Change) {
    let is_gone = change.event == ChangeKind::Deleted;
    let object = &change.object;
    let place = Place::of(object);
    let queue = &mut world.controllers.queue;
    match change.kind {
        Kind::Namespace => {
            queue.insert(Work::Namespace(place.name.clone()));
        }
        Kind::ServiceAccount if is_gone => {
            queue.insert(Work::Namespace(place.namespace.clone()));
        }
        Kind::Pod => notice_pod(world, object, change.event),
        Kind::Node => wake_unscheduled(world),
        kind => queue.extend(work_for(kind, place.clone())),
    }
    if is_gone && is_going(world, &place.namespace) {
        let work = Work::Namespace(place.namespace);
        world.controllers.queue.insert(work);
    }
    if let Some(owner) = controller(object) {
        let kind = Kind::parse(text(owner, "/apiVersion"), text(owner, "/kind"));
        let place = Place::new(object::namespace(object), text(owner, "/name"));
        let work = kind.and_then(|kind| work_for(kind, place));
        world.controllers.queue.extend(work);
    }
    garbage::notice(world, change.kind, object, is_gone);
}

fn work_for(kind: Kind, place: Place) -> Option<Work> {
    match kind {
        Kind::CronJob => Some(Work::CronJob(place)),
        Kind::Deployment => Some(Work::Deployment(place)),
        Kind::ReplicaSet => Some(Work::ReplicaSet(place)),
        Kind::StatefulSet => Some(Work::StatefulSet(place)),
        Kind::DaemonSet => Some(Work::DaemonSet(place)),
        Kind::Job => Some(Work::Job(place)),
        _ => None,
    }
}

fn is_going(world: &World, namespace: &str) -> bool {
    world
        .store
        .get(Kind::Namespace, "", namespace)
        .is_some_and(|namespace| object::is_terminating(namespace))
}

fn notice_pod(world: &mut World, pod: &Value, event: ChangeKind) {
    if event == ChangeKind::Deleted {
        wake_unscheduled(world);
    } else if event == ChangeKind::Added && text(pod, "/spec/nodeName").is_empty() {
        enqueue(world, Work::Schedule(Place::of(pod)));
    }
    kubelet::notice(world, pod, event);
}

/// There may be room now.
fn wake_unscheduled(world: &mut World) {
    let waiting: Vec<Work> = world
        .store
        .list(Kind::Pod, None)
        .filter(|pod| text(pod, "/spec/nodeName").is_empty())
        .map(|pod| Work::Schedule(Place::of(pod)))
        .collect();
    world.controllers.queue.extend(waiting);
}

/// Comes back to what has failed, after ever longer waits (`DefaultControllerRateLimiter`: from
/// 5 ms, doubling, to 1000 s).
fn retry(world: &mut World, work: Work) {
    let failures = world.controllers.failures.entry(work.clone()).or_default();
    *failures += 1;
    let wait = Duration::from_millis(5) * 2_u32.saturating_pow((*failures).min(18) - 1);
    let at = later(world.now, wait.min(Duration::from_secs(1000)));
    world.agenda.enter(at, Due::Work(work));
}

/// What has failed works again.
fn forgive(world: &mut World, work: &Work) {
    world.controllers.failures.remove(work);
}
