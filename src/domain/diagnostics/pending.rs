//! The step that a Pod is held at although no pull is said to fail, read off the Pod and its events alone.
//!
//! Cheap, so that it can be asked of every Pod that is on its way: no Secret and no other Pod is looked at.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::pull_error::newest_event;
use crate::domain::k8s::{
    age,
    objects::{Container, ContainerState, Event, Phase, Pod, PodCondition, PodConditionType},
    pull_failure,
};

/// Seconds after which a pull that says nothing is reported: the runtimes give up a silent connection only
/// after many minutes.
const LONG_PULL: i64 = 120;

/// Seconds after which a failed mount is reported that was told once. The first one after the Pod's creation
/// is often made before the kubelet has the ConfigMaps of the Pod, and succeeds half a second later.
const FIRST_MOUNT: i64 = 10;

/// Seconds after which a step is reported of which nothing is said: scheduler and kubelet answer in seconds.
const SILENT: i64 = 120;

/// The same of containers that are being created: an image may be pulled, and the event of it be gone.
const SILENT_CREATION: i64 = 900;

const PULLING: &str = "Pulling";
const SANDBOX_FAILED: &str = "FailedCreatePodSandBox";
/// What can follow a failed sandbox and shows that it was made in the end.
const AFTER_SANDBOX: [&str; 4] = [PULLING, "Pulled", "Created", "Failed"];
const MOUNT_FAILED: [&str; 3] = ["FailedMount", "FailedAttachVolume", "FailedMapVolume"];
/// The kubelet pulls only after all volumes are mounted.
const AFTER_MOUNT: [&str; 3] = [PULLING, "Pulled", "Created"];

/// What holds a Pod that has no failing pull.
#[derive(Clone, Copy, Debug)]
pub(super) enum PendingCause<'a> {
    /// It has no node: nothing fits it, or a scheduling gate keeps it from the scheduler.
    Unscheduled {
        event: Option<&'a Event>,
        condition: Option<&'a PodCondition>,
    },
    /// A container waits for, or ended by, something other than its image.
    Container {
        container: &'a Container,
        reason: &'a str,
        message: Option<&'a Arc<str>>,
    },
    /// Its sandbox cannot be created: the pause image, or the network.
    Sandbox(&'a Event),
    /// A volume cannot be mounted.
    Volume(&'a Event),
    /// A pull that began long ago, of which nothing was said since.
    LongPull {
        container: &'a Container,
        event: &'a Event,
        seconds: i64,
    },
    /// Nothing is said of it, for too long.
    Silent(Silence, i64),
}

/// Who is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// No scheduler has looked at the Pod: it is not there, or the Pod asks for another one.
    Scheduler,
    /// The Pod has a node, whose kubelet has not reported on it.
    Kubelet,
    /// Its containers are being created, and nothing is said since.
    Creation,
}

impl Silence {
    /// Seconds after which it is reported.
    fn limit(self) -> i64 {
        match self {
            Self::Scheduler | Self::Kubelet => SILENT,
            Self::Creation => SILENT_CREATION,
        }
    }
}

/// What holds the Pod now. `events`: those about it, oldest first.
pub(super) fn held<'a>(
    pod: &'a Pod,
    events: &'a [Arc<Event>],
    now: Timestamp,
) -> Option<PendingCause<'a>> {
    unscheduled(pod, events)
        .or_else(|| waiting(pod))
        .or_else(|| sandbox(pod, events))
        .or_else(|| {
            failed_mount(pod, events)
                .filter(|it| is_lasting(it, now))
                .map(PendingCause::Volume)
        })
        .or_else(|| long_pull(pod, events, now))
        .or_else(|| {
            let (silence, since) = silent(pod, events)?;
            let seconds = age::seconds_between(since, now);
            (seconds >= silence.limit()).then_some(PendingCause::Silent(silence, seconds))
        })
}

/// When it may be held although nothing else happens.
pub(super) fn held_from(pod: &Pod, events: &[Arc<Event>], now: Timestamp) -> Option<Timestamp> {
    let mount = failed_mount(pod, events)
        .filter(|event| !is_lasting(event, now))
        .and_then(|event| after(event, FIRST_MOUNT));
    let pull = silent_pull(pod, events)
        .filter(|(_, event)| silence(event, now) < Some(LONG_PULL))
        .and_then(|(_, event)| after(event, LONG_PULL));
    let silent = silent(pod, events)
        .and_then(|(silence, since)| later(since, silence.limit()))
        .filter(|at| *at > now);
    mount.into_iter().chain(pull).chain(silent).min()
}

