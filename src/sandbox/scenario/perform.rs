//! How the things of a scenario happen.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    bootstrap::plant,
    scheduled_event::{Action, Happening},
};
use crate::sandbox::{
    api::merge_patch,
    clock::later,
    object::{self, list, seconds, text},
    registry::Registry,
    resources::Kind,
    store::Place,
    world::{Due, World},
    write::{self, Deletion, Intent, Part},
};

/// Enters a happening for its time.
pub(super) fn enter(world: &mut World, at: Timestamp, happening: Happening) {
    world.agenda.enter(at, Due::Happening(Box::new(happening)));
}

/// Lets it happen; one that repeats enters itself again.
pub fn happen(world: &mut World, happening: Happening) {
    act(world, &happening.action, happening.round);
    if let Some(every) = happening.every {
        let next = Happening {
            round: happening.round + 1,
            ..happening
        };
        let at = later(world.now, every);
        enter(world, at, next);
    }
}

/// The value whose turn it is.
fn turn<T>(values: &[T], round: usize) -> Option<&T> {
    values.get(round % values.len().max(1))
}

/// Gives a field the value whose turn it is.
fn turn_over<T: Copy>(field: &mut T, values: &[T], round: usize) {
    if let Some(value) = turn(values, round) {
        *field = *value;
    }
}

fn act(world: &mut World, action: &Action, round: usize) {
    match action {
        Action::Create {
            kind,
            namespace,
            object,
        } => plant(world, *kind, namespace, object.clone()),
        Action::Connect(registry) => world.network.add(Registry::clone(registry)),
        Action::Preload { node, image } => world.kubelets.preload(node, image),
        Action::Verify { node, verification } => world.kubelets.verify(node, *verification),
        Action::Mirror { registry, hosts } => world.network.mirror(registry, hosts.clone()),
        Action::Provide(provider) => world.providers.push(provider.clone()),
        Action::Forbid(policy) => world.image_policies.push(policy.clone()),
        Action::Debug {
            workload,
            container,
        } => debug(world, workload, container),
        Action::Roll { workload, images } => {
            if let Some(image) = turn(images, round) {
                change_container(world, workload, "/image", image);
            }
        }
        Action::Scale { workload, replicas } => {
            if let Some(replicas) = turn(replicas, round) {
                patch(world, workload, &json!({"spec": {"replicas": replicas}}));
            }
        }
        Action::Restart { workload } => {
            let stamp = json!({"kubectl.kubernetes.io/restartedAt": seconds(world.now)});
            let template = json!({"metadata": {"annotations": stamp}});
            patch(world, workload, &json!({"spec": {"template": template}}));
        }
        Action::Attach { account, secrets } => {
            change(world, Kind::ServiceAccount, account, |object| {
                merge_patch(object, &json!({"imagePullSecrets": secrets}));
            });
        }
        Action::Push {
            registry,
            path,
            tag,
            image,
        } => {
            if let Some(registry) = world.network.named_mut(registry) {
                let repository = registry.repositories.entry(path.clone()).or_default();
                repository.tags.insert(tag.clone(), image.clone());
            }
        }
        Action::Health { registry, becomes } => {
            if let Some(registry) = world.network.named_mut(registry) {
                turn_over(&mut registry.health, becomes, round);
            }
        }
        Action::Limit { registry, becomes } => {
            if let Some(registry) = world.network.named_mut(registry) {
                turn_over(&mut registry.limit, becomes, round);
            }
        }
        Action::Wire { registry, becomes } => {
            if let Some(registry) = world.network.named_mut(registry) {
                turn_over(&mut registry.wire, becomes, round);
            }
        }
        Action::Resize { workload, cpu } => {
            change_container(world, workload, "/resources/requests/cpu", cpu);
        }
        Action::Renew { place, secret } => {
            // There may be none yet.
            drop(write::delete(
                world,
                Kind::Secret,
                place,
                &Deletion::default(),
            ));
            plant(world, Kind::Secret, &place.namespace, secret.clone());
        }
        Action::Delete { kind, place } => {
            // What is gone already needs no deleting.
            drop(write::delete(world, *kind, place, &Deletion::default()));
        }
    }
}

/// Adds a container to a running Pod of the workload, if there is one.
fn debug(world: &mut World, workload: &Place, container: &Value) {
    let of_workload = |pod: &&object::Object| {
        object::label(pod, "app") == Some(&workload.name) && text(pod, "/status/phase") == "Running"
    };
    let namespace = Some(workload.namespace.as_str());
    let pod = world.store.list(Kind::Pod, namespace).find(of_workload);
    let Some(pod) = pod.cloned() else {
        return;
    };
    let mut added = list(&pod, "/spec/ephemeralContainers").to_vec();
    added.push(container.clone());
    let mut wanted = Value::clone(&pod);
    object::put(&mut wanted, "/spec/ephemeralContainers", added);
    let (place, part) = (Place::of(&pod), Part::EphemeralContainers);
    let intent = Intent::controller();
    // One of that name may be there; the story goes on without another.
    drop(write::update_part(
        world,
        Kind::Pod,
        &place,
        part,
        &wanted,
        &intent,
    ));
}

fn change(world: &mut World, kind: Kind, place: &Place, edit: impl FnOnce(&mut Value)) {
    let Some(object) = world.store.at(kind, place) else {
        return;
    };
    let mut object = Value::clone(object);
    edit(&mut object);
    // A user may have changed the object so that this no longer fits; the story goes on without it.
    drop(write::update(
        world,
        kind,
        place,
        object,
        &Intent::controller(),
    ));
}

/// Changes the workload of this name, of whatever kind it is.
fn patch(world: &mut World, place: &Place, patch: &Value) {
    let kind = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet]
        .into_iter()
        .find(|kind| world.store.at(*kind, place).is_some());
    if let Some(kind) = kind {
        change(world, kind, place, |object| merge_patch(object, patch));
    }
}

/// Changes a field of a Deployment's first container.
fn change_container(world: &mut World, place: &Place, field: &str, value: &str) {
    let Some(deployment) = world.store.at(Kind::Deployment, place) else {
        return;
    };
    let mut containers = list(deployment, "/spec/template/spec/containers").to_vec();
    if let Some(first) = containers.first_mut() {
        object::put(first, field, value);
    }
    let spec = json!({"template": {"spec": {"containers": containers}}});
    patch(world, place, &json!({"spec": spec}));
}
