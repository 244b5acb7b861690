//! One look at a Pod: what its containers need, done as far as it can be done now (`SyncPod`).

use std::time::Duration;

use serde_json::Value;

use super::{
    credentials,
    pull::{self, need_image},
    run,
    setup::set_up,
    status,
    tell::{Subject, report},
    when::sync_after,
    wording,
    worker::{Process, Role, Step},
};
use crate::sandbox::{clock::later, recorder::Level, world::World};

/// A Pod whose sync failed is looked at again after ten seconds and up to half as much
/// (`backOffPeriod` with its jitter).
const AGAIN_MILLIS: u64 = 12_000;
const JITTER_MILLIS: u64 = 3_000;
/// After its first failure a Pod is looked at at once: its sandbox has just come up.
const SOON: Duration = Duration::from_millis(900);
/// For how long after its start a failure is a Pod's first.
const FIRST: Duration = Duration::from_millis(1200);

pub(super) fn sync(world: &mut World, uid: &str) {
    let now = world.now;
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    let is_void = worker.next_sync.is_some_and(|next| next != now);
    if is_void || worker.is_stopping || worker.containers().iter().any(|it| it.pull.is_some()) {
        return;
    }
    worker.next_sync = None;
    worker.begin(now);
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    status::write(world, uid);
    if !set_up(world, uid, &pod) {
        return;
    }
    if !world.profile.is_old() {
        let missing = credentials::missing(&world.store, &pod);
        if !missing.is_empty() {
            let message = wording::missing_secrets(&missing);
            let reason = "FailedToRetrieveImagePullSecret";
            report(world, &pod, Level::Warning, reason, message, None);
        }
    }
    advance(world, uid, &pod, 0);
}

/// The runtime has answered for an image: the sync goes on behind its container.
pub(super) fn pulled(world: &mut World, uid: &str, index: usize) {
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    match pull::answered(world, Subject { pod: &pod, index }) {
        Some(Step::Next) => advance(world, uid, &pod, index + 1),
        Some(Step::Blocked | Step::Pulling) => look_again(world, uid),
        None => {}
    }
}

/// Deals with the containers from `first` on, and says when to look again.
fn advance(world: &mut World, uid: &str, pod: &Value, first: usize) {
    let count = match world.kubelets.workers.get(uid) {
        Some(worker) => worker.containers().len(),
        None => return,
    };
    for index in first..count {
        match container(world, Subject { pod, index }) {
            Step::Next => {}
            Step::Pulling => return,
            Step::Blocked => break,
        }
    }
    look_again(world, uid);
}

/// A Pod with trouble is looked at again, soon after its start and rarely later.
fn look_again(world: &mut World, uid: &str) {
    let Some(worker) = world.kubelets.workers.get(uid) else {
        return;
    };
    if worker.containers().iter().all(|it| it.waiting.is_none()) {
        return;
    }
    let is_first = worker
        .started()
        .is_some_and(|started| world.now < later(started, FIRST));
    if is_first {
        sync_after(world, uid, SOON);
    } else {
        let jitter = world.dice.below(JITTER_MILLIS);
        sync_after(world, uid, Duration::from_millis(AGAIN_MILLIS + jitter));
    }
}

fn container(world: &mut World, it: Subject<'_>) -> Step {
    let Some(mine) = world.kubelets.container(it.uid(), it.index) else {
        return Step::Next;
    };
    let role = mine.role;
    match &mine.process {
        Process::Running { .. } => return role.once_started(),
        Process::Ended(end) if role == Role::Init && end.code == 0 => return Step::Next,
        Process::Ended(end) if !run::restarts(it.pod, role, end.code) => {
            return role.once_started();
        }
        Process::Ended(end) if mine.crash_backoff.holds_after(end.finished, world.now) => {
            run::hold_back(world, it);
            return role.while_waiting();
        }
        Process::Ended(_) | Process::None => {}
    }
    need_image(world, it)
}
