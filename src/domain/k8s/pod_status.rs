//! Pod status as printed by kubectl, with its severity.
//!
//! The word follows `printPod` of kubectl 1.36 (`pkg/printers/internalversion/printers.go`), so that
//! an operator finds here what `kubectl get pods` told them.

use std::borrow::Cow;

use super::{
    objects::{
        Container, ContainerRole, ContainerState, ContainerStateTerminated, Phase, Pod,
        PodCondition, PodConditionType,
    },
    pull_failure,
};

/// The columns READY, STATUS and RESTARTS of `kubectl get pods`, with a severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodStatus<'a> {
    pub status: Cow<'a, str>,
    pub ready: usize,
    pub containers: usize,
    pub restarts: u32,
    pub health: PodHealth,
}

/// Health of a Pod, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodHealth {
    /// An image cannot be pulled.
    PullFailing,
    /// Something else is wrong: a crash loop, a missing volume, no place to run.
    Failing,
    /// On its way, and nothing says that it will not arrive.
    Progressing,
    Healthy,
    /// Ended as it should.
    Finished,
}

impl PodHealth {
    /// Whether the Pod runs or has completed.
    pub fn is_sound(self) -> bool {
        match self {
            Self::Healthy | Self::Finished => true,
            Self::PullFailing | Self::Failing | Self::Progressing => false,
        }
    }
}

/// Computes the status of a Pod.
pub fn pod_status(pod: &Pod) -> PodStatus<'_> {
    let (word, initializing) = match init_word(pod) {
        Some(word) => (word, !holds(pod, PodConditionType::Initialized)),
        None => (base_word(pod), false),
    };
    let word = if initializing {
        word
    } else {
        app_word(pod).unwrap_or(word)
    };
    let word = deletion_word(pod).unwrap_or(word);
    PodStatus {
        health: health(pod, &word),
        status: word,
        ready: counted(pod).filter(|c| c.ready && runs(c)).count(),
        containers: counted(pod).count(),
        restarts: restarts(pod, initializing),
    }
}

fn counted(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.containers
        .iter()
        .filter(|c| matches!(c.role, ContainerRole::App | ContainerRole::Sidecar))
}

fn runs(container: &Container) -> bool {
    matches!(container.state, ContainerState::Running { .. })
}

fn holds(pod: &Pod, condition: PodConditionType) -> bool {
    pod.condition(condition).is_some_and(|c| c.is_true)
}

fn base_word(pod: &Pod) -> Cow<'_, str> {
    let gated = pod
        .condition(PodConditionType::Scheduled)
        .and_then(PodCondition::reason)
        .filter(|reason| *reason == "SchedulingGated");
    gated
        .or(pod.reason.as_deref())
        .map_or_else(|| Cow::Borrowed(phase_word(pod.phase)), Cow::Borrowed)
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "Pending",
        Phase::Running => "Running",
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
        Phase::Unknown => "Unknown",
    }
}

/// `Init:…` while an init container has not done its work.
fn init_word(pod: &Pod) -> Option<Cow<'_, str>> {
    let inits = pod
        .containers
        .iter()
        .filter(|c| matches!(c.role, ContainerRole::Init | ContainerRole::Sidecar));
    let total = inits.clone().count();
    for (position, container) in inits.enumerate() {
        let word = match &container.state {
            ContainerState::Terminated(exit) if exit.code == 0 => continue,
            ContainerState::Running { .. }
                if container.role == ContainerRole::Sidecar && container.started != Some(false) =>
            {
                continue;
            }
            ContainerState::Terminated(exit) => format!("Init:{}", exit_word(exit)),
            ContainerState::Waiting { reason, .. }
                if !reason.is_empty() && &**reason != "PodInitializing" =>
            {
                format!("Init:{reason}")
            }
            ContainerState::Waiting { .. }
            | ContainerState::Running { .. }
            | ContainerState::Unreported => format!("Init:{position}/{total}"),
        };
        return Some(Cow::Owned(word));
    }
    None
}

