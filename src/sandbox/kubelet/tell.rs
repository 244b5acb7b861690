//! What a kubelet reports of a Pod and its containers.

use serde_json::Value;

use super::{
    sync::{get, get_mut},
    worker::Waiting,
};
use crate::sandbox::{
    recorder::{self, Level, Report, Source},
    world::World,
};

/// Notes why the container waits, and says so once more as `startContainer` does.
pub(super) fn fail(
    world: &mut World,
    uid: &str,
    pod: &Value,
    index: usize,
    reason: &str,
    message: String,
) {
    let text = match reason {
        "CreateContainerConfigError" => format!("Error: {message}"),
        reason => format!("Error: {reason}"),
    };
    tell(world, uid, pod, index, Level::Warning, "Failed", text);
    if let Some(mine) = get_mut(world, uid, index) {
        mine.waiting = Some(Waiting {
            reason: reason.to_owned(),
            message,
        });
    }
}

/// Reports about a container.
pub(super) fn tell(
    world: &mut World,
    uid: &str,
    pod: &Value,
    index: usize,
    level: Level,
    reason: &str,
    message: String,
) {
    let field =
        get(world, uid, index).map(|mine| format!("spec.{}{{{}}}", mine.role.field(), mine.name));
    report(world, uid, pod, level, reason, message, field);
}

/// Reports about the Pod, or a part of it.
pub(super) fn report(
    world: &mut World,
    uid: &str,
    pod: &Value,
    level: Level,
    reason: &str,
    message: String,
    field: Option<String>,
) {
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return;
    };
    let report = Report {
        source: Source::kubelet(&worker.node),
        level,
        reason,
        message,
        field,
    };
    recorder::record(world, pod, &report);
}
