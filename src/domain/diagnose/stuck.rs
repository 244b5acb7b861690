//! Pods that do not get on although no pull is said to fail: which step they are at, and that it is
//! not (or not yet known to be) the pull.

use std::sync::Arc;

use super::{Draft, Evidence, Fact, Finding, Root, Source, finish, message::newest};
use crate::domain::{
    age,
    cause::{Cause, FixId, Names},
    chain::{Case, Known, WorkloadCase},
    classify::{Confidence, classify},
    objects::{Condition, Container, ContainerState, Event, Phase},
};

/// A pull that takes longer than this without a word is worth one: the runtimes give up a silent
/// connection only after many minutes.
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

fn draft(cause: Cause, root: Option<Root>, confidence: Confidence) -> Draft {
    Draft {
        cause,
        root,
        confidence,
        alternatives: Vec::new(),
        evidence: Vec::new(),
        secret: None,
        from: None,
        matching: None,
        holder: None,
        entry: None,
        server: None,
        username: None,
        fixes: cause.entry().fixes.to_vec(),
    }
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
    let mut draft = draft(
        Cause::NotAPullFailure,
        Some(Root::NotScheduled),
        Confidence::Certain,
    );
    draft.evidence.extend(event.map(|event| said(event)));
    if draft.evidence.is_empty() {
        draft.evidence.extend(
            condition
                .and_then(|c| c.message().cloned())
                .map(|text| Evidence::now(Fact::Said { text }, Source::Pod)),
        );
    }
    draft.fixes = vec![FixId::FixScheduling];
    Some(finish(case, container, &"Pending".into(), draft))
}

/// Another waiting reason: a crash loop, a missing configuration.
fn waiting_otherwise(case: &Case) -> Option<Finding> {
    let (container, reason, message) = case.pod.containers.iter().find_map(|container| {
        match &container.state {
            ContainerState::Waiting { reason, message } => {
                let quiet = matches!(&**reason, "" | "ContainerCreating" | "PodInitializing");
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
    let mut draft = draft(
        Cause::NotAPullFailure,
        Some(Root::NotAPull),
        Confidence::Certain,
    );
    draft.evidence.extend(
        message
            .clone()
            .map(|text| Evidence::now(Fact::Said { text }, Source::ContainerStatus)),
    );
    // The image is there and its program has run: why it ended stands in its log.
    if container.last_exit.is_some() || matches!(container.state, ContainerState::Terminated(_)) {
        draft.fixes = vec![FixId::ReadLog, FixId::ReadEvents];
    }
    Some(finish(case, container, &reason, draft))
}

/// The pause image, or the network: said in `FailedCreatePodSandBox` only.
fn sandbox(case: &Case, container: &Container) -> Option<Finding> {
    if !creating(case) {
        return None;
    }
    let event = newest(case, &["FailedCreatePodSandBox"])?;
    let cause = classify(&event.message)
        .cause
        .filter(|cause| *cause == Cause::SandboxImagePull);
    let mut draft = match cause {
        Some(cause) => draft(cause, Some(Root::NodeProblem), Confidence::Certain),
        None => draft(
            Cause::NotAPullFailure,
            Some(Root::NotAPull),
            Confidence::Certain,
        ),
    };
    draft.evidence.push(said(event));
    Some(finish(case, container, &"ContainerCreating".into(), draft))
}

fn creating(case: &Case) -> bool {
    case.pod.phase == Phase::Pending
        && case
            .pod
            .containers
            .iter()
            .all(|container| match &container.state {
                ContainerState::Unreported => true,
                ContainerState::Waiting { reason, .. } => {
                    matches!(&**reason, "ContainerCreating" | "PodInitializing")
                }
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
    let mut draft = draft(
        Cause::NotAPullFailure,
        Some(Root::NotAPull),
        Confidence::Certain,
    );
    draft.evidence.push(said(event));
    Some(finish(case, container, &"ContainerCreating".into(), draft))
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
    let timeout = Cause::RegistryUnreachableTimeout;
    let mut draft = draft(timeout, None, Confidence::Possible);
    draft.alternatives = vec![Cause::PullTimeoutCancelled];
    draft.evidence.push(Evidence {
        fact: Fact::Pulling { seconds },
        source: Source::Event,
        seen: event.last,
    });
    Some(finish(case, container, &"ContainerCreating".into(), draft))
}

/// A workload that cannot make Pods: above all a ServiceAccount that does not exist (FACTS 8).
pub fn workload(case: &WorkloadCase) -> Option<Finding> {
    let rollout = &case.workload.rollout;
    if rollout.current >= rollout.desired.min(1) && rollout.current > 0 {
        return None;
    }
    let event = case
        .events
        .iter()
        .rev()
        .find(|event| &*event.reason == "FailedCreate");
    let trouble = rollout
        .trouble
        .as_ref()
        .filter(|(reason, _)| matches!(&**reason, "FailedCreate" | "ReplicaFailure"));
    let account = case.workload.service_account.shared();
    let looked_up = |text: &str| text.contains("looking up service account");
    let said_missing = event.is_some_and(|event| looked_up(&event.message))
        || trouble.is_some_and(|(_, message)| looked_up(message));
    let missing = case.account == Known::Missing;
    if !said_missing && event.is_none() && trouble.is_none() {
        return None;
    }
    let mut evidence: Vec<Evidence> = event.map(|event| said(event)).into_iter().collect();
    if evidence.is_empty() {
        evidence.extend(trouble.map(|(_, text)| {
            let text = Arc::clone(text);
            Evidence::now(Fact::Said { text }, Source::Workload)
        }));
    }
    let root = if said_missing {
        if missing {
            let fact = Fact::AccountMissing {
                account: Arc::clone(&account),
            };
            evidence.push(Evidence::now(fact, Source::ServiceAccount));
        }
        Root::ServiceAccountMissing
    } else {
        Root::NotAPull
    };
    // Once the account is there, the controller's next attempt makes the Pods.
    let healed = said_missing && matches!(case.account, Known::Present(_));
    let key = &case.workload.id.key;
    Some(Finding {
        container: None,
        image: None,
        state: "FailedCreate".into(),
        cause: Cause::NotAPullFailure,
        root: Some(root),
        confidence: if healed {
            Confidence::Likely
        } else {
            Confidence::Certain
        },
        alternatives: Vec::new(),
        evidence,
        settle: Vec::new(),
        fixes: if said_missing {
            vec![FixId::CreateServiceAccount]
        } else {
            vec![FixId::ReadEvents]
        },
        names: Names {
            namespace: Some(key.namespace.to_string()),
            service_account: Some(account.to_string()),
            workload: Some(format!(
                "{}/{}",
                case.workload.id.kind.as_str().to_lowercase(),
                key.name
            )),
            ..Names::default()
        },
    })
}
