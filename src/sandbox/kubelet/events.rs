//! Events that a kubelet reports about a Pod and its containers.

use serde_json::Value;

use super::worker::{ImageUse, WaitingReason};
use crate::sandbox::{
    event_recorder::{self, EventReport, EventReporter, EventType},
    object,
    world::World,
};

/// A container of a Pod at a sync: the Pod, and the index in the worker's list.
#[derive(Clone, Copy)]
pub(super) struct ContainerSubject<'a> {
    pub pod: &'a Value,
    pub index: usize,
}

impl<'a> ContainerSubject<'a> {
    pub(super) fn uid(&self) -> &'a str {
        object::uid(self.pod)
    }

    pub(super) fn target(&self) -> ImageUse {
        ImageUse::Container(self.index)
    }
}

/// Sets the waiting reason, and reports it once more like `startContainer`.
pub(super) fn fail(world: &mut World, it: ContainerSubject<'_>, reason: &str, message: String) {
    let text = match reason {
        "CreateContainerConfigError" => format!("Error: {message}"),
        reason => format!("Error: {reason}"),
    };
    report_container(world, it, EventType::Warning, "Failed", text);
    wait(world, it, reason, message);
}

/// Sets the waiting reason.
pub(super) fn wait(world: &mut World, it: ContainerSubject<'_>, reason: &str, message: String) {
    let waiting = WaitingReason {
        reason: reason.to_owned(),
        message,
    };
    let Some(mine) = world.kubelets.container(it.uid(), it.index) else {
        return;
    };
    // Most looks find what the one before has found, and then nothing has changed.
    if mine.waiting.as_ref() != Some(&waiting)
        && let Some(mine) = world.kubelets.container_mut(it.uid(), it.index)
    {
        mine.waiting = Some(waiting);
    }
}

/// Reports an Event about a container.
pub(super) fn report_container(
    world: &mut World,
    it: ContainerSubject<'_>,
    level: EventType,
    reason: &str,
    message: String,
) {
    report_image(world, it.pod, it.target(), level, reason, message);
}

/// Reports an Event about an image: of a container, with its field path, or of a volume, without.
pub(super) fn report_image(
    world: &mut World,
    pod: &Value,
    target: ImageUse,
    level: EventType,
    reason: &str,
    message: String,
) {
    let field = match target {
        ImageUse::Container(index) => world
            .kubelets
            .container(object::uid(pod), index)
            .map(|mine| format!("spec.{}{{{}}}", mine.role.field(), mine.name)),
        ImageUse::Volume(_) => None,
    };
    report(world, pod, level, reason, message, field);
}

/// Reports an Event about the Pod, or a part of it.
pub(super) fn report(
    world: &mut World,
    pod: &Value,
    level: EventType,
    reason: &str,
    message: String,
    field: Option<String>,
) {
    let Some(worker) = world.kubelets.workers.get(object::uid(pod)) else {
        return;
    };
    let report = EventReport {
        source: EventReporter::kubelet(&worker.node),
        level,
        reason,
        message,
        field,
    };
    event_recorder::record(world, pod, &report);
}
