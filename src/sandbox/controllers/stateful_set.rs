//! StatefulSet controller: Pods with ordinals, one after the other.

use serde_json::{Value, json};

use super::{pods, timers::retry, work_queue::Work};
use crate::sandbox::{
    object::{self, StoredObject, is_terminating, number, put, text},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
};

const COMPONENT: &str = "statefulset-controller";
const REVISION: &str = "/metadata/labels/controller-revision-hash";

pub(super) fn reconcile(world: &mut World, place: &ObjectKey) {
    let Some(set) = world.store.at(ResourceKind::StatefulSet, place).cloned() else {
        return;
    };
    if is_terminating(&set) {
        return;
    }
    let revision = revision(&set);
    let wanted = number(&set, "/spec/replicas");
    grow(world, place, &set, &revision, wanted);
    shrink(world, &set, wanted);
    update(world, &set, &revision, wanted);
    write_status(world, &set, &revision);
}

fn revision(set: &Value) -> String {
    format!("{}-{}", object::name(set), pods::hash_of_template(set))
}

fn pod(world: &World, set: &Value, ordinal: i64) -> Option<StoredObject> {
    let name = format!("{}-{ordinal}", object::name(set));
    world
        .store
        .get(ResourceKind::Pod, object::namespace(set), &name)
        .cloned()
}

fn grow(world: &mut World, place: &ObjectKey, set: &Value, revision: &str, wanted: i64) {
    let ordered = text(set, "/spec/podManagementPolicy") != "Parallel";
    for ordinal in 0..wanted {
        match pod(world, set, ordinal) {
            Some(pod) if ordered && (is_terminating(&pod) || !pods::is_ready(&pod)) => return,
            Some(_) => {}
            None => {
                let mut template = set.pointer("/spec/template").cloned().unwrap_or_default();
                let name = format!("{}-{ordinal}", object::name(set));
                put(&mut template, REVISION, revision);
                put(
                    &mut template,
                    "/metadata/labels/statefulset.kubernetes.io~1pod-name",
                    name.as_str(),
                );
                let pod = pods::from_template(set, &template, Some(name));
                if pods::create(world, COMPONENT, set, pod).is_err() {
                    retry(world, Work::StatefulSet(place.clone()));
                    return;
                }
                world
                    .controllers
                    .reset_failures(&Work::StatefulSet(place.clone()));
                if ordered {
                    return;
                }
            }
        }
    }
}

fn ordinal(pod: &Value) -> i64 {
    let suffix = object::name(pod).rsplit('-').next();
    suffix
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

fn shrink(world: &mut World, set: &Value, wanted: i64) {
    let surplus = pods::owned(world, ResourceKind::Pod, set)
        .into_iter()
        .filter(|pod| ordinal(pod) >= wanted)
        .max_by_key(|pod| ordinal(pod));
    if let Some(last) = surplus
        && !is_terminating(&last)
    {
        pods::delete(world, COMPONENT, set, &last);
    }
}

/// The highest Pod of an old revision goes, once all above it are well.
fn update(world: &mut World, set: &Value, revision: &str, wanted: i64) {
    if text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    for ordinal in (0..wanted).rev() {
        let Some(pod) = pod(world, set, ordinal) else {
            return;
        };
        if text(&pod, REVISION) != revision {
            if !is_terminating(&pod) {
                pods::delete(world, COMPONENT, set, &pod);
            }
            return;
        }
        if !pods::is_ready(&pod) {
            return;
        }
    }
}

fn write_status(world: &mut World, set: &Value, revision: &str) {
    let pods = pods::owned(world, ResourceKind::Pod, set);
    let updated = pods
        .iter()
        .filter(|pod| text(pod, REVISION) == revision)
        .count();
    let ready = pods.iter().filter(|pod| pods::is_ready(pod)).count();
    let before = text(set, "/status/currentRevision");
    let is_through = updated == pods.len() && ready == pods.len();
    let current = if before.is_empty() || is_through {
        revision
    } else {
        before
    };
    let status = json!({
        "observedGeneration": number(set, "/metadata/generation"),
        "replicas": pods.len(),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": if current == revision { updated } else { pods.len() - updated },
        "updatedReplicas": updated,
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    });
    pods::set_status(world, ResourceKind::StatefulSet, set, status);
}
