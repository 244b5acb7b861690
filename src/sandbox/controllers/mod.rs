//! The controllers: each reconciles changed objects with the desired state.

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
mod timers;
pub(super) mod work_queue;

use serde_json::Value;

use super::{
    kubelet,
    object::{self, controller, text},
    resources::ResourceKind,
    store::{ChangeKind, ObjectKey, StoreChange},
    world::World,
};
use work_queue::Work;

pub fn enqueue(world: &mut World, work: Work) {
    world.controllers.enqueue(work);
}

/// Runs the controllers until their queue is empty.
pub fn run_until_idle(world: &mut World) {
    loop {
        enqueue_changes(world);
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

/// Enqueues work for changes since the last call.
fn enqueue_changes(world: &mut World) {
    let seen = world.controllers.last_revision;
    // Should the ring have lost some, the objects that are there still are looked at when they
    // change again.
    let changes: Vec<StoreChange> = world
        .store
        .since(seen)
        .map(|changes| changes.cloned().collect())
        .unwrap_or_default();
    world.controllers.last_revision = world.store.revision();
    for change in changes {
        notice(world, &change);
    }
}

fn notice(world: &mut World, change: &StoreChange) {
    let is_gone = change.event == ChangeKind::Deleted;
    let object = &change.object;
    let place = ObjectKey::from_object(object);
    let queue = &mut world.controllers.queue;
    match change.kind {
        ResourceKind::Namespace => {
            queue.insert(Work::Namespace(place.name.clone()));
        }
        ResourceKind::ServiceAccount if is_gone => {
            queue.insert(Work::Namespace(place.namespace.clone()));
        }
        ResourceKind::Pod => notice_pod(world, object, change.event),
        ResourceKind::Node => wake_unscheduled(world),
        kind => queue.extend(Work::on(kind, place.clone())),
    }
    if is_gone && is_going(world, &place.namespace) {
        let work = Work::Namespace(place.namespace);
        world.controllers.queue.insert(work);
    }
    if let Some(owner) = controller(object) {
        let kind = ResourceKind::parse(text(owner, "/apiVersion"), text(owner, "/kind"));
        let place = ObjectKey::new(object::namespace(object), text(owner, "/name"));
        let work = kind.and_then(|kind| Work::on(kind, place));
        world.controllers.queue.extend(work);
    }
    garbage::notice(world, change.kind, object, is_gone);
    if is_gone {
        world.recorder.forget(object::uid(object));
        if let Some(work) = Work::on(change.kind, ObjectKey::from_object(object)) {
            world.controllers.reset_failures(&work);
        }
    }
}

fn is_going(world: &World, namespace: &str) -> bool {
    world
        .store
        .get(ResourceKind::Namespace, "", namespace)
        .is_some_and(|namespace| object::is_terminating(namespace))
}

fn notice_pod(world: &mut World, pod: &Value, event: ChangeKind) {
    if event == ChangeKind::Deleted {
        wake_unscheduled(world);
    } else if text(pod, "/spec/nodeName").is_empty()
        && (event == ChangeKind::Added || scheduler::is_released(pod))
    {
        enqueue(world, Work::Schedule(ObjectKey::from_object(pod)));
    }
    kubelet::notice(world, pod, event);
}

/// There may be room now.
fn wake_unscheduled(world: &mut World) {
    let waiting: Vec<Work> = world
        .store
        .list(ResourceKind::Pod, None)
        .filter(|pod| text(pod, "/spec/nodeName").is_empty())
        .map(|pod| Work::Schedule(ObjectKey::from_object(pod)))
        .collect();
    world.controllers.queue.extend(waiting);
}
