//! Pods that do not get on although no pull is said to fail: which step they are at, and that it is
//! not (or not yet known to be) the pull.

use std::sync::Arc;

use super::{Draft, Evidence, Fact, Finding, Root, Source, finish, message::newest};
use crate::domain::{
    age,
    cause::{Cause, FixId, FixTarget, Names},
    chain::{Case, Known, WorkloadCase},
    classify::{Confidence, classify},
    objects::{Condition, Container, ContainerState, Event, Phase, WorkloadKind},
    pull,
    pull_attempt::PullAttempt,
};

/// A pull that takes longer than this without a word is worth one: the runtimes give up a silent
/// connection only after many minutes. In seconds.
const LONG_PULL: i64 = 120;

/// What holds a Pod that has no failing pull; `None` when nothing does.
pub(super) fn pod(case: &Case) -> Option<Finding> {
    let container = case.pod.containers.first()?;
    unscheduled(case, container)
        .or_else(|| waiting_otherwise(case))
        .or_else(|| sandbox(case, container))
        .or_else(|| volume(case, container))
        .or_else(|| long_pull(case))
}

/// Something other than a pull, and it is plain to see.
fn no_pull(root: Root) -> Draft {
    let mut draft = Draft::new(Cause::NotAPullFailure);
    draft.root = Some(root);
    draft
}

fn said(event: &Event) -> Evidence {
    Evidence {
        fact: Fact::Said {
            text: Arc::clone(&event.message),
        },
        source: Source::Event,
        seen: event.last,
    }
}

fn unscheduled(case: &Case, container: &Container) -> Option<Finding> {
    let pod = &case.pod;
    if pod.node.is_some() || pod.phase != Phase::Pending {
        return None;
    }
    let condition = pod.condition(Condition::Scheduled).filter(|c| !c.holds);
    let event = newest(case, &["FailedScheduling"]);
    if condition.is_none() && event.is_none() {
        return None;
    }
    let mut draft = no_pull(Root::NotScheduled);
    if let Some(event) = event {
        draft.evidence.push(said(event));
    } else if let Some(text) = condition.and_then(|c| c.message().cloned()) {
        draft.tell(Fact::Said { text }, Source::Pod);
    }
    draft.fixes = vec![FixId::FixScheduling];
    Some(finish(
        case,
        PullAttempt::own(container),
        &"Pending".into(),
        draft,
    ))
}

/// Another waiting reason: a crash loop, a missing configuration.
fn waiting_otherwise(case: &Case) -> Option<Finding> {
    let (container, reason, message) = case.pod.containers.iter().find_map(|container| {
        match &container.state {
            ContainerState::Waiting { reason, message } => {
                let quiet = pull::is_on_its_way(reason);
                (!quiet).then(|| (container, Arc::clone(reason), message))
            }
            // Between two rounds of a crash loop.
            ContainerState::Terminated(exit) if exit.code != 0 => {
                let reason = exit.reason.clone().unwrap_or_else(|| "Error".into());
                Some((container, reason, &exit.message))
            }
            ContainerState::Terminated(_)
            | ContainerState::Running { .. }
            | ContainerState::Unreported => None,
        }
    })?;
    let mut draft = no_pull(Root::NotAPull);
    if let Some(text) = message.clone() {
        draft.tell(Fact::Said { text }, Source::ContainerStatus);
    }
    // The image is there and its program has run: why it ended stands in its log.
    if container.last_exit.is_some() || matches!(container.state, ContainerState::Terminated(_)) {
        draft.fixes = vec![FixId::ReadLog, FixId::ReadEvents];
    }
    Some(finish(case, PullAttempt::own(container), &reason, draft))
}

/// The pause image, or the network: said in `FailedCreatePodSandBox` only. What follows it shows that the
/// sandbox was made in the end.
fn sandbox(case: &Case, container: &Container) -> Option<Finding> {
    const FAILED: &str = "FailedCreatePodSandBox";
    if !creating(case) {
        return None;
    }
    let event = newest(case, &[FAILED, "Pulling", "Pulled", "Created", "Failed"])?;
    if &*event.reason != FAILED {
        return None;
    }
    let mut draft = match classify(&event.message).cause {
        Some(cause @ Cause::SandboxImagePull) => Draft::new(cause),
        _ => no_pull(Root::NotAPull),
    };
    draft.evidence.push(said(event));
    Some(finish(
        case,
        PullAttempt::own(container),
        &"ContainerCreating".into(),
        draft,
    ))
}

fn creating(case: &Case) -> bool {
    case.pod.phase == Phase::Pending
        && case
            .pod
            .containers
            .iter()
            .all(|container| match &container.state {
                ContainerState::Unreported => true,
                ContainerState::Waiting { reason, .. } => pull::is_on_its_way(reason),
                ContainerState::Running { .. } | ContainerState::Terminated(_) => false,
            })
}

