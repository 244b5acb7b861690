//! Pod setup: mounts volumes and makes the Pod's sandbox; a missing Secret or ConfigMap stops it.

use serde_json::Value;

use super::{events::report, timers::sync_after};
use crate::sandbox::{
    event_recorder::EventType,
    object::{self, flag, list, text},
    resources::ResourceKind,
    store::ObjectStore,
    world::World,
};

/// Sets up the Pod; returns whether its containers can start.
pub(super) fn set_up(world: &mut World, uid: &str, pod: &Value) -> bool {
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return false;
    };
    if worker.is_set_up() {
        return true;
    }
    if let Some((volume, what)) = missing_volume(&world.store, pod) {
        worker.volume_backoff.fail(world.now, world.now);
        let wait = worker.volume_backoff.wait();
        let message = format!("MountVolume.SetUp failed for volume \"{volume}\" : {what}");
        report(world, pod, EventType::Warning, "FailedMount", message, None);
        sync_after(world, uid, wait);
        return false;
    }
    world.kubelets.addresses += 1;
    let number = world.kubelets.addresses;
    worker.set_up(format!(
        "10.244.{}.{}",
        number / 250 % 256,
        number % 250 + 2
    ));
    true
}

fn missing_volume(store: &ObjectStore, pod: &Value) -> Option<(String, String)> {
    let namespace = object::namespace(pod);
    list(pod, "/spec/volumes").iter().find_map(|volume| {
        let projected = list(volume, "/projected/sources")
            .iter()
            .flat_map(|source| {
                [
                    (ResourceKind::Secret, source.pointer("/secret"), "/name"),
                    (
                        ResourceKind::ConfigMap,
                        source.pointer("/configMap"),
                        "/name",
                    ),
                ]
            });
        [
            (
                ResourceKind::Secret,
                volume.pointer("/secret"),
                "/secretName",
            ),
            (
                ResourceKind::ConfigMap,
                volume.pointer("/configMap"),
                "/name",
            ),
        ]
        .into_iter()
        .chain(projected)
        .find_map(|(kind, source, name)| {
            let source = source?;
            let name = text(source, name);
            let is_missing = !name.is_empty()
                && !flag(source, "/optional")
                && store.get(kind, namespace, name).is_none();
            is_missing.then(|| {
                let what = format!("{} \"{name}\" not found", kind.resource().singular);
                (text(volume, "/name").to_owned(), what)
            })
        })
    })
}
