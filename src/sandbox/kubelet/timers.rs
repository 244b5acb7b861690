//! Timers of the kubelets.

use std::time::Duration;

use super::state::Task;
use crate::sandbox::{
    clock::later,
    world::{TimerEvent, World},
};

pub(super) fn enter(world: &mut World, after: Duration, task: Task) {
    let at = later(world.now, after);
    world.timers.schedule(at, TimerEvent::Kubelet(task));
}

/// Schedules a sync of the Pod after this time, unless an earlier one is scheduled.
pub(super) fn sync_after(world: &mut World, uid: &str, after: Duration) {
    let at = later(world.now, after);
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    if worker
        .next_sync
        .is_some_and(|next| next <= at && next >= world.now)
    {
        return;
    }
    worker.next_sync = Some(at);
    enter(world, after, Task::Sync(uid.to_owned()));
}
