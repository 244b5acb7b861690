//! The timeline of a Pod's start, from its creation to a running container.
//!
//! Statuses come first, for they are the truth; events add times. A step whose event was dropped or
//! has expired is done all the same when a later one is: then its time is not known, and not guessed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    objects::{Container, ContainerState, Event, Pod, PodCondition, PodConditionType},
    pull_attempt::PullAttempt,
    pull_failure,
};

/// The steps, in their order. All but `Scheduled` are those of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PodStage {
    Created,
    /// Admission has taken the ServiceAccount, and its pull secrets where the Pod lists none itself.
    Admitted,
    Scheduled,
    /// The kubelet asks the registry, with the credentials that the Pod's Secrets hold.
    Pulling,
    Pulled,
    Started,
    Ready,
}

impl PodStage {
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Admitted,
        Self::Scheduled,
        Self::Pulling,
        Self::Pulled,
        Self::Started,
        Self::Ready,
    ];

    /// What goes on until the step is done.
    pub fn doing(self) -> &'static str {
        match self {
            Self::Created | Self::Admitted => "being created",
            Self::Scheduled => "waiting for a node",
            Self::Pulling => "waiting to pull",
            Self::Pulled => "pulling",
            Self::Started => "starting",
            Self::Ready => "getting ready",
        }
    }

    /// The step in a few words, once it is done.
    pub fn title(self) -> &'static str {
        match self {
            Self::Created => "Pod created",
            Self::Admitted => "Pull secrets resolved",
            Self::Scheduled => "Scheduled",
            Self::Pulling => "Registry contacted",
            Self::Pulled => "Image pulled",
            Self::Started => "Container started",
            Self::Ready => "Container ready",
        }
    }
}

/// The status of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageStatus {
    Done,
    /// It is at this step.
    #[serde(rename = "now")]
    InProgress,
    /// Failed at this stage.
    Stuck,
    #[serde(rename = "not-yet")]
    Pending,
}

/// One step of one container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageState {
    pub stage: PodStage,
    #[serde(rename = "progress")]
    pub status: StageStatus,
    /// When it was reached, where anything still says so.
    pub at: Option<Timestamp>,
    /// From the step before; of a step that goes on, until now. `None` where a time is missing.
    pub took: Option<SignedDuration>,
}

/// The steps of one container. `events` are those about the Pod, oldest first.
pub fn timeline(
    pod: &Pod,
    container: &Container,
    events: &[Arc<Event>],
    now: Timestamp,
) -> [StageState; 7] {
    let reached = reached(pod, container, events);
    let stuck = is_stuck(pod, container);
    let mut before: Option<Timestamp> = None;
    PodStage::ALL.map(|stage| {
        let progress = if stage <= reached {
            StageStatus::Done
        } else if PodStage::ALL.iter().find(|next| **next > reached) == Some(&stage) {
            if stuck {
                StageStatus::Stuck
            } else {
                StageStatus::InProgress
            }
        } else {
            StageStatus::Pending
        };
        let at = (progress == StageStatus::Done)
            .then(|| at(stage, pod, container, events))
            .flatten();
        let until = match progress {
            StageStatus::Done => at,
            StageStatus::InProgress | StageStatus::Stuck => Some(now),
            StageStatus::Pending => None,
        };
        let told = (stage == PodStage::Pulled && progress == StageStatus::Done)
            .then(|| last_pull(container, events).map(|pull| pull.took))
            .flatten();
        let measured = before
            .zip(until)
            .map(|(from, to)| to.duration_since(from).max(SignedDuration::ZERO));
        before = at;
        StageState {
            stage,
            status: progress,
            at,
            took: told.or(measured),
        }
    })
}

