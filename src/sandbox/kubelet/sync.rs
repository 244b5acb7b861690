//! One look at a Pod: what its containers need, done as far as it can be done now (`SyncPod`).

use std::time::Duration;

use serde_json::Value;

use super::{
    Task, credentials,
    pull::need_image,
    run,
    setup::set_up,
    status,
    tell::report,
    wording,
    worker::{Process, Role},
};
use crate::sandbox::{
    clock::later,
    object::uid,
    recorder::Level,
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
pub(super) enum Step {
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

pub(super) fn after(role: Role) -> Step {
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
