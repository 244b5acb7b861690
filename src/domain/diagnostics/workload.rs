//! Findings of workloads whose Pods tell nothing: none can be created, or a Job has given up and its Pods
//! are deleted.

use std::sync::Arc;

use super::{
    Evidence, EvidenceSource, Fact, Finding, RootCause, diagnose, need,
    pending_findings::event_evidence,
};
use crate::domain::{
    context::{PodContext, Presence, WorkloadContext},
    diagnostics::{
        Cause, FixContext, FixId, FixTarget,
        classify::{Confidence, classify},
    },
    k8s::objects::{Event, Workload, WorkloadKind},
    message::{ParsedMessage, Phrase},
};

/// What keeps a workload from having Pods that run; `None` where its Pods tell it themselves.
pub fn workload(context: &WorkloadContext) -> Option<Finding> {
    if !need::workload_needs_diagnosis(&context.workload) {
        return None;
    }
    gave_up(context)
        .or_else(|| no_pods(context))
        .or_else(|| failed(context))
}

/// A Job that gave up on a Pod that could not pull. Its controller has deleted the Pod (a Job past its
/// `activeDeadlineSeconds`), so that only events tell of it.
fn gave_up(context: &WorkloadContext) -> Option<Finding> {
    let (reason, message) = context.run().status.failure_condition.as_ref()?;
    let mut finding = last_pull(context.lost.as_deref()?)?;
    finding.state = Arc::clone(reason);
    let text = Arc::clone(message);
    finding.evidence.push(Evidence::now(
        Fact::KubeletMessage { text },
        EvidenceSource::Workload,
    ));
    // There is no Pod any more that could be deleted, and the Job starts no other one.
    finding.fix_context.pod = None;
    if let Some(target) = &mut finding.fix_context.target {
        target.pod = None;
    }
    for fix in &mut finding.fixes {
        if matches!(fix, FixId::RetryNow | FixId::Restart) {
            *fix = FixId::RecreatePod;
        }
    }
    Some(finding)
}

fn last_pull(lost: &PodContext) -> Option<Finding> {
    let mut findings = diagnose(lost).findings.into_iter();
    findings.find(Finding::is_pull)
}

/// The controller cannot create Pods: a ServiceAccount that does not exist, an admission that refuses.
fn no_pods(context: &WorkloadContext) -> Option<Finding> {
    let rollout = &context.run().status;
    // A CronJob wants no number of Pods: it is asked whether it can create its Job.
    let is_short = match context.run().id.kind {
        WorkloadKind::CronJob => rollout.current == 0,
        WorkloadKind::Deployment
        | WorkloadKind::ReplicaSet
        | WorkloadKind::StatefulSet
        | WorkloadKind::DaemonSet
        | WorkloadKind::Job => rollout.current < rollout.desired,
    };
    if !is_short {
        return None;
    }
    let mut told = context.events.iter().rev();
    let event = told.find(|event| is_of_creation(&event.reason));
    let event = event.filter(|event| &*event.reason == FAILED_CREATE);
    let failed_create = rollout
        .failure_condition
        .as_ref()
        .filter(|(reason, _)| matches!(&**reason, FAILED_CREATE | "ReplicaFailure"));
    let (text, evidence) = match (event, failed_create) {
        (Some(event), _) => (&event.message, event_evidence(event)),
        (None, Some((_, text))) => {
            let fact = Fact::KubeletMessage {
                text: Arc::clone(text),
            };
            (text, Evidence::now(fact, EvidenceSource::Workload))
        }
        (None, None) => return None,
    };
    let mut finding = unmade(context, evidence, event.map(AsRef::as_ref));
    // The words of the API server's admission (`plugin/pkg/admission/serviceaccount`).
    let looked_up = |text: &str| text.contains("looking up service account");
    if looked_up(text) || failed_create.is_some_and(|(_, text)| looked_up(text)) {
        // It is there by now: the controller's next attempt makes the Pods.
        if context.account.present().is_some() {
            return None;
        }
        account_missing(&mut finding, context);
    } else {
        refused_image(&mut finding, context, text);
    }
    Some(finding)
}

const FAILED_CREATE: &str = "FailedCreate";

/// What a controller tells of the Pods that it creates, or cannot create.
fn is_of_creation(reason: &str) -> bool {
    matches!(reason, FAILED_CREATE | "SuccessfulCreate")
}

/// A Job that has failed and whose Pods are gone: whatever its program did, it is not well.
fn failed(context: &WorkloadContext) -> Option<Finding> {
    let run = context.run();
    let (reason, message) = run.status.failure_condition.as_ref()?;
    if run.id.kind != WorkloadKind::Job || context.has_pods {
        return None;
    }
    let text = Arc::clone(message);
    let evidence = Evidence::now(Fact::KubeletMessage { text }, EvidenceSource::Workload);
    let mut finding = unmade(context, evidence, None);
    finding.state = Arc::clone(reason);
    finding.fix_context.event_object = Some((run.id.kind.to_string(), run.id.key.name.to_string()));
    Some(finding)
}

/// `event`: of what creates the Pods, mostly a ReplicaSet.
fn unmade(context: &WorkloadContext, evidence: Evidence, event: Option<&Event>) -> Finding {
    let workload: &Workload = &context.workload;
    let id = &workload.id;
    let involved = event.map(|event| {
        let subject = &event.regarding;
        (subject.kind.to_string(), subject.name.to_string())
    });
    Finding {
        container: None,
        image: None,
        target: None,
        state: "FailedCreate".into(),
        cause: Cause::NotAPullFailure,
        root: Some(RootCause::NotAPull),
        confidence: Confidence::Certain,
        alternatives: Vec::new(),
        evidence: vec![evidence],
        confirming_checks: Vec::new(),
        fixes: vec![FixId::ReadEvents],
        crashed: false,
        fix_context: FixContext {
            namespace: Some(id.key.namespace.to_string()),
            service_account: Some(workload.service_account.to_string()),
            workload: Some(id.kubectl()),
            event_object: involved,
            target: Some(Box::new(FixTarget::for_workload(workload))),
            ..FixContext::default()
        },
    }
}

/// An admission policy that refuses the image: the message is read as every other one.
fn refused_image(finding: &mut Finding, context: &WorkloadContext, text: &str) {
    let read = classify(text);
    let Some(cause @ Cause::SignaturePolicy) = read.cause else {
        return;
    };
    finding.cause = cause;
    finding.root = RootCause::from_cause(cause);
    finding.confidence = read.confidence;
    finding.alternatives = read.alternatives;
    finding.confirming_checks =
        super::open_questions(finding.confidence, cause, &finding.alternatives);
    finding.fixes = if ParsedMessage::parse(text).has(Phrase::Signature) {
        cause.info().fixes.to_vec()
    } else {
        // A signature does not help where the registry is not an allowed one.
        vec![FixId::FixImagePolicy, FixId::ReadEvents]
    };
    if let [(_, image)] = &*context.workload.images {
        finding.fix_context.image = Some(image.to_string());
        finding.image = Some(Arc::clone(image));
    }
}

fn account_missing(finding: &mut Finding, context: &WorkloadContext) {
    finding.root = Some(RootCause::ServiceAccountMissing);
    finding.fixes = vec![FixId::CreateServiceAccount];
    if matches!(context.account, Presence::Missing) {
        let account = context.workload.service_account.shared();
        let fact = Fact::AccountMissing { account };
        let fact = Evidence::now(fact, EvidenceSource::ServiceAccount);
        finding.evidence.push(fact);
    }
}
