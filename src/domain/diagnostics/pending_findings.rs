//! Findings of Pods that are stuck without a failing pull: the stage, and that it is not (yet) known to be the pull.
//!
//! Which stage that is, is decided by `pending`.

use std::sync::Arc;

use super::{
    Evidence, EvidenceSource, Fact, Finding, FindingBuilder, RootCause, finish, open_questions,
    pending::{self, PendingCause, Silence},
};
use crate::domain::{
    context::PodContext,
    diagnostics::{
        Cause, FixContext, FixId, MAX_FIXES,
        classify::{Confidence, classify},
    },
    k8s::{
        age,
        objects::{Container, ContainerState, Event, Pod, PodCondition},
        pull_attempt::PullAttempt,
    },
    node::PullConcurrency,
};

/// The finding of a stuck Pod without a failing pull; `None` if it is not stuck.
pub(super) fn pod(context: &PodContext) -> Option<Finding> {
    let Some(first) = context.pod.containers.first() else {
        return without_containers(context);
    };
    let (container, state, draft) = match pending::held(&context.pod, &context.events, context.now)?
    {
        PendingCause::Unscheduled { event, condition } => (
            first,
            "Pending",
            unscheduled(&context.pod, event, condition),
        ),
        PendingCause::Container {
            container,
            reason,
            message,
        } => (container, reason, waiting(container, message)),
        PendingCause::Sandbox(event) => (first, CREATING, sandbox(event)),
        PendingCause::Volume(event) => (
            first,
            CREATING,
            no_pull(RootCause::NotAPull, Some(event_evidence(event))),
        ),
        PendingCause::LongPull {
            container,
            event,
            seconds,
        } => (container, CREATING, long_pull(context, event, seconds)),
        PendingCause::Silent(silence, seconds) => (first, "Pending", silent(silence, seconds)),
    };
    let attempt = PullAttempt::own(container);
    Some(finish(context, attempt, &state.into(), draft))
}

/// A Pod whose containers are not known: nothing is well of which nothing is said.
fn without_containers(context: &PodContext) -> Option<Finding> {
    let draft = match pending::held(&context.pod, &context.events, context.now)? {
        PendingCause::Unscheduled { event, condition } => {
            unscheduled(&context.pod, event, condition)
        }
        PendingCause::Silent(silence, seconds) => silent(silence, seconds),
        PendingCause::Container { .. }
        | PendingCause::Sandbox(_)
        | PendingCause::Volume(_)
        | PendingCause::LongPull { .. } => {
            return None;
        }
    };
    let pod = &context.pod;
    let confidence = draft.confidence();
    Some(Finding {
        container: None,
        image: None,
        target: None,
        state: "Pending".into(),
        cause: draft.cause,
        root: draft.root,
        confirming_checks: open_questions(confidence, draft.cause, &draft.alternatives),
        confidence,
        alternatives: draft.alternatives,
        evidence: draft.evidence,
        fixes: draft.fixes,
        fix_context: FixContext {
            namespace: Some(pod.key.namespace.to_string()),
            pod: Some(pod.key.name.to_string()),
            node: pod.node.as_ref().map(ToString::to_string),
            ..FixContext::default()
        },
        crashed: false,
    })
}

const CREATING: &str = "ContainerCreating";

/// A certain finding that is not a pull failure.
fn no_pull(root: RootCause, evidence: Option<Evidence>) -> FindingBuilder {
    let mut draft = FindingBuilder::new(Cause::NotAPullFailure);
    draft.root = Some(root);
    draft.evidence.extend(evidence);
    draft
}

/// The message of an event as evidence.
pub(super) fn event_evidence(event: &Event) -> Evidence {
    Evidence {
        fact: Fact::KubeletMessage {
            text: Arc::clone(&event.message),
        },
        source: EvidenceSource::Event,
        observed_at: event.last,
    }
}

fn unscheduled(
    pod: &Pod,
    event: Option<&Event>,
    condition: Option<&PodCondition>,
) -> FindingBuilder {
    let of_condition = || {
        let text = Arc::clone(condition?.message()?);
        Some(Evidence::now(
            Fact::KubeletMessage { text },
            EvidenceSource::Pod,
        ))
    };
    let evidence = event.map(event_evidence).or_else(of_condition);
    let mut draft = no_pull(RootCause::NotScheduled, evidence);
    if !pod.scheduling_gates.is_empty() {
        let gates = pod.scheduling_gates.to_vec();
        draft.add_evidence(Fact::SchedulingGates { gates }, EvidenceSource::Pod);
        draft.fixes = vec![FixId::RemoveSchedulingGate];
        return draft;
    }
    draft.fixes = vec![FixId::FixScheduling];
    draft
}

/// A crash loop, a missing configuration.
fn waiting(container: &Container, message: Option<&Arc<str>>) -> FindingBuilder {
    let said = message.map(|text| {
        let text = Arc::clone(text);
        Evidence::now(
            Fact::KubeletMessage { text },
            EvidenceSource::ContainerStatus,
        )
    });
    let mut draft = no_pull(RootCause::NotAPull, said);
    // The image is there and its program has run: why it ended stands in its log.
    if container.last_exit.is_some() || matches!(container.state, ContainerState::Terminated(_)) {
        draft.crashed = true;
        draft.fixes = vec![FixId::ReadLog, FixId::ReadEvents];
    }
    draft
}

