//! The image of a container that is to be started: there already, to be pulled, or not to be had.

use super::{
    credentials,
    image::{self, Decision},
    puller::{self, Fetched, LocalHabit},
    run,
    state::Task,
    tell::{Subject, fail, tell},
    wording,
    worker::{Pull, Step},
};
use crate::sandbox::{
    clock::later,
    object::text,
    recorder::Level,
    world::{Due, World},
};

/// Sees to the image, and starts the container if it is there.
pub(super) fn need_image(world: &mut World, it: Subject<'_>) -> Step {
    let profile = world.profile;
    let Some(mine) = world.kubelets.container(it.uid(), it.index) else {
        return Step::Next;
    };
    let (image, role) = (mine.image.clone(), mine.role);
    let Some(decision) = decide(world, it) else {
        return Step::Next;
    };
    match decision {
        Decision::Present => {
            let message = wording::present(profile, &image);
            tell(world, it, Level::Normal, "Pulled", message);
            run::start(world, it, kept_digest(world, it, &image));
            return role.once_started();
        }
        Decision::Pull(reference, logins) => {
            let message = format!("Pulling image \"{image}\"");
            tell(world, it, Level::Normal, "Pulling", message);
            // The old kubelet notices while it pulls.
            if let Some(text) = unreadable(world, it) {
                pull_failed(world, it, text);
            } else {
                let (network, now) = (&mut world.network, world.now);
                let habit = LocalHabit::of(profile);
                let fetched = puller::pull(network, habit, &reference, &logins, now);
                under_way(world, it, fetched);
                return Step::Pulling;
            }
        }
        Decision::BackOff => {
            let message = wording::back_off(&image);
            tell(world, it, Level::Normal, "BackOff", message);
            let cause = world.kubelets.container(it.uid(), it.index);
            let cause = cause.and_then(|mine| mine.pull_error.as_deref());
            let waiting = wording::back_off_waiting(profile, &image, cause);
            fail(world, it, "ImagePullBackOff", waiting);
        }
        Decision::InvalidName => {
            let message = wording::invalid_name(profile, &image);
            tell(world, it, Level::Warning, "InspectFailed", message.clone());
            fail(world, it, "InvalidImageName", message);
        }
        Decision::Unreadable(text) => fail(world, it, &text.clone(), text),
        Decision::NeverPulled => {
            let (reason, message) = ("ErrImageNeverPull", wording::never(&image));
            tell(world, it, Level::Warning, reason, message.clone());
            fail(world, it, reason, message);
        }
    }
    role.while_waiting()
}

fn decide(world: &mut World, it: Subject<'_>) -> Option<Decision> {
    let (profile, now) = (world.profile, world.now);
    let worker = world.kubelets.workers.get_mut(it.uid())?;
    let found = credentials::find(&world.store, it.pod, worker.credentials.as_ref());
    worker.credentials = Some(found.clone());
    let mine = worker.containers().get(it.index)?;
    let policy = mine
        .spec(it.pod)
        .map_or("", |spec| text(spec, "/imagePullPolicy"));
    let backoff = worker.pull_backoff.get(&mine.image);
    let is_held_back = backoff.is_some_and(|backoff| backoff.holds(now));
    let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
    let cache = &node.images;
    Some(image::decide(
        profile,
        cache,
        &mine.image,
        policy,
        &found,
        is_held_back,
    ))
}

fn kept_digest(world: &World, it: Subject<'_>, image: &str) -> Option<String> {
    let worker = world.kubelets.workers.get(it.uid())?;
    let node = world.kubelets.nodes.get(&worker.node)?;
    node.images.digest(image).map(str::to_owned)
}

/// What the kubelet says about a pull Secret that it has just read.
fn unreadable(world: &World, it: Subject<'_>) -> Option<String> {
    let worker = world.kubelets.workers.get(it.uid())?;
    worker.credentials.as_ref()?.unreadable.clone()
}

/// Puts the pull into the node's queue.
fn under_way(world: &mut World, it: Subject<'_>, fetched: Fetched) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get(it.uid()) else {
        return;
    };
    let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
    let start = node.pulls_free_at.filter(|free| *free > now).unwrap_or(now);
    let ends = later(start, fetched.took);
    node.pulls_free_at = Some(ends);
    if let Some(mine) = world.kubelets.container_mut(it.uid(), it.index) {
        mine.pull = Some(Pull {
            asked: now,
            ends,
            fetched,
        });
    }
    let done = Task::Pulled {
        uid: it.uid().to_owned(),
        container: it.index,
    };
    world.agenda.enter(ends, Due::Kubelet(done));
}

/// The runtime has answered; what the containers behind may do. Nothing comes of an answer about an
/// image that the Pod no longer wants, or for a Pod that goes.
pub(super) fn answered(world: &mut World, it: Subject<'_>) -> Option<Step> {
    let (now, profile) = (world.now, world.profile);
    let worker = world.kubelets.workers.get_mut(it.uid())?;
    let (node, is_stopping) = (worker.node.clone(), worker.is_stopping);
    let mine = worker.containers_mut().get_mut(it.index)?;
    let pull = mine.pull.take_if(|pull| pull.ends <= now)?;
    let (image, role) = (mine.image.clone(), mine.role);
    if let (Ok(found), opened_by) = (&pull.fetched.result, &pull.fetched.opened_by) {
        let images = &mut world.kubelets.node(&node).images;
        images.note(&image, found, opened_by.as_ref());
    }
    if is_stopping {
        return None;
    }
    match pull.fetched.result {
        Ok(found) => {
            let took = pull.fetched.took;
            let waited = pull.ends.duration_since(pull.asked).unsigned_abs();
            let message = wording::pulled(profile, &image, took, waited, found.bytes);
            tell(world, it, Level::Normal, "Pulled", message);
            run::start(world, it, Some(found.digest));
            Some(role.once_started())
        }
        Err(error) => {
            pull_failed(world, it, wording::pull_error(profile, &image, &error));
            Some(role.while_waiting())
        }
    }
}

fn pull_failed(world: &mut World, it: Subject<'_>, text: String) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get_mut(it.uid()) else {
        return;
    };
    let Some(mine) = worker.containers_mut().get_mut(it.index) else {
        return;
    };
    mine.pull_error = Some(text.clone());
    let image = mine.image.clone();
    let message = format!("Failed to pull image \"{image}\": {text}");
    worker.pull_backoff.entry(image).or_default().fail(now, now);
    tell(world, it, Level::Warning, "Failed", message);
    fail(world, it, "ErrImagePull", text);
}