fn exit_word(exit: &ContainerStateTerminated) -> Cow<'_, str> {
    match exit.reason.as_deref() {
        Some(reason) if !reason.is_empty() => Cow::Borrowed(reason),
        _ => Cow::Owned(format!("ExitCode:{}", exit.code)),
    }
}

/// The word of the first app container that has one of its own.
fn app_word(pod: &Pod) -> Option<Cow<'_, str>> {
    let mut apps = pod
        .containers
        .iter()
        .filter(|c| c.role == ContainerRole::App);
    let any_runs = apps.clone().any(|c| c.ready && runs(c));
    let word = apps.find_map(|container| match &container.state {
        ContainerState::Waiting { reason, .. } if !reason.is_empty() => {
            Some(Cow::Borrowed(&**reason))
        }
        ContainerState::Terminated(exit) => Some(exit_word(exit)),
        ContainerState::Waiting { .. }
        | ContainerState::Running { .. }
        | ContainerState::Unreported => None,
    })?;
    Some(match &*word {
        "Completed" if any_runs && holds(pod, PodConditionType::Ready) => Cow::Borrowed("Running"),
        "Completed" if any_runs => Cow::Borrowed("NotReady"),
        _ => word,
    })
}

fn deletion_word(pod: &Pod) -> Option<Cow<'_, str>> {
    pod.meta.deleting?;
    if pod.reason.as_deref() == Some("NodeLost") {
        return Some(Cow::Borrowed("Unknown"));
    }
    let ended = matches!(pod.phase, Phase::Succeeded | Phase::Failed);
    (!ended).then_some(Cow::Borrowed("Terminating"))
}

fn restarts(pod: &Pod, initializing: bool) -> u32 {
    pod.containers
        .iter()
        .filter(|c| match c.role {
            ContainerRole::Init => initializing,
            ContainerRole::Sidecar => true,
            ContainerRole::App => !initializing,
            ContainerRole::Ephemeral => false,
        })
        .map(|c| c.restarts)
        .sum()
}