/// Which step of the Pod's start is silent, and since when.
fn silent(pod: &Pod, events: &[Arc<Event>]) -> Option<(Silence, Timestamp)> {
    let created = pod.meta.created?;
    if pod.phase != Phase::Pending {
        return None;
    }
    let mut containers = pod.containers.iter();
    let silence = if pod.node.is_none() {
        Silence::Scheduler
    } else if containers.all(|it| it.state == ContainerState::Unreported) {
        Silence::Kubelet
    } else if is_creating(pod) {
        Silence::Creation
    } else {
        return None;
    };
    let told = events.iter().filter_map(|event| event.last).max();
    let scheduled = pod
        .condition(PodConditionType::Scheduled)
        .filter(|it| it.is_true);
    let since = scheduled.and_then(PodCondition::last_transition_time);
    Some((
        silence,
        created
            .max(since.unwrap_or(created))
            .max(told.unwrap_or(created)),
    ))
}

fn after(event: &Event, seconds: i64) -> Option<Timestamp> {
    later(event.last?, seconds)
}

fn later(from: Timestamp, seconds: i64) -> Option<Timestamp> {
    from.checked_add(SignedDuration::from_secs(seconds)).ok()
}

fn silence(event: &Event, now: Timestamp) -> Option<i64> {
    Some(age::seconds_between(event.last?, now))
}

fn unscheduled<'a>(pod: &'a Pod, events: &'a [Arc<Event>]) -> Option<PendingCause<'a>> {
    if pod.node.is_some() || pod.phase != Phase::Pending {
        return None;
    }
    let condition = pod
        .condition(PodConditionType::Scheduled)
        .filter(|it| !it.is_true);
    let event = newest_event(events, &["FailedScheduling"]).map(AsRef::as_ref);
    (condition.is_some() || event.is_some())
        .then_some(PendingCause::Unscheduled { event, condition })
}

fn waiting(pod: &Pod) -> Option<PendingCause<'_>> {
    pod.containers
        .iter()
        .find_map(|container| match &container.state {
            ContainerState::Waiting { reason, message } => {
                let quiet = pull_failure::is_container_creating(reason);
                (!quiet).then_some(PendingCause::Container {
                    container,
                    reason,
                    message: message.as_ref(),
                })
            }
            // Between two rounds of a crash loop.
            ContainerState::Terminated(exit) if exit.code != 0 => Some(PendingCause::Container {
                container,
                reason: exit.reason.as_deref().unwrap_or("Error"),
                message: exit.message.as_ref(),
            }),
            ContainerState::Terminated(_)
            | ContainerState::Running { .. }
            | ContainerState::Unreported => None,
        })
}

/// Said in `FailedCreatePodSandBox` only.
fn sandbox<'a>(pod: &Pod, events: &'a [Arc<Event>]) -> Option<PendingCause<'a>> {
    if !is_creating(pod) {
        return None;
    }
    let [a, b, c, d] = AFTER_SANDBOX;
    let event = newest_event(events, &[SANDBOX_FAILED, a, b, c, d])?;
    (&*event.reason == SANDBOX_FAILED).then_some(PendingCause::Sandbox(event))
}

/// A failed mount that no later step shows to be over.
fn failed_mount<'a>(pod: &Pod, events: &'a [Arc<Event>]) -> Option<&'a Event> {
    if !is_creating(pod) || newest_event(events, &AFTER_MOUNT).is_some() {
        return None;
    }
    newest_event(events, &MOUNT_FAILED).map(AsRef::as_ref)
}

fn is_lasting(event: &Event, now: Timestamp) -> bool {
    event.count > 1 || silence(event, now).is_none_or(|seconds| seconds >= FIRST_MOUNT)
}

fn is_creating(pod: &Pod) -> bool {
    let mut containers = pod.containers.iter();
    pod.phase == Phase::Pending
        && containers.all(|container| match &container.state {
            ContainerState::Unreported => true,
            ContainerState::Waiting { reason, .. } => pull_failure::is_container_creating(reason),
            ContainerState::Running { .. } | ContainerState::Terminated(_) => false,
        })
}

/// `Pulling` and then nothing: a registry that hangs, a very large image, or a queue behind one.
fn long_pull<'a>(
    pod: &'a Pod,
    events: &'a [Arc<Event>],
    now: Timestamp,
) -> Option<PendingCause<'a>> {
    let (container, event) = silent_pull(pod, events)?;
    let seconds = silence(event, now)?;
    (seconds >= LONG_PULL).then_some(PendingCause::LongPull {
        container,
        event,
        seconds,
    })
}

/// The container whose image is being pulled, or queued, as far as events tell.
pub(super) fn silent_pull<'a>(
    pod: &'a Pod,
    events: &'a [Arc<Event>],
) -> Option<(&'a Container, &'a Event)> {
    let event = newest_event(events, &[PULLING, "Pulled", "Failed", "Created"])?;
    if &*event.reason != PULLING {
        return None;
    }
    let name = event.regarding.container()?;
    let mut containers = pod.containers.iter();
    let container = containers.find(|container| &*container.name == name)?;
    matches!(container.state, ContainerState::Waiting { .. }).then_some((container, event))
}
