//! Readiness: immediate without a probe, after the first success with one.

use std::time::Duration;

use serde_json::Value;

use super::{
    events::ContainerSubject,
    state::Task,
    status,
    timers::enter,
    worker::{Process, WorkerContainer, WorkerContainerRole},
};
use crate::sandbox::{clock::later, object::number, world::World};

/// Handles a started container.
pub(super) fn begin(world: &mut World, it: ContainerSubject<'_>) {
    let Some(mine) = world.kubelets.container_mut(it.uid(), it.index) else {
        return;
    };
    match delay(it.pod, mine) {
        None => {
            mine.ready = !matches!(
                mine.role,
                WorkerContainerRole::Init | WorkerContainerRole::Ephemeral
            );
        }
        Some(delay) => enter(world, delay, Task::Ready(it.uid().to_owned())),
    }
}

/// How long a container takes to answer its readiness probe; none without a probe. What runs to its
/// end has none.
fn delay(pod: &Value, container: &WorkerContainer) -> Option<Duration> {
    let probe = container.spec(pod)?.get("readinessProbe")?;
    let period = match number(probe, "/periodSeconds") {
        0 => 10,
        period => period,
    };
    let seconds = number(probe, "/initialDelaySeconds").saturating_add(period);
    Some(Duration::from_secs(
        u64::try_from(seconds).unwrap_or_default(),
    ))
}

/// Marks containers ready that have run long enough.
pub(super) fn ready(world: &mut World, uid: &str) {
    let now = world.now;
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    for mine in worker.containers_mut() {
        if let (Process::Running { since }, Some(delay)) = (&mine.process, delay(&pod, mine)) {
            mine.ready |= later(*since, delay) <= now;
        }
    }
    status::write(world, uid);
}