fn health(pod: &Pod, word: &str) -> PodHealth {
    if pod.phase == Phase::Succeeded {
        return PodHealth::Finished;
    }
    if pod.meta.deleting.is_some() {
        return PodHealth::Progressing;
    }
    if pull_failure::pull_failures(pod).next().is_some() {
        return PodHealth::PullFailing;
    }
    let unschedulable = pod
        .condition(PodConditionType::Scheduled)
        .is_some_and(|c| !c.is_true && c.reason() == Some("Unschedulable"));
    let complaint = word.strip_prefix("Init:").unwrap_or(word);
    let broken = unschedulable
        || pod.phase == Phase::Failed
        || complaint.contains("Error")
        || complaint.starts_with("ExitCode:")
        || matches!(
            complaint,
            "CrashLoopBackOff"
                | "OOMKilled"
                | "Evicted"
                | "Unknown"
                | "StartError"
                | "ContainerCannotRun"
        );
    if broken {
        PodHealth::Failing
    } else if pod.phase == Phase::Running && holds(pod, PodConditionType::Ready) {
        PodHealth::Healthy
    } else {
        PodHealth::Progressing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{condition, container, now, pod, running, waiting};

    fn terminated(code: i32, reason: &str) -> ContainerState {
        ContainerState::Terminated(Box::new(ContainerStateTerminated {
            code,
            reason: (!reason.is_empty()).then(|| reason.into()),
            message: None,
            started: None,
            finished: None,
        }))
    }

    fn with(state: ContainerState, change: impl FnOnce(&mut Pod)) -> Pod {
        let mut pod = pod("shop", "a", state);
        change(&mut pod);
        pod
    }

    fn without_a_place(pod: &mut Pod) {
        let reason = Some("Unschedulable".into());
        let complaint = PodCondition::new(PodConditionType::Scheduled, false, None, reason, None);
        pod.conditions = Box::new([complaint]);
    }

    fn init(role: ContainerRole, state: ContainerState) -> impl FnOnce(&mut Pod) {
        move |pod| {
            let first = Container {
                role,
                ..container("setup", state)
            };
            pod.containers = [first].into_iter().chain(pod.containers.to_vec()).collect();
            pod.conditions = Box::new([condition(PodConditionType::Initialized, false)]);
        }
    }

    #[test]
    fn a_sidecar_is_waited_for_until_it_has_started() {
        let word = |started| {
            let mut pod = with(waiting("PodInitializing", ""), |pod| {
                init(ContainerRole::Sidecar, running())(pod);
            });
            pod.containers[0].started = started;
            pod_status(&pod).status.into_owned()
        };
        assert_eq!(word(Some(false)), "Init:0/1");
        assert_eq!(word(Some(true)), "PodInitializing");
        assert_eq!(word(None), "PodInitializing");
    }

    #[test]
    fn the_word_and_the_worry() {
        let creating = || waiting("ContainerCreating", "");
        let cases: Vec<(Pod, &str, PodHealth)> = vec![
            (with(running(), |_| {}), "Running", PodHealth::Healthy),
            (
                with(waiting("ImagePullBackOff", "x"), |_| {}),
                "ImagePullBackOff",
                PodHealth::PullFailing,
            ),
            (
                with(waiting("illegal base64 data at input byte 0", ""), |_| {}),
                "illegal base64 data at input byte 0",
                PodHealth::PullFailing,
            ),
            (
                with(waiting("CrashLoopBackOff", "x"), |_| {}),
                "CrashLoopBackOff",
                PodHealth::Failing,
            ),
            (
                with(waiting("CreateContainerConfigError", "x"), |_| {}),
                "CreateContainerConfigError",
                PodHealth::Failing,
            ),
            (
                with(creating(), |_| {}),
                "ContainerCreating",
                PodHealth::Progressing,
            ),
            (
                with(terminated(3, ""), |pod| pod.phase = Phase::Failed),
                "ExitCode:3",
                PodHealth::Failing,
            ),
            (
                with(terminated(0, "Completed"), |pod| {
                    pod.phase = Phase::Succeeded;
                }),
                "Completed",
                PodHealth::Finished,
            ),
            (
                with(running(), |pod| pod.meta.deleting = Some(now())),
                "Terminating",
                PodHealth::Progressing,
            ),
            (
                with(creating(), init(ContainerRole::Init, running())),
                "Init:0/1",
                PodHealth::Progressing,
            ),
            (
                with(
                    creating(),
                    init(ContainerRole::Init, waiting("ErrImagePull", "x")),
                ),
                "Init:ErrImagePull",
                PodHealth::PullFailing,
            ),
            (
                with(
                    creating(),
                    init(ContainerRole::Init, terminated(1, "Error")),
                ),
                "Init:Error",
                PodHealth::Failing,
            ),
            (
                with(creating(), init(ContainerRole::Sidecar, running())),
                "ContainerCreating",
                PodHealth::Progressing,
            ),
            (
                with(ContainerState::Unreported, |pod| {
                    pod.phase = Phase::Failed;
                    pod.reason = Some("Evicted".into());
                }),
                "Evicted",
                PodHealth::Failing,
            ),
            (
                with(ContainerState::Unreported, without_a_place),
                "Pending",
                PodHealth::Failing,
            ),
        ];
        for (pod, word, health) in cases {
            let status = pod_status(&pod);
            assert_eq!(
                (&*status.status, status.health),
                (word, health),
                "{:?}",
                pod.containers
            );
        }
    }

    #[test]
    fn sidecars_count_as_containers_and_init_containers_do_not() {
        let pod = with(running(), init(ContainerRole::Sidecar, running()));
        assert_eq!(
            (pod_status(&pod).ready, pod_status(&pod).containers),
            (2, 2)
        );
        let pod = with(
            running(),
            init(ContainerRole::Init, terminated(0, "Completed")),
        );
        assert_eq!(
            (pod_status(&pod).ready, pod_status(&pod).containers),
            (1, 1)
        );
    }
}
