//! Performs the events of a scenario.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    bootstrap::create,
    scheduled_event::{ScenarioAction, ScheduledEvent},
};
use crate::sandbox::{
    api::merge_patch,
    clock::later,
    object::{self, list, seconds, text},
    registry::Registry,
    resources::ResourceKind,
    store::ObjectKey,
    world::{TimerEvent, World},
    write::{self, DeleteOptions, UpdatePart, WriteOptions},
};

/// Enters a happening for its time.
pub(super) fn schedule(world: &mut World, at: Timestamp, event: ScheduledEvent) {
    world
        .timers
        .schedule(at, TimerEvent::Scenario(Box::new(event)));
}

/// Lets it happen; one that repeats enters itself again.
pub fn fire(world: &mut World, event: ScheduledEvent) {
    perform(world, &event.action, event.round);
    if let Some(every) = event.every {
        let next = ScheduledEvent {
            round: event.round + 1,
            ..event
        };
        let at = later(world.now, every);
        schedule(world, at, next);
    }
}

/// The value whose turn it is.
fn cycle_value<T>(values: &[T], round: usize) -> Option<&T> {
    values.get(round % values.len().max(1))
}

/// Gives a field the value whose turn it is.
fn set_next_value<T: Copy>(field: &mut T, values: &[T], round: usize) {
    if let Some(value) = cycle_value(values, round) {
        *field = *value;
    }
}

fn perform(world: &mut World, action: &ScenarioAction, round: usize) {
    match action {
        ScenarioAction::Create {
            kind,
            namespace,
            object,
        } => create(world, *kind, namespace, object.clone()),
        ScenarioAction::Connect(registry) => world.network.add(Registry::clone(registry)),
        ScenarioAction::Preload { node, image } => world.kubelets.preload(node, image),
        ScenarioAction::Configure { node, settings } => {
            world.kubelets.configure(node, settings.clone());
        }
        ScenarioAction::Mirror { registry, hosts } => world.network.mirror(registry, hosts.clone()),
        ScenarioAction::Provide(provider) => world.providers.push(provider.clone()),
        ScenarioAction::Forbid(policy) => world.image_policies.push(policy.clone()),
        ScenarioAction::Debug {
            workload,
            container,
        } => debug(world, workload, container),
        ScenarioAction::Roll { workload, images } => {
            if let Some(image) = cycle_value(images, round) {
                change_container(world, workload, "/image", image);
            }
        }
        ScenarioAction::Scale { workload, replicas } => {
            if let Some(replicas) = cycle_value(replicas, round) {
                patch(world, workload, &json!({"spec": {"replicas": replicas}}));
            }
        }
        ScenarioAction::Restart { workload } => {
            let stamp = json!({"kubectl.kubernetes.io/restartedAt": seconds(world.now)});
            let template = json!({"metadata": {"annotations": stamp}});
            patch(world, workload, &json!({"spec": {"template": template}}));
        }
        ScenarioAction::Attach { account, secrets } => {
            change(world, ResourceKind::ServiceAccount, account, |object| {
                merge_patch(object, &json!({"imagePullSecrets": secrets}));
            });
        }
        ScenarioAction::Annotate {
            account,
            annotations,
        } => {
            change(world, ResourceKind::ServiceAccount, account, |object| {
                merge_patch(object, &json!({"metadata": {"annotations": annotations}}));
            });
        }
        ScenarioAction::Push {
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
        ScenarioAction::Health { registry, becomes } => {
            if let Some(registry) = world.network.named_mut(registry) {
                set_next_value(&mut registry.health, becomes, round);
            }
        }
        ScenarioAction::Limit { registry, becomes } => {
            if let Some(registry) = world.network.named_mut(registry) {
                set_next_value(&mut registry.limit, becomes, round);
            }
        }
        ScenarioAction::Wire { registry, becomes } => {
            if let Some(registry) = world.network.named_mut(registry) {
                set_next_value(&mut registry.wire, becomes, round);
            }
        }
        ScenarioAction::Resize { workload, cpu } => {
            change_container(world, workload, "/resources/requests/cpu", cpu);
        }
        ScenarioAction::Renew { place, secret } => {
            // There may be none yet.
            drop(write::delete(
                world,
                ResourceKind::Secret,
                place,
                &DeleteOptions::default(),
            ));
            create(
                world,
                ResourceKind::Secret,
                &place.namespace,
                secret.clone(),
            );
        }
        ScenarioAction::Delete { kind, place } => {
            // What is gone already needs no deleting.
            drop(write::delete(
                world,
                *kind,
                place,
                &DeleteOptions::default(),
            ));
        }
    }
}

/// Adds a container to a running Pod of the workload, if there is one.
fn debug(world: &mut World, workload: &ObjectKey, container: &Value) {
    let of_workload = |pod: &&object::StoredObject| {
        object::label(pod, "app") == Some(&workload.name) && text(pod, "/status/phase") == "Running"
    };
    let namespace = Some(workload.namespace.as_str());
    let pod = world
        .store
        .list(ResourceKind::Pod, namespace)
        .find(of_workload);
    let Some(pod) = pod.cloned() else {
        return;
    };
    let mut added = list(&pod, "/spec/ephemeralContainers").to_vec();
    added.push(container.clone());
    let mut wanted = Value::clone(&pod);
    object::put(&mut wanted, "/spec/ephemeralContainers", added);
    let (place, part) = (
        ObjectKey::from_object(&pod),
        UpdatePart::EphemeralContainers,
    );
    let intent = WriteOptions::controller();
    // One of that name may be there; the story goes on without another.
    drop(write::update_part(
        world,
        ResourceKind::Pod,
        &place,
        part,
        &wanted,
        &intent,
    ));
}

fn change(world: &mut World, kind: ResourceKind, place: &ObjectKey, edit: impl FnOnce(&mut Value)) {
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
        &WriteOptions::controller(),
    ));
}

/// Changes the workload of this name, of whatever kind it is.
fn patch(world: &mut World, place: &ObjectKey, patch: &Value) {
    let kind = [
        ResourceKind::Deployment,
        ResourceKind::StatefulSet,
        ResourceKind::DaemonSet,
    ]
    .into_iter()
    .find(|kind| world.store.at(*kind, place).is_some());
    if let Some(kind) = kind {
        change(world, kind, place, |object| merge_patch(object, patch));
    }
}

/// Changes a field of a Deployment's first container.
fn change_container(world: &mut World, place: &ObjectKey, field: &str, value: &str) {
    let Some(deployment) = world.store.at(ResourceKind::Deployment, place) else {
        return;
    };
    let mut containers = list(deployment, "/spec/template/spec/containers").to_vec();
    if let Some(first) = containers.first_mut() {
        object::put(first, field, value);
    }
    let spec = json!({"template": {"spec": {"containers": containers}}});
    patch(world, place, &json!({"spec": spec}));
}
