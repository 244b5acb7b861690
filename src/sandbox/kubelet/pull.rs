//! Ensures the image of a container or an image volume: present, pulling or failed (`EnsureImageExists`).

use serde_json::Value;

use super::{
    credentials,
    events::report_image,
    image::{self, Decision, NodeConfig, PullRequest},
    provider,
    puller::{self, Fetched},
    state::Task,
    wording,
    worker::{ImageUse, Pull, WaitingReason, Worker},
};
use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{
        clock::later,
        event_recorder::EventType,
        object::{list, text, uid},
        world::{TimerEvent, World},
    },
};

/// Result of ensuring an image.
pub(super) enum Ensured {
    /// On the node, with its digest where the runtime knows it.
    Present(Option<String>),
    /// The runtime is asked; [`answered`] says what it answers.
    Pulling,
    Failed(WaitingReason),
}

fn failed(reason: &str, message: String) -> Ensured {
    Ensured::Failed(WaitingReason {
        reason: reason.to_owned(),
        message,
    })
}

/// Sees to an image; `None` when the worker has no such target any more.
pub(super) fn ensure(world: &mut World, pod: &Value, target: ImageUse) -> Option<Ensured> {
    let profile = world.profile;
    let image = world
        .kubelets
        .workers
        .get(uid(pod))?
        .image(target)?
        .to_owned();
    Some(match decide(world, pod, target, &image)? {
        Decision::Present => {
            let message = wording::present(profile, &image);
            report_image(world, pod, target, EventType::Normal, "Pulled", message);
            Ensured::Present(kept_digest(world, pod, &image))
        }
        Decision::Pull(reference, logins) => {
            let message = format!("Pulling image \"{image}\"");
            report_image(world, pod, target, EventType::Normal, "Pulling", message);
            // The old kubelet notices while it pulls.
            if let Some(text) = unreadable(world, pod) {
                return Some(pull_failed(world, pod, target, &image, text));
            }
            let (network, now) = (&mut world.network, world.now);
            let fetched = puller::pull(network, profile, &reference, &logins, now);
            under_way(world, pod, target, fetched);
            Ensured::Pulling
        }
        Decision::BackOff => {
            let message = wording::back_off(&image);
            report_image(world, pod, target, EventType::Normal, "BackOff", message);
            let worker = world.kubelets.workers.get(uid(pod))?;
            let cause = worker.pulls.get(&image).and_then(|it| it.error.as_deref());
            failed(
                "ImagePullBackOff",
                wording::back_off_waiting(profile, &image, cause),
            )
        }
        Decision::InvalidName => {
            let message = wording::invalid_name(profile, &image);
            let reason = "InspectFailed";
            report_image(
                world,
                pod,
                target,
                EventType::Warning,
                reason,
                message.clone(),
            );
            failed("InvalidImageName", message)
        }
        Decision::Unreadable(text) => failed(&text.clone(), text),
        Decision::NeverPulled => {
            let (reason, message) = ("ErrImageNeverPull", wording::never(&image));
            report_image(
                world,
                pod,
                target,
                EventType::Warning,
                reason,
                message.clone(),
            );
            failed(reason, message)
        }
    })
}

fn decide(world: &mut World, pod: &Value, target: ImageUse, image: &str) -> Option<Decision> {
    let (profile, now) = (world.profile, world.now);
    let worker = world.kubelets.workers.get_mut(uid(pod))?;
    let found = credentials::find(&world.store, pod, worker.credentials.as_ref());
    worker.credentials = Some(found.clone());
    let policy = policy(worker, pod, target)?;
    let history = worker.pulls.get(image);
    let is_held_back = history.is_some_and(|it| it.backoff.is_active(now));
    let Ok(image) = ImageRef::parse(image) else {
        return Some(Decision::InvalidName);
    };
    let mut logins = found.logins(&image);
    logins.extend(provider::logins(
        &world.providers,
        &world.store,
        pod,
        &image,
    ));
    let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
    let wish = PullRequest {
        image: &image,
        policy,
        logins,
        unreadable: found.unreadable.as_deref(),
        is_held_back,
    };
    let kind = NodeConfig {
        profile,
        settings: &node.settings,
    };
    let check = image::check(kind, &node.images, &wish);
    node.counts.record(policy, check);
    Some(image::decide(kind, check, wish))
}