fn sandbox(event: &Event) -> FindingBuilder {
    if classify(&event.message).cause == Some(Cause::SandboxImagePull) {
        let mut draft = FindingBuilder::new(Cause::SandboxImagePull);
        draft.evidence.push(event_evidence(event));
        draft
    } else {
        no_pull(RootCause::NotAPull, Some(event_evidence(event)))
    }
}

/// Nothing says why: what has not answered is named.
fn silent(silence: Silence, seconds: i64) -> FindingBuilder {
    let (root, fact, fix) = match silence {
        Silence::Scheduler => (
            RootCause::NotScheduled,
            Fact::NoScheduler { seconds },
            FixId::FixScheduling,
        ),
        Silence::Kubelet => (
            RootCause::NotAPull,
            Fact::KubeletSilent { seconds },
            FixId::ReadEvents,
        ),
        Silence::Creation => (
            RootCause::NotAPull,
            Fact::CreatingSilent { seconds },
            FixId::ReadEvents,
        ),
    };
    let mut draft = no_pull(root, Some(Evidence::now(fact, EvidenceSource::Pod)));
    draft.fixes = vec![fix];
    if silence == Silence::Creation {
        // The event of a pull may be gone.
        draft.limit_confidence(Confidence::Possible);
        draft.add_alternative(Cause::RegistryUnreachableTimeout);
    }
    draft
}

/// A pull of which nothing is said since. Behind other pulls of the node it waits for them, as far as the node pulls one
/// image after the other: that is the default, and no object of the API tells.
fn long_pull(case: &PodContext, event: &Event, seconds: i64) -> FindingBuilder {
    let Some(fact) = queue(case) else {
        return unanswered_pull(event, seconds);
    };
    let mut draft = no_pull(
        RootCause::PullQueued,
        Some(Evidence::now(fact, EvidenceSource::OtherPods)),
    );
    draft.evidence.push(pulling(event, seconds));
    draft.limit_confidence(Confidence::Likely);
    draft.add_alternative(Cause::RegistryUnreachableTimeout);
    draft.fixes = vec![FixId::ParallelPulls, FixId::FasterPull];
    draft
}

/// The pulls that the node was asked for before.
fn queue(case: &PodContext) -> Option<Fact> {
    let first = case.pulls_ahead.first()?;
    Some(Fact::PullsAhead {
        count: case.pulls_ahead.len(),
        node: Arc::clone(case.pod.node.as_ref()?),
        pod: first.pod.to_string().into(),
        image: Arc::clone(&first.image),
        seconds: age::seconds_between(first.since, case.now),
    })
}

fn pulling(event: &Event, seconds: i64) -> Evidence {
    Evidence {
        fact: Fact::Pulling { seconds },
        source: EvidenceSource::Event,
        observed_at: event.last,
    }
}

/// What is concluded of a pull of which nothing is said, and for which no other pull is to blame.
const UNANSWERED: Cause = Cause::RegistryUnreachableTimeout;
const UNANSWERED_ALTERNATIVES: [Cause; 1] = [Cause::PullTimeoutCancelled];
const UNANSWERED_CONFIDENCE: Confidence = Confidence::Possible;
const UNANSWERED_ROOT: RootCause = RootCause::PullUnfinished;

/// The image may just be large: what helps then comes first.
fn unanswered_fixes() -> impl Iterator<Item = FixId> {
    let of_cause = UNANSWERED.info().fixes.iter().copied();
    std::iter::once(FixId::FasterPull).chain(of_cause)
}

/// Turns a queued pull into an unanswered one: its node has room for it.
pub(super) fn rule_out_queue(finding: &mut Finding) {
    finding
        .evidence
        .retain(|it| !matches!(it.fact, Fact::PullsAhead { .. }));
    finding.cause = UNANSWERED;
    finding.root = Some(UNANSWERED_ROOT);
    finding.confidence = UNANSWERED_CONFIDENCE;
    finding.alternatives = UNANSWERED_ALTERNATIVES.to_vec();
    finding.confirming_checks =
        open_questions(finding.confidence, finding.cause, &finding.alternatives);
    finding.fixes = finding
        .fix_context
        .applicable_fixes(unanswered_fixes(), finding.root);
    finding.fixes.truncate(MAX_FIXES);
}

/// Proves that a pull waits for others: its node pulls no more at a time.
pub(super) fn prove_queue(finding: &mut Finding, concurrency: PullConcurrency) {
    finding.alternatives.clear();
    finding.confidence = Confidence::Certain;
    finding.confirming_checks.clear();
    for it in &mut finding.evidence {
        if let Fact::PullsAhead {
            count,
            node,
            pod,
            image,
            seconds,
        } = &it.fact
        {
            it.fact = Fact::NodePullQueue {
                node: Arc::clone(node),
                concurrency: concurrency.to_string().into(),
                others: *count,
                pod: Arc::clone(pod),
                image: Arc::clone(image),
                seconds: *seconds,
            };
            it.source = EvidenceSource::Node;
        }
    }
}

fn unanswered_pull(event: &Event, seconds: i64) -> FindingBuilder {
    let mut draft = FindingBuilder::new(UNANSWERED);
    draft.limit_confidence(UNANSWERED_CONFIDENCE);
    draft.root = Some(UNANSWERED_ROOT);
    draft.fixes = unanswered_fixes().collect();
    draft.alternatives = UNANSWERED_ALTERNATIVES.to_vec();
    draft.evidence.push(pulling(event, seconds));
    draft
}
