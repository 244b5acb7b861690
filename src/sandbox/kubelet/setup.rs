//! Before the first container: volumes are mounted and the Pod's sandbox is made; a missing Secret or
//! ConfigMap stops it there.

use serde_json::Value;

use super::{sync::schedule, tell::report};
use crate::sandbox::{
    object::{list, text},
    recorder::Level,
    resources::Kind,
    world::World,
};

/// Whether the Pod is ready for its containers.
pub(super) fn set_up(world: &mut World, uid: &str, pod: &Value) -> bool {
    let missing = missing_volume(world, pod);
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return false;
    };
    if worker.is_set_up {
        return true;
    }
    if let Some((volume, what)) = missing {
        worker.volume_backoff.fail(world.now);
        let wait = worker.volume_backoff.wait();
        let message = format!("MountVolume.SetUp failed for volume \"{volume}\" : {what}");
        report(
            world,
            uid,
            pod,
            Level::Warning,
            "FailedMount",
            message,
            None,
        );
        schedule(world, uid, wait);
        return false;
    }
    worker.is_set_up = true;
    world.kubelets.addresses += 1;
    let number = world.kubelets.addresses;
    worker.address = Some(format!("10.244.{}.{}", number / 250, number % 250 + 2));
    true
}

fn missing_volume(world: &World, pod: &Value) -> Option<(String, String)> {
    let namespace = text(pod, "/metadata/namespace");
    list(pod, "/spec/volumes").iter().find_map(|volume| {
        [
            (Kind::Secret, "/secret/secretName", "/secret/optional"),
            (Kind::ConfigMap, "/configMap/name", "/configMap/optional"),
        ]
        .into_iter()
        .find_map(|(kind, name, optional)| {
            let name = text(volume, name);
            let is_missing = !name.is_empty()
                && volume.pointer(optional) != Some(&Value::Bool(true))
                && world.store.get(kind, namespace, name).is_none();
            is_missing.then(|| {
                let what = format!("{} \"{name}\" not found", kind.resource().singular);
                (text(volume, "/name").to_owned(), what)
            })
        })
    })
}
