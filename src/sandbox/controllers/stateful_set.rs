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
    if let Some(template) = set.pointer("/spec/template") {
        let uid = object::uid(&set);
        world.controllers.keep_template(uid, &revision, template);
    }
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
                let (revision, mut template) = version(world, set, revision, ordinal);
                let name = format!("{}-{ordinal}", object::name(set));
                put(&mut template, REVISION, revision.as_str());
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

/// The revision and the template of a new Pod: below the partition those before the update
/// (`newVersionedStatefulSetPod` in `pkg/controller/statefulset/stateful_set_utils.go`).
fn version(world: &World, set: &Value, revision: &str, ordinal: i64) -> (String, Value) {
    let current = text(set, "/status/currentRevision");
    let old = world.controllers.template(object::uid(set), current);
    if let Some(old) = old.filter(|_| ordinal < partition(set)) {
        return (current.to_owned(), old.clone());
    }
    let template = set.pointer("/spec/template").cloned();
    (revision.to_owned(), template.unwrap_or_default())
}

/// The Pods below this ordinal stay as they are in a rolling update.
fn partition(set: &Value) -> i64 {
    number(set, "/spec/updateStrategy/rollingUpdate/partition")
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
    for ordinal in (partition(set)..wanted).rev() {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sandbox::{
        scenario::trial,
        write::{self, DeleteOptions, WriteOptions},
    };

    fn image(world: &World, name: &str) -> String {
        let pod = world.store.get(ResourceKind::Pod, "app", name).unwrap();
        text(pod, "/spec/containers/0/image").to_owned()
    }

    /// StatefulSet basics, "Staging an update": a deleted Pod below the partition comes back with the old template.
    #[test]
    fn a_pod_below_the_partition_is_created_again_from_the_old_revision() {
        let mut world = trial(
            "[[manifest]]
            at = '-1s'
            yaml = '{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: app}, spec: {replicas: 2, serviceName: db, updateStrategy: {rollingUpdate: {partition: 1}}, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: reg.example/serve:2}]}}}}'",
        );
        world.advance(Duration::from_secs(120));
        let place = ObjectKey::new("app", "db");
        let set = world.store.at(ResourceKind::StatefulSet, &place);
        let mut set = (**set.unwrap()).clone();
        let containers = json!([{ "name": "app", "image": "reg.example/serve:1" }]);
        put(&mut set, "/spec/template/spec/containers", containers);
        let options = WriteOptions::default();
        write::update(&mut world, ResourceKind::StatefulSet, &place, set, &options).unwrap();
        world.advance(Duration::from_secs(120));
        drop(write::delete(
            &mut world,
            ResourceKind::Pod,
            &ObjectKey::new("app", "db-0"),
            &DeleteOptions::default(),
        ));
        world.advance(Duration::from_secs(120));
        assert_eq!(image(&world, "db-0"), "reg.example/serve:2");
        assert_eq!(image(&world, "db-1"), "reg.example/serve:1");
    }
}
