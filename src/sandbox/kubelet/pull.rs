//! The image of a container that is to be started: there already, to be pulled, or not to be had.

use std::time::Duration;

use serde_json::Value;

use super::{
    Task, credentials,
    image::{self, Decision},
    puller::{self, Fetched, LocalHabit},
    run,
    sync::{Step, advance, after, get, get_mut, pod},
    tell::{fail, tell},
    wording,
    worker::Role,
};
use crate::sandbox::{
    clock::later,
    object::{list, text},
    recorder::Level,
    world::{Due, World},
};

/// Sees to the image, and starts the container if it is there.
pub(super) fn need_image(world: &mut World, uid: &str, pod: &Value, index: usize) -> Step {
    let profile = world.profile;
    let found = credentials::find(world, pod);
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return Step::Next;
    };
    let Some(mine) = worker.containers.get(index).cloned() else {
        return Step::Next;
    };
    let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
    let backoff = worker
        .pull_backoff
        .get(&mine.image)
        .copied()
        .unwrap_or_default();
    let decision = image::decide(
        profile,
        &node.images,
        &mine,
        policy(pod, &mine.name),
        &found,
        |now| backoff.holds(now),
        world.now,
    );
    let image = mine.image.as_str();
    match decision {
        Decision::Present => {
            let digest = node.images.digest(image).map(str::to_owned);
            tell(
                world,
                uid,
                pod,
                index,
                Level::Normal,
                "Pulled",
                wording::present(profile, image),
            );
            run::start(world, uid, pod, index, digest);
            return after_start(mine.role);
        }
        Decision::InvalidName => {
            let message = wording::invalid_name(profile, image);
            tell(
                world,
                uid,
                pod,
                index,
                Level::Warning,
                "InspectFailed",
                message.clone(),
            );
            fail(world, uid, pod, index, "InvalidImageName", message);
        }
        Decision::Unreadable(text) => fail(world, uid, pod, index, &text.clone(), text),
        Decision::NeverPulled => {
            let message = wording::never(image);
            tell(
                world,
                uid,
                pod,
                index,
                Level::Warning,
                "ErrImageNeverPull",
                message.clone(),
            );
            fail(world, uid, pod, index, "ErrImageNeverPull", message);
        }
        Decision::BackOff => {
            tell(
                world,
                uid,
                pod,
                index,
                Level::Normal,
                "BackOff",
                wording::back_off(image),
            );
            let waiting = wording::back_off_waiting(profile, image, mine.pull_error.as_deref());
            fail(world, uid, pod, index, "ImagePullBackOff", waiting);
        }
        Decision::Pull(reference, logins) => {
            let message = format!("Pulling image \"{image}\"");
            tell(world, uid, pod, index, Level::Normal, "Pulling", message);
            if let Some(text) = found.unreadable {
                // The old kubelet notices while it pulls.
                pull_failed(world, uid, pod, index, text);
                return after(mine.role);
            }
            let now = world.now;
            let habit = if profile.is_old() {
                LocalHabit::Plain
            } else {
                LocalHabit::TlsFirst
            };
            let fetched = puller::pull(&mut world.network, habit, &reference, &logins, now);
            under_way(world, uid, index, fetched);
            return Step::Pulling;
        }
    }
    after(mine.role)
}

/// What follows a start: an init container has to end first.
fn after_start(role: Role) -> Step {
    match role {
        Role::Init => Step::Blocked,
        Role::Sidecar | Role::App => Step::Next,
    }
}

fn policy<'a>(pod: &'a Value, name: &str) -> &'a str {
    let spec = list(pod, "/spec/initContainers")
        .iter()
        .chain(list(pod, "/spec/containers"))
        .find(|container| text(container, "/name") == name);
    spec.map_or("", |container| text(container, "/imagePullPolicy"))
}

/// Puts the pull into the node's queue.
fn under_way(world: &mut World, uid: &str, index: usize, mut fetched: Fetched) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return;
    };
    let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
    let start = node.pulls_free_at.filter(|free| *free > now).unwrap_or(now);
    let end = later(start, fetched.took);
    node.pulls_free_at = Some(end);
    fetched.waited = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    if let Some(mine) = get_mut(world, uid, index) {
        mine.pull = Some(fetched);
    }
    let uid = uid.to_owned();
    let done = Task::Pulled {
        uid,
        container: index,
    };
    world.agenda.enter(end, Due::Kubelet(done));
}

/// The runtime has answered.
pub(super) fn pulled(world: &mut World, uid: &str, index: usize) {
    let Some(fetched) = get_mut(world, uid, index).and_then(|mine| mine.pull.take()) else {
        return;
    };
    let Some(pod) = pod(world, uid) else { return };
    let Some(mine) = get(world, uid, index).cloned() else {
        return;
    };
    let profile = world.profile;
    let next = match fetched.result {
        Ok(image) => {
            let message = wording::pulled(
                profile,
                &mine.image,
                fetched.took,
                fetched.waited,
                image.bytes,
            );
            tell(world, uid, &pod, index, Level::Normal, "Pulled", message);
            if let Some(worker) = world.kubelets.workers.get(uid) {
                let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
                node.images
                    .note(&mine.image, &image, fetched.opened_by.as_ref());
            }
            run::start(world, uid, &pod, index, Some(image.digest));
            after_start(mine.role)
        }
        Err(error) => {
            let text = wording::pull_error(profile, &mine.image, &error);
            pull_failed(world, uid, &pod, index, text);
            after(mine.role)
        }
    };
    match next {
        Step::Next => advance(world, uid, &pod, index + 1),
        Step::Blocked | Step::Pulling => advance(world, uid, &pod, usize::MAX),
    }
}

fn pull_failed(world: &mut World, uid: &str, pod: &Value, index: usize, text: String) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    let Some(mine) = worker.containers.get_mut(index) else {
        return;
    };
    mine.pull_error = Some(text.clone());
    let image = mine.image.clone();
    worker
        .pull_backoff
        .entry(image.clone())
        .or_default()
        .fail(now);
    let message = format!("Failed to pull image \"{image}\": {text}");
    tell(world, uid, pod, index, Level::Warning, "Failed", message);
    fail(world, uid, pod, index, "ErrImagePull", text);
}