fn policy<'a>(worker: &Worker, pod: &'a Value, target: ImageUse) -> Option<&'a str> {
    match target {
        ImageUse::Container(index) => {
            let spec = worker.containers().get(index)?.spec(pod);
            Some(spec.map_or("", |spec| text(spec, "/imagePullPolicy")))
        }
        ImageUse::Volume(index) => {
            let name = &worker.image_volumes().get(index)?.name;
            list(pod, "/spec/volumes")
                .iter()
                .find(|volume| text(volume, "/name") == name)
                .map(|volume| text(volume, "/image/pullPolicy"))
        }
    }
}

fn kept_digest(world: &World, pod: &Value, image: &str) -> Option<String> {
    let worker = world.kubelets.workers.get(uid(pod))?;
    let node = world.kubelets.nodes.get(&worker.node)?;
    node.images.digest(image).map(str::to_owned)
}

/// What the kubelet says about a pull Secret that it has just read.
fn unreadable(world: &World, pod: &Value) -> Option<String> {
    let worker = world.kubelets.workers.get(uid(pod))?;
    worker.credentials.as_ref()?.unreadable.clone()
}

/// Puts the pull into the node's queue.
fn under_way(world: &mut World, pod: &Value, target: ImageUse, fetched: Fetched) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get_mut(uid(pod)) else {
        return;
    };
    let node = world.kubelets.nodes.entry(worker.node.clone()).or_default();
    let queue = node.pulls_free_at.filter(|free| *free > now);
    let start = match queue {
        Some(free) if node.settings.serialize_image_pulls => free,
        Some(_) | None => now,
    };
    let ends = later(start, fetched.took);
    node.pulls_free_at = Some(ends);
    worker.pull = Some(Pull {
        target,
        requested_at: now,
        ends_at: ends,
        fetched,
    });
    let done = Task::Pulled {
        uid: uid(pod).to_owned(),
        target,
    };
    world.timers.schedule(ends, TimerEvent::Kubelet(done));
}

/// The runtime has answered. Nothing comes of an answer about an image that the Pod no longer wants, or
/// for a Pod that goes.
pub(super) fn answered(world: &mut World, pod: &Value, target: ImageUse) -> Option<Ensured> {
    let (now, profile) = (world.now, world.profile);
    let worker = world.kubelets.workers.get_mut(uid(pod))?;
    let pull = worker
        .pull
        .take_if(|pull| pull.target == target && pull.ends_at <= now)?;
    let (node, is_stopping) = (worker.node.clone(), worker.is_stopping);
    let image = worker.image(target)?.to_owned();
    if let (Ok(found), opened_by) = (&pull.fetched.result, &pull.fetched.opened_by) {
        let images = &mut world.kubelets.node(&node).images;
        images.record_pull(&image, found, opened_by.as_ref());
    }
    if is_stopping {
        return None;
    }
    Some(match pull.fetched.result {
        Ok(found) => {
            let took = pull.fetched.took;
            let waited = pull
                .ends_at
                .duration_since(pull.requested_at)
                .unsigned_abs();
            let message = wording::pulled(profile, &image, took, waited, found.bytes);
            report_image(world, pod, target, EventType::Normal, "Pulled", message);
            if let Some(worker) = world.kubelets.workers.get_mut(uid(pod))
                && let Some(history) = worker.pulls.get_mut(&image)
            {
                history.error = None;
            }
            Ensured::Present(Some(found.digest))
        }
        Err(error) => {
            let text = wording::pull_error(profile, &image, &error);
            pull_failed(world, pod, target, &image, text)
        }
    })
}

fn pull_failed(
    world: &mut World,
    pod: &Value,
    target: ImageUse,
    image: &str,
    text: String,
) -> Ensured {
    let now = world.now;
    if let Some(worker) = world.kubelets.workers.get_mut(uid(pod)) {
        worker.has_failed_pull = true;
        let history = worker.pulls.entry(image.to_owned()).or_default();
        history.error = Some(text.clone());
        history.backoff.fail(now, now);
    }
    let message = format!("Failed to pull image \"{image}\": {text}");
    report_image(world, pod, target, EventType::Warning, "Failed", message);
    failed("ErrImagePull", text)
}
