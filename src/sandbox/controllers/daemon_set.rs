//! DaemonSet controller: one Pod per node.

use serde_json::{Value, json};

use super::{pods, timers::retry, work_queue::Work};
use crate::sandbox::{
    object::{self, StoredObject, is_terminating, number, put, text},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
};

const COMPONENT: &str = "daemonset-controller";
const REVISION: &str = "/metadata/labels/controller-revision-hash";
const PINNED: &str = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";

pub(super) fn reconcile(world: &mut World, place: &ObjectKey) {
    let Some(set) = world.store.at(ResourceKind::DaemonSet, place).cloned() else {
        return;
    };
    if is_terminating(&set) {
        return;
    }
    let template = set.pointer("/spec/template").cloned().unwrap_or_default();
    let revision = pods::hash_of_template(&set);
    let nodes: Vec<String> = world
        .store
        .list(ResourceKind::Node, None)
        .map(|node| object::name(node).to_owned())
        .collect();
    for node in &nodes {
        if on_node(world, &set, node).is_some() {
            continue;
        }
        let mut pod = pods::from_template(&set, &template, None);
        put(&mut pod, REVISION, revision.as_str());
        put(&mut pod, PINNED, pin(node));
        if pods::create(world, COMPONENT, &set, pod).is_err() {
            retry(world, Work::DaemonSet(place.clone()));
            break;
        }
        world
            .controllers
            .reset_failures(&Work::DaemonSet(place.clone()));
    }
    update(world, &set, &revision);
    write_status(world, &set, &revision, nodes.len());
}

fn pin(node: &str) -> Value {
    json!({"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    ]})
}

fn pinned_to(pod: &Value) -> &str {
    text(
        pod,
        &format!("{PINNED}/nodeSelectorTerms/0/matchFields/0/values/0"),
    )
}

fn on_node(world: &World, set: &Value, node: &str) -> Option<StoredObject> {
    pods::owned(world, ResourceKind::Pod, set)
        .into_iter()
        .find(|pod| pinned_to(pod) == node)
}

/// One old Pod at a time, and only while all others are well.
fn update(world: &mut World, set: &Value, revision: &str) {
    if text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    let all = pods::owned(world, ResourceKind::Pod, set);
    let (new, old): (Vec<&StoredObject>, Vec<&StoredObject>) =
        all.iter().partition(|pod| text(pod, REVISION) == revision);
    let is_well = |pod: &&StoredObject| pods::is_ready(pod) && !is_terminating(pod);
    let victim = old
        .iter()
        .find(|pod| !pods::is_ready(pod))
        .or_else(|| old.first().filter(|_| new.iter().all(is_well)));
    if let Some(victim) = victim
        && old.iter().all(|pod| !is_terminating(pod))
    {
        pods::delete(world, COMPONENT, set, victim);
    }
}

fn write_status(world: &mut World, set: &Value, revision: &str, nodes: usize) {
    let pods = pods::owned(world, ResourceKind::Pod, set);
    let ready = pods.iter().filter(|pod| pods::is_ready(pod)).count();
    let updated = pods
        .iter()
        .filter(|pod| text(pod, REVISION) == revision)
        .count();
    let status = json!({
        "observedGeneration": number(set, "/metadata/generation"),
        "desiredNumberScheduled": nodes,
        "currentNumberScheduled": pods.len(),
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": nodes.saturating_sub(ready),
        "numberMisscheduled": 0,
        "updatedNumberScheduled": updated,
    });
    pods::set_status(world, ResourceKind::DaemonSet, set, status);
}
