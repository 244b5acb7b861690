//! Readiness: at once without a probe, after its first good answer with one.

use std::time::Duration;

use serde_json::Value;

use super::{
    Task, enter, status,
    sync::{get, get_mut},
    worker::Process,
};
use crate::sandbox::{
    clock::later,
    object::{list, number, text},
    world::World,
};

pub(super) fn begin(world: &mut World, uid: &str, pod: &Value, index: usize) {
    let Some(mine) = get(world, uid, index) else {
        return;
    };
    match delay(pod, &mine.name) {
        None => {
            if let Some(mine) = get_mut(world, uid, index) {
                mine.ready = true;
            }
        }
        Some(delay) => enter(
            world,
            delay,
            Task::Ready {
                uid: uid.to_owned(),
            },
        ),
    }
}

/// How long a container takes to answer its readiness probe; none without a probe.
fn delay(pod: &Value, name: &str) -> Option<Duration> {
    let spec = list(pod, "/spec/containers")
        .iter()
        .find(|container| text(container, "/name") == name)?;
    let probe = spec.get("readinessProbe")?;
    let period = match number(probe, "/periodSeconds") {
        0 => 10,
        period => period,
    };
    let seconds = number(probe, "/initialDelaySeconds") + period;
    Some(Duration::from_secs(
        u64::try_from(seconds).unwrap_or_default(),
    ))
}

/// Marks the containers ready that have run long enough.
pub(super) fn ready(world: &mut World, uid: &str) {
    let now = world.now;
    let Some(pod) = super::sync::pod(world, uid) else {
        return;
    };
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    for mine in &mut worker.containers {
        if let (Process::Running { since }, Some(delay)) = (&mine.process, delay(&pod, &mine.name))
        {
            mine.ready |= later(*since, delay) <= now;
        }
    }
    status::write(world, uid);
}
