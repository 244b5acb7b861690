//! One look at a Pod: what its containers need, done as far as it can be done now (`SyncPod`).

use std::time::Duration;

use serde_json::Value;

use super::{
    Task, credentials,
    image::{self, Decision},
    puller::{self, Fetched, LocalHabit},
    run, status, wording,
    worker::{Process, Role, Waiting},
};
use crate::sandbox::{
    clock::later,
    object::{list, text, uid},
    recorder::{self, Level, Report, Source},
    resources::Kind,
    world::{Due, World},
};

/// A Pod whose sync failed is looked at again after ten seconds and up to half as much
/// (`backOffPeriod` with its jitter).
const AGAIN_MILLIS: u64 = 12_000;
const JITTER_MILLIS: u64 = 3_000;
/// After its first failure a Pod is looked at at once: its sandbox has just come up.
const SOON: Duration = Duration::from_millis(900);

/// What became of one container at this sync.
enum Step {
    Next,
    /// The runtime works; the sync goes on when it answers.
    Pulling,
    /// The containers behind have to wait for this one.
    Blocked,
}

/// Has the Pod looked at after a while, or earlier if that was already to be.
pub(super) fn schedule(world: &mut World, uid: &str, after: Duration) {
    let at = later(world.now, after);
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    if worker
        .next_sync
        .is_some_and(|next| next <= at && next >= world.now)
    {
        return;
    }
    worker.next_sync = Some(at);
    world
        .agenda
        .enter(at, Due::Kubelet(Task::Sync(uid.to_owned())));
}

pub(super) fn sync(world: &mut World, uid: &str) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    let is_void = worker.next_sync.is_some_and(|next| next != now);
    if is_void || worker.is_stopping || worker.containers.iter().any(|it| it.pull.is_some()) {
        return;
    }
    worker.next_sync = None;
    worker.started.get_or_insert(now);
    let Some(pod) = pod(world, uid) else { return };
    status::write(world, uid);
    if !set_up(world, uid, &pod) {
        return;
    }
    let found = credentials::find(world, &pod);
    if !found.missing.is_empty() && !world.profile.is_old() {
        let message = wording::missing_secrets(&found.missing);
        let reason = "FailedToRetrieveImagePullSecret";
        report(world, uid, &pod, Level::Warning, reason, message, None);
    }
    advance(world, uid, &pod, 0);
}

/// The Pod in the store, if it still is the one that this worker is for.
pub(super) fn pod(world: &World, wanted: &str) -> Option<Value> {
    let worker = world.kubelets.workers.get(wanted)?;
    let pod = world.store.at(Kind::Pod, &worker.place)?;
    (uid(pod) == wanted).then(|| Value::clone(pod))
}

/// Mounts volumes and makes the sandbox; a missing Secret or ConfigMap stops it there.
fn set_up(world: &mut World, uid: &str, pod: &Value) -> bool {
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

/// Deals with the containers from `first` on, and says when to look again.
pub(super) fn advance(world: &mut World, uid: &str, pod: &Value, first: usize) {
    let count = match world.kubelets.workers.get(uid) {
        Some(worker) => worker.containers.len(),
        None => return,
    };
    for index in first..count {
        match container(world, uid, pod, index) {
            Step::Next => {}
            Step::Pulling => return,
            Step::Blocked => break,
        }
    }
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return;
    };
    let has_trouble = worker.containers.iter().any(|it| it.waiting.is_some());
    let is_first = worker
        .started
        .is_some_and(|started| world.now < later(started, Duration::from_millis(1200)));
    if has_trouble && is_first {
        schedule(world, uid, SOON);
    } else if has_trouble {
        let jitter = world.dice.below(JITTER_MILLIS);
        schedule(world, uid, Duration::from_millis(AGAIN_MILLIS + jitter));
    }
}

fn container(world: &mut World, uid: &str, pod: &Value, index: usize) -> Step {
    let now = world.now;
    let Some(mine) = get(world, uid, index) else {
        return Step::Next;
    };
    let role = mine.role;
    let waits_for_it = role == Role::Init;
    match &mine.process {
        Process::Running { .. } if waits_for_it => return Step::Blocked,
        Process::Running { .. } => return Step::Next,
        Process::Ended(end) if waits_for_it && end.code == 0 => return Step::Next,
        Process::Ended(end) if !run::restarts(pod, role, end.code) => {
            return if waits_for_it {
                Step::Blocked
            } else {
                Step::Next
            };
        }
        Process::Ended(_) if mine.crash_backoff.holds(now) => {
            run::hold_back(world, uid, pod, index);
            return after(role);
        }
        Process::Ended(_) | Process::None => {}
    }
    need_image(world, uid, pod, index)
}

fn after(role: Role) -> Step {
    match role {
        Role::Init | Role::Sidecar => Step::Blocked,
        Role::App => Step::Next,
    }
}

pub(super) fn get<'a>(
    world: &'a World,
    uid: &str,
    index: usize,
) -> Option<&'a super::worker::Container> {
    world.kubelets.workers.get(uid)?.containers.get(index)
}

pub(super) fn get_mut<'a>(
    world: &'a mut World,
    uid: &str,
    index: usize,
) -> Option<&'a mut super::worker::Container> {
    world
        .kubelets
        .workers
        .get_mut(uid)?
        .containers
        .get_mut(index)
}

fn need_image(world: &mut World, uid: &str, pod: &Value, index: usize) -> Step {
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

/// Notes why the container waits, and says so once more as `startContainer` does.
pub(super) fn fail(
    world: &mut World,
    uid: &str,
    pod: &Value,
    index: usize,
    reason: &str,
    message: String,
) {
    let text = match reason {
        "CreateContainerConfigError" => format!("Error: {message}"),
        reason => format!("Error: {reason}"),
    };
    tell(world, uid, pod, index, Level::Warning, "Failed", text);
    if let Some(mine) = get_mut(world, uid, index) {
        mine.waiting = Some(Waiting {
            reason: reason.to_owned(),
            message,
        });
    }
}

/// Reports about a container.
pub(super) fn tell(
    world: &mut World,
    uid: &str,
    pod: &Value,
    index: usize,
    level: Level,
    reason: &str,
    message: String,
) {
    let field =
        get(world, uid, index).map(|mine| format!("spec.{}{{{}}}", mine.role.field(), mine.name));
    report(world, uid, pod, level, reason, message, field);
}

fn report(
    world: &mut World,
    uid: &str,
    pod: &Value,
    level: Level,
    reason: &str,
    message: String,
    field: Option<String>,
) {
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return;
    };
    let report = Report {
        source: Source::kubelet(&worker.node),
        level,
        reason,
        message,
        field,
    };
    recorder::record(world, pod, &report);
}