/// A volume that cannot be mounted; the kubelet pulls only after all are.
fn volume(case: &Case, container: &Container) -> Option<Finding> {
    if !creating(case) || newest(case, &["Pulling", "Pulled", "Created"]).is_some() {
        return None;
    }
    let event = newest(
        case,
        &["FailedMount", "FailedAttachVolume", "FailedMapVolume"],
    )?;
    let mut draft = no_pull(Root::NotAPull);
    draft.evidence.push(said(event));
    Some(finish(
        case,
        PullAttempt::own(container),
        &"ContainerCreating".into(),
        draft,
    ))
}

/// `Pulling` and then nothing: a registry that hangs, a very large image, or a queue behind one.
fn long_pull(case: &Case) -> Option<Finding> {
    let event = newest(case, &["Pulling", "Pulled", "Failed", "Created"])?;
    if &*event.reason != "Pulling" {
        return None;
    }
    let seconds = age::seconds(event.last?, case.now);
    let name = event.subject.container()?;
    let container = case
        .pod
        .containers
        .iter()
        .find(|container| &*container.name == name)?;
    let waits = matches!(container.state, ContainerState::Waiting { .. });
    if seconds < LONG_PULL || !waits {
        return None;
    }
    let mut draft = Draft::new(Cause::RegistryUnreachableTimeout);
    draft.doubt(Confidence::Possible);
    draft.root = None;
    draft.alternatives = vec![Cause::PullTimeoutCancelled];
    draft.evidence.push(Evidence {
        fact: Fact::Pulling { seconds },
        source: Source::Event,
        seen: event.last,
    });
    Some(finish(
        case,
        PullAttempt::own(container),
        &"ContainerCreating".into(),
        draft,
    ))
}

/// A workload that cannot make Pods: above all because of a ServiceAccount that does not exist.
pub fn workload(case: &WorkloadCase) -> Option<Finding> {
    let rollout = &case.workload.rollout;
    let wants_none = rollout.desired == 0 && case.workload.id.kind != WorkloadKind::CronJob;
    if rollout.current > 0 || wants_none {
        return None;
    }
    let mut told = case.events.iter().rev();
    let event = told.find(|event| &*event.reason == "FailedCreate");
    let trouble = rollout
        .trouble
        .as_ref()
        .filter(|(reason, _)| matches!(&**reason, "FailedCreate" | "ReplicaFailure"));
    let evidence = match (event, trouble) {
        (Some(event), _) => said(event),
        (None, Some((_, text))) => {
            let text = Arc::clone(text);
            Evidence::now(Fact::Said { text }, Source::Workload)
        }
        (None, None) => return None,
    };
    // The words of the API server's admission (`plugin/pkg/admission/serviceaccount`).
    let looked_up = |text: &str| text.contains("looking up service account");
    let no_account = event.is_some_and(|event| looked_up(&event.message))
        || trouble.is_some_and(|(_, message)| looked_up(message));
    let involved = event.map(|event| {
        let subject = &event.subject;
        (subject.kind.to_string(), subject.name.to_string())
    });
    let mut finding = unmade(case, evidence, involved);
    if no_account {
        // It is there by now: the controller's next attempt makes the Pods.
        if case.account.present().is_some() {
            return None;
        }
        account_missing(&mut finding, case);
    }
    Some(finding)
}

/// `involved`: what the event is about, mostly a ReplicaSet.
fn unmade(case: &WorkloadCase, evidence: Evidence, involved: Option<(String, String)>) -> Finding {
    let id = &case.workload.id;
    Finding {
        container: None,
        image: None,
        target: None,
        state: "FailedCreate".into(),
        cause: Cause::NotAPullFailure,
        root: Some(Root::NotAPull),
        confidence: Confidence::Certain,
        alternatives: Vec::new(),
        evidence: vec![evidence],
        settle: Vec::new(),
        fixes: vec![FixId::ReadEvents],
        names: Names {
            namespace: Some(id.key.namespace.to_string()),
            service_account: Some(case.workload.service_account.to_string()),
            workload: Some(id.kubectl()),
            involved,
            target: Some(Box::new(FixTarget::of_workload(&case.workload))),
            ..Names::default()
        },
    }
}

fn account_missing(finding: &mut Finding, case: &WorkloadCase) {
    finding.root = Some(Root::ServiceAccountMissing);
    finding.fixes = vec![FixId::CreateServiceAccount];
    if matches!(case.account, Known::Missing) {
        let account = case.workload.service_account.shared();
        let fact = Fact::AccountMissing { account };
        let fact = Evidence::now(fact, Source::ServiceAccount);
        finding.evidence.push(fact);
    }
}