/// The last step that is certainly done.
fn reached(pod: &Pod, container: &Container, events: &[Arc<Event>]) -> PodStage {
    match &container.state {
        ContainerState::Running { .. } | ContainerState::Terminated(_) if container.ready => {
            return PodStage::Ready;
        }
        // What has done its work is not going to be ready: an init container, the program of a Job.
        ContainerState::Terminated(exit) if exit.code == 0 => return PodStage::Ready,
        ContainerState::Running { .. } | ContainerState::Terminated(_) => return PodStage::Started,
        ContainerState::Waiting { .. } | ContainerState::Unreported => {}
    }
    let attempt = pull_failure::waiting_attempt(pod, container);
    let pulling = newest(attempt, events, "Pulling");
    let pulled = newest(attempt, events, "Pulled");
    let has_image = container
        .image_id
        .as_deref()
        .is_some_and(|id| !id.is_empty())
        || container.last_exit.is_some();
    let failing = pull_failure::pull_failures(pod)
        .any(|failure| failure.attempt.container.name == container.name);
    if failing {
        // The registry is asked again and again; a malformed Secret stops the kubelet before that.
        return if pulling.is_some() {
            PodStage::Pulling
        } else {
            PodStage::Scheduled
        };
    }
    let newer = match (pulling, pulled) {
        (Some(pulling), Some(pulled)) => pulled.last >= pulling.last,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if has_image || newer {
        PodStage::Pulled
    } else if pulling.is_some() {
        PodStage::Pulling
    } else if pod.node.is_some() {
        PodStage::Scheduled
    } else {
        PodStage::Admitted
    }
}

fn is_stuck(pod: &Pod, container: &Container) -> bool {
    let unscheduled = pod.node.is_none()
        && pod
            .condition(PodConditionType::Scheduled)
            .is_some_and(|condition| !condition.is_true);
    let waits = match &container.state {
        ContainerState::Waiting { reason, .. } => !pull_failure::is_container_creating(reason),
        ContainerState::Terminated(exit) => exit.code != 0,
        ContainerState::Running { .. } | ContainerState::Unreported => false,
    };
    unscheduled || waits
}

fn at(
    stage: PodStage,
    pod: &Pod,
    container: &Container,
    events: &[Arc<Event>],
) -> Option<Timestamp> {
    let since = |condition| {
        pod.condition(condition)
            .filter(|condition| condition.is_true)
            .and_then(PodCondition::last_transition_time)
    };
    match stage {
        // Admission works inside of the request that creates the Pod.
        PodStage::Created | PodStage::Admitted => pod.meta.created,
        PodStage::Scheduled => since(PodConditionType::Scheduled),
        PodStage::Pulling => pull_began(pod, container, events),
        PodStage::Pulled => {
            newest(
                pull_failure::waiting_attempt(pod, container),
                events,
                "Pulled",
            )?
            .last
        }
        PodStage::Started => match &container.state {
            ContainerState::Running { since } => *since,
            ContainerState::Terminated(exit) => exit.started,
            ContainerState::Waiting { .. } | ContainerState::Unreported => None,
        },
        PodStage::Ready => match &container.state {
            ContainerState::Terminated(exit) => exit.finished,
            ContainerState::Running { .. }
            | ContainerState::Waiting { .. }
            | ContainerState::Unreported => since(PodConditionType::ContainersReady),
        },
    }
}

/// When the registry was asked. `Pulling` is told when a pull is queued; how long it waited, once it is done.
fn pull_began(pod: &Pod, container: &Container, events: &[Arc<Event>]) -> Option<Timestamp> {
    let attempt = pull_failure::waiting_attempt(pod, container);
    let queued = newest(attempt, events, "Pulling").and_then(|event| event.first);
    let began = newest(attempt, events, "Pulled").and_then(|event| {
        let pull = parse_pulled(&event.message)?;
        (pull.waited > SignedDuration::ZERO).then(|| event.last?.checked_sub(pull.took).ok())?
    });
    // Events are dated to the second.
    began.map_or(queued, |began| {
        Some(queued.map_or(began, |queued| queued.max(began)))
    })
}

fn newest<'a>(
    attempt: PullAttempt<'_>,
    events: &'a [Arc<Event>],
    reason: &str,
) -> Option<&'a Arc<Event>> {
    let mut newest_first = events.iter().rev();
    newest_first.find(|event| &*event.reason == reason && attempt.matches_event(event))
}

/// What the kubelet told of the pull of a container's image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullTime {
    pub took: SignedDuration,
    /// In the node's queue before that.
    pub waited: SignedDuration,
    /// In bytes; kubelets say it since 1.31.
    pub size: Option<u64>,
}

/// The last pull of a container's image, while its event is there.
pub fn last_pull(container: &Container, events: &[Arc<Event>]) -> Option<PullTime> {
    parse_pulled(&newest(PullAttempt::own(container), events, "Pulled")?.message)
}

