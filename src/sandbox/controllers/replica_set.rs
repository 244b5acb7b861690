//! ReplicaSet controller.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{pods, timers::retry, work_queue::Work};
use crate::sandbox::{
    object::{Put, StoredObject, is_terminating, number, text},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
};

const COMPONENT: &str = "replicaset-controller";

pub(super) fn reconcile(world: &mut World, place: &ObjectKey) {
    let Some(set) = world.store.at(ResourceKind::ReplicaSet, place).cloned() else {
        return;
    };
    if is_terminating(&set) {
        return;
    }
    let mut active = active(world, &set);
    let wanted = usize::try_from(number(&set, "/spec/replicas")).unwrap_or_default();
    if active.len() < wanted {
        create(world, place, &set, wanted - active.len());
    } else if active.len() > wanted {
        active.sort_by_key(|pod| least_loss_first(pod));
        for pod in active.iter().take(active.len() - wanted) {
            pods::delete(world, COMPONENT, &set, pod);
        }
    }
    write_status(world, &set);
}

fn active(world: &World, set: &Value) -> Vec<StoredObject> {
    let mut pods = pods::owned(world, ResourceKind::Pod, set);
    pods.retain(|pod| pods::is_active(pod));
    pods
}

/// Pods without a node go first, then those that are not ready, then the younger
/// (`ActivePodsWithRanks`).
fn least_loss_first(pod: &Value) -> (bool, bool, bool, Reverse<String>) {
    (
        !text(pod, "/spec/nodeName").is_empty(),
        text(pod, "/status/phase") == "Running",
        pods::is_ready(pod),
        Reverse(text(pod, "/metadata/creationTimestamp").to_owned()),
    )
}

fn create(world: &mut World, place: &ObjectKey, set: &Value, count: usize) {
    let template = set.pointer("/spec/template").cloned().unwrap_or_default();
    for _ in 0..count {
        let pod = pods::from_template(set, &template, None);
        // What fails once would fail for all: the real controller starts slowly for that reason.
        if pods::create(world, COMPONENT, set, pod).is_err() {
            retry(world, Work::ReplicaSet(place.clone()));
            return;
        }
    }
    world
        .controllers
        .reset_failures(&Work::ReplicaSet(place.clone()));
}

fn write_status(world: &mut World, set: &Value) {
    let pods = active(world, set);
    let ready = pods.iter().filter(|pod| pods::is_ready(pod)).count();
    let mut status = json!({
        "replicas": pods.len(),
        "fullyLabeledReplicas": pods.len(),
        "observedGeneration": number(set, "/metadata/generation"),
    });
    if ready > 0 {
        status.put("readyReplicas", ready);
        status.put("availableReplicas", ready);
    }
    pods::set_status(world, ResourceKind::ReplicaSet, set, status);
}
