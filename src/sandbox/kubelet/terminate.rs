//! Pod termination: stops the processes, then releases the object.

use std::time::Duration;

use serde_json::Value;

use super::{
    events::{ContainerSubject, report_container},
    state::Task,
    status,
    timers::enter,
    wording,
    worker::{ContainerExit, Process},
};
use crate::sandbox::{
    event_recorder::EventType,
    object::{number, put},
    resources::ResourceKind,
    world::World,
    write,
};

/// How long a program takes to stop.
const STOPPING: Duration = Duration::from_millis(1100);
/// How long cleaning up takes without a running program.
const CLEARING: Duration = Duration::from_millis(300);

pub(super) fn begin(world: &mut World, uid: &str, pod: &Value) {
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return;
    };
    let running: Vec<(usize, String)> = worker
        .containers()
        .iter()
        .enumerate()
        .filter(|(_, it)| matches!(it.process, Process::Running { .. }))
        .map(|(index, it)| (index, it.name.clone()))
        .collect();
    let grace = number(pod, "/metadata/deletionGracePeriodSeconds");
    let grace = Duration::from_secs(u64::try_from(grace).unwrap_or_default());
    let wait = if running.is_empty() {
        CLEARING
    } else {
        STOPPING.min(grace)
    };
    for (index, name) in running {
        let message = wording::stopping(&name);
        let it = ContainerSubject { pod, index };
        report_container(world, it, EventType::Normal, "Killing", message);
    }
    enter(world, wait, Task::Terminated(uid.to_owned()));
}

pub(super) fn end(world: &mut World, uid: &str) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    for mine in worker.containers_mut() {
        mine.ready = false;
        if let Process::Running { since } = mine.process {
            mine.process = Process::Ended(ContainerExit {
                code: 0,
                started: since,
                finished: now,
            });
        }
    }
    let place = worker.place.clone();
    status::write(world, uid);
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    let mut pod = Value::clone(&pod);
    put(&mut pod, "/metadata/deletionGracePeriodSeconds", 0);
    world.store.put(ResourceKind::Pod, pod);
    write::finish(world, ResourceKind::Pod, &place);
}

/// Removes a finished Pod from the kubelet.
pub(super) fn leave(world: &mut World, uid: &str) {
    world.kubelets.workers.remove(uid);
}