/// `Successfully pulled image "X" in 3.1s (4s including waiting)`: finer than the events' seconds.
///
/// Kubelets say so since 1.20, in Go's form of a duration; `None` for an image that was there already.
pub fn parse_pulled(message: &str) -> Option<PullTime> {
    let (_, after) = message.rsplit_once("\" in ")?;
    let duration = |text: &str| -> Option<SignedDuration> {
        text.split(' ').next()?.trim_end_matches('.').parse().ok()
    };
    let took = duration(after)?;
    let whole = after.split_once('(').and_then(|(_, rest)| duration(rest));
    let waited = whole.map_or(SignedDuration::ZERO, |whole| {
        whole.saturating_sub(took).max(SignedDuration::ZERO)
    });
    let size = message.split_once("Image size: ").and_then(|(_, after)| {
        let digits = after.split(' ').next()?;
        digits.parse().ok()
    });
    Some(PullTime { took, waited, size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{event, now, pod, running, seconds_ago, waiting},
        k8s::objects::{ContainerRole, ContainerStateTerminated},
    };

    fn progress(steps: &[StageState]) -> Vec<StageStatus> {
        steps.iter().map(|step| step.status).collect()
    }

    use StageStatus::{Done, InProgress, Pending, Stuck};

    #[test]
    fn a_pod_that_runs_has_done_all_although_its_events_have_expired() {
        let pod = pod("shop", "web", running());
        let steps = timeline(&pod, &pod.containers[0], &[], now());
        assert_eq!(progress(&steps), [Done; 7]);
        assert_eq!(steps[4].at, None);
        assert_eq!(steps[4].took, None);
        assert_eq!(steps[5].at, Some(seconds_ago(500)));
    }

    #[test]
    fn a_pull_takes_what_the_kubelet_says() {
        let pod = pod("shop", "web", running());
        let text = "Successfully pulled image \"a/b:1\" in 3.25s (4s including waiting)";
        let events = [
            Arc::new(event(
                "e1",
                "web",
                "Pulling",
                "Pulling image \"a/b:1\"",
                1,
                seconds_ago(510),
            )),
            Arc::new(event("e2", "web", "Pulled", text, 1, seconds_ago(506))),
        ];
        let steps = timeline(&pod, &pod.containers[0], &events, now());
        assert_eq!(steps[4].took, Some(SignedDuration::from_millis(3250)));
        assert_eq!(steps[5].took, Some(SignedDuration::from_secs(6)));
    }

    /// As a kubelet with `serializeImagePulls` tells it of an image behind a large one.
    #[test]
    fn a_pull_that_was_queued_began_when_its_turn_came() {
        let pod = pod("shop", "web", running());
        let text = "Successfully pulled image \"a/b:1\" in 26ms (1m18.112s including waiting). Image size: 528 bytes.";
        let pulling = "Pulling image \"a/b:1\"";
        let events = [
            Arc::new(event("e1", "web", "Pulling", pulling, 1, seconds_ago(580))),
            Arc::new(event("e2", "web", "Pulled", text, 1, seconds_ago(502))),
        ];
        let mut events = events;
        Arc::make_mut(&mut events[0]).first = Some(seconds_ago(580));
        let steps = timeline(&pod, &pod.containers[0], &events, now());
        let began = seconds_ago(502) - SignedDuration::from_millis(26);
        assert_eq!(steps[3].at, Some(began));
        assert_eq!(steps[3].took, Some(SignedDuration::from_millis(97_974)));
        assert_eq!(steps[4].took, Some(SignedDuration::from_millis(26)));
    }

    #[test]
    fn a_refused_pull_is_stuck_where_it_is() {
        let pod = pod("shop", "web", waiting("ImagePullBackOff", "denied"));
        let pulling = Arc::new(event(
            "e1",
            "web",
            "Pulling",
            "Pulling image",
            4,
            seconds_ago(60),
        ));
        let steps = timeline(&pod, &pod.containers[0], &[pulling], now());
        assert_eq!(
            progress(&steps),
            [Done, Done, Done, Done, Stuck, Pending, Pending]
        );
        let steps = timeline(&pod, &pod.containers[0], &[], now());
        assert_eq!(steps[3].status, Stuck);
        assert_eq!(steps[3].took, Some(SignedDuration::from_secs(600)));
    }

    #[test]
    fn an_init_container_that_has_ended_well_is_done() {
        let mut pod = pod("shop", "web", waiting("ContainerCreating", ""));
        let setup = &mut pod.containers[0];
        setup.role = ContainerRole::Init;
        setup.ready = true;
        setup.state = ContainerState::Terminated(Box::new(ContainerStateTerminated {
            code: 0,
            reason: Some("Completed".into()),
            message: None,
            started: Some(seconds_ago(20)),
            finished: Some(seconds_ago(10)),
        }));
        let steps = timeline(&pod, &pod.containers[0], &[], now());
        assert_eq!(progress(&steps), [Done; 7]);
        assert_eq!(steps[6].took, Some(SignedDuration::from_secs(10)));
    }

    #[test]
    fn the_container_of_a_job_that_has_ended_well_is_done() {
        let mut pod = pod("shop", "report", running());
        let app = &mut pod.containers[0];
        app.ready = false;
        app.state = ContainerState::Terminated(Box::new(ContainerStateTerminated {
            code: 0,
            reason: Some("Completed".into()),
            message: None,
            started: Some(seconds_ago(3600)),
            finished: Some(seconds_ago(3500)),
        }));
        let steps = timeline(&pod, &pod.containers[0], &[], now());
        assert_eq!(progress(&steps), [Done; 7]);
        assert_eq!(steps[6].took, Some(SignedDuration::from_secs(100)));
        let ContainerState::Terminated(exit) = &mut pod.containers[0].state else {
            unreachable!()
        };
        exit.code = 1;
        let steps = timeline(&pod, &pod.containers[0], &[], now());
        assert_eq!(steps[6].status, Stuck);
    }

    #[test]
    fn a_pod_without_a_node_waits_for_one() {
        let mut pod = pod("shop", "web", ContainerState::Unreported);
        pod.node = None;
        pod.conditions = Box::new([]);
        let steps = timeline(&pod, &pod.containers[0], &[], now());
        assert_eq!(steps[2].status, InProgress);
    }
}
