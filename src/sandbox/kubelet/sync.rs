//! One sync of a Pod (`SyncPod`).

use std::time::Duration;

use serde_json::Value;

use super::{
    credentials,
    events::{ContainerSubject, fail, report},
    pull::{self, Ensured},
    run,
    setup::set_up,
    status,
    timers::sync_after,
    wording,
    worker::{ImageUse, Process, SyncStep, WaitingReason, WorkerContainer, WorkerContainerRole},
};
use crate::sandbox::{
    clock::later,
    event_recorder::EventType,
    object::{list, text, uid},
    profile::MissingSecrets,
    world::World,
};

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
    if is_void || worker.is_stopping || worker.pull.is_some() {
        return;
    }
    worker.next_sync = None;
    worker.has_failed_pull = false;
    worker.mark_started(now);
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    status::write(world, uid);
    if !set_up(world, uid, &pod) {
        return;
    }
    if world.profile.missing_secrets() == MissingSecrets::BeforePulls {
        report_missing_secrets(world, &pod);
    }
    advance(world, &pod, 0);
}

fn report_missing_secrets(world: &mut World, pod: &Value) {
    let missing = credentials::missing(&world.store, pod);
    if !missing.is_empty() {
        let message = wording::missing_secrets(&missing);
        let reason = "FailedToRetrieveImagePullSecret";
        report(world, pod, EventType::Warning, reason, message, None);
    }
}

/// The runtime has answered for an image: the sync goes on behind what it is for.
pub(super) fn pulled(world: &mut World, uid: &str, target: ImageUse) {
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    let Some(ensured) = pull::answered(world, &pod, target) else {
        return;
    };
    let turn = world.kubelets.workers.get(uid).and_then(|worker| {
        let mut turns = worker.sync_order().into_iter();
        turns.position(|turn| turn == target)
    });
    match (proceed(world, &pod, target, ensured), turn) {
        (SyncStep::Next, Some(turn)) => advance(world, &pod, turn + 1),
        (SyncStep::Next | SyncStep::Blocked | SyncStep::Pulling, _) => finish(world, &pod),
    }
}

/// Deals with the Pod's volumes and containers from the turn `first` on.
fn advance(world: &mut World, pod: &Value, first: usize) {
    let order = match world.kubelets.workers.get(uid(pod)) {
        Some(worker) => worker.sync_order(),
        None => return,
    };
    for target in order.into_iter().skip(first) {
        let step = match target {
            ImageUse::Volume(_) => volume(world, pod, target),
            ImageUse::Container(index) => container(world, ContainerSubject { pod, index }),
        };
        match step {
            SyncStep::Next => {}
            SyncStep::Pulling => return,
            SyncStep::Blocked => break,
        }
    }
    finish(world, pod);
}

/// The end of a sync: what is reported of it as a whole, and when to look again.
fn finish(world: &mut World, pod: &Value) {
    let worker = world.kubelets.workers.get(uid(pod));
    let has_failed_pull = worker.is_some_and(|worker| worker.has_failed_pull);
    if has_failed_pull && world.profile.missing_secrets() == MissingSecrets::AfterFailedPulls {
        report_missing_secrets(world, pod);
    }
    requeue(world, uid(pod));
}

/// A failing Pod is synced again, soon after its start and rarely later.
fn requeue(world: &mut World, uid: &str) {
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
        let jitter = world.rng.below(JITTER_MILLIS);
        sync_after(world, uid, Duration::from_millis(AGAIN_MILLIS + jitter));
    }
}

/// An image volume is seen to when there is a container to start, be it one that does not mount it
/// (`lazyStart`).
fn volume(world: &mut World, pod: &Value, target: ImageUse) -> SyncStep {
    let worker = world.kubelets.workers.get(uid(pod));
    let is_needed = worker.is_some_and(|worker| {
        let mut containers = worker.containers().iter();
        containers.any(|it| can_start(pod, it))
    });
    if !is_needed || !world.profile.has_image_volumes() {
        return SyncStep::Next;
    }
    need_image(world, pod, target)
}

fn can_start(pod: &Value, container: &WorkerContainer) -> bool {
    match &container.process {
        Process::None => true,
        Process::Running { .. } => false,
        Process::Ended(end) => run::restarts(pod, container.role, end.code),
    }
}

fn container(world: &mut World, it: ContainerSubject<'_>) -> SyncStep {
    let Some(mine) = world.kubelets.container(it.uid(), it.index) else {
        return SyncStep::Next;
    };
    let role = mine.role;
    match &mine.process {
        Process::Running { .. } => return role.once_started(),
        Process::Ended(end) if role == WorkerContainerRole::Init && end.code == 0 => {
            return SyncStep::Next;
        }
        Process::Ended(end) if !run::restarts(it.pod, role, end.code) => {
            return role.once_started();
        }
        Process::Ended(end) if mine.crash_backoff.is_active_after(end.finished, world.now) => {
            run::hold_back(world, it);
            return role.while_waiting();
        }
        Process::Ended(_) | Process::None => {}
    }
    let missing = missing_volumes(world, it);
    if missing.is_empty() {
        return need_image(world, it.pod, it.target());
    }
    for failure in missing {
        fail(world, it, &failure.reason, failure.message);
    }
    role.while_waiting()
}

/// Why image volumes that the container mounts are not there; the container cannot start, and its own
/// image is not looked at (`toKubeContainerImageVolumes`).
fn missing_volumes(world: &World, it: ContainerSubject<'_>) -> Vec<WaitingReason> {
    let Some(worker) = world.kubelets.workers.get(it.uid()) else {
        return Vec::new();
    };
    let mine = worker.containers().get(it.index);
    let mounts = mine
        .and_then(|mine| mine.spec(it.pod))
        .map_or(&[][..], |spec| list(spec, "/volumeMounts"));
    mounts
        .iter()
        .filter_map(|mount| {
            let mut volumes = worker.image_volumes().iter();
            let volume = volumes.find(|volume| volume.name == text(mount, "/name"))?;
            volume.failure.clone()
        })
        .collect()
}

fn need_image(world: &mut World, pod: &Value, target: ImageUse) -> SyncStep {
    match pull::ensure(world, pod, target) {
        Some(ensured) => proceed(world, pod, target, ensured),
        None => SyncStep::Next,
    }
}

/// Goes on with what the image is for.
fn proceed(world: &mut World, pod: &Value, target: ImageUse, ensured: Ensured) -> SyncStep {
    match target {
        ImageUse::Container(index) => {
            proceed_with_container(world, ContainerSubject { pod, index }, ensured)
        }
        ImageUse::Volume(index) => {
            let failure = match ensured {
                Ensured::Pulling => return SyncStep::Pulling,
                Ensured::Present(_) => None,
                Ensured::Failed(waiting) => Some(waiting),
            };
            let worker = world.kubelets.workers.get_mut(uid(pod));
            if let Some(volume) = worker.and_then(|it| it.image_volumes_mut().get_mut(index)) {
                volume.failure = failure;
            }
            SyncStep::Next
        }
    }
}

fn proceed_with_container(
    world: &mut World,
    it: ContainerSubject<'_>,
    ensured: Ensured,
) -> SyncStep {
    let Some(mine) = world.kubelets.container(it.uid(), it.index) else {
        return SyncStep::Next;
    };
    let role = mine.role;
    match ensured {
        Ensured::Pulling => SyncStep::Pulling,
        Ensured::Present(digest) => {
            run::start(world, it, digest);
            role.once_started()
        }
        Ensured::Failed(waiting) => {
            fail(world, it, &waiting.reason, waiting.message);
            role.while_waiting()
        }
    }
}
