//! Diagnosis of a snapshot: Pod by Pod, then the workloads that create no Pods.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{collect::Snapshot, nodes::NodeReadings, selection::Selection};
use crate::domain::{
    context::{self, PodContext},
    diagnostics::{
        self, Finding, Need, needs_diagnosis,
        node_answers::{NodeAnswers, NodeQuestion},
        workload_needs_diagnosis,
    },
    k8s::{
        objects::{Pod, Workload},
        pod_status::{PodHealth, pod_status},
    },
    store::watch::Scope,
};

/// Pods and workloads that were checked, with their findings.
pub(super) struct CheckFindings {
    /// Pods that fail, and with `--all` those that run.
    pub pods: Vec<DiagnosedPod>,
    /// Pods that are healthy or starting, and their workloads.
    pub healthy: Vec<(Arc<Pod>, Option<Arc<Workload>>)>,
    pub workloads: Vec<(Arc<Workload>, Finding)>,
    /// With `--nodes`: what the Pods' nodes say of themselves.
    pub nodes: NodeReadings,
}

impl CheckFindings {
    /// What is asked about the Pods' nodes, each question once.
    pub(super) fn node_questions(&self) -> BTreeSet<NodeQuestion> {
        let unanswered = NodeAnswers::default();
        let mut questions = BTreeSet::new();
        for pod in &self.pods {
            let knowledge = self.nodes.knowledge(&pod.context, &unanswered);
            for finding in &pod.findings {
                let mut finding = finding.clone();
                knowledge.apply(&mut finding, &pod.context);
                questions.extend(knowledge.questions(&finding));
            }
        }
        questions
    }

    /// Makes commands that change one ServiceAccount keep what each other attach.
    pub(super) fn separate_commands(&mut self) {
        let of_pods = self.pods.iter_mut().flat_map(|pod| &mut pod.findings);
        let of_workloads = self.workloads.iter_mut().map(|(_, finding)| finding);
        let mut findings: Vec<&mut Finding> = of_pods.chain(of_workloads).collect();
        diagnostics::append_to_shared_accounts(&mut findings);
    }

    /// Adds what was read of the Pods' nodes, and these answers.
    pub(super) fn add_node_evidence(&mut self, answers: &NodeAnswers) {
        for pod in &mut self.pods {
            let knowledge = self.nodes.knowledge(&pod.context, answers);
            for finding in &mut pod.findings {
                knowledge.apply(finding, &pod.context);
            }
        }
    }
}

pub(super) struct DiagnosedPod {
    pub context: PodContext,
    pub findings: Vec<Finding>,
    /// It runs: its findings are about the next pull.
    pub is_running: bool,
}

/// Which Pods are diagnosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodFilter {
    Failing,
    /// Also Pods that run: whether their images could be pulled again.
    All,
}

pub(super) fn diagnose_all(
    snapshot: &Snapshot,
    selection: &Selection,
    depth: PodFilter,
    now: Timestamp,
) -> CheckFindings {
    let store = &snapshot.store;
    let is_selected = |pod: &&Arc<Pod>| {
        let workload = store.workload_of(pod).map(Arc::as_ref);
        selection.matches_pod(pod, workload)
    };
    let pods = store.pods(&Scope::Cluster).filter(is_selected);
    let need = |pod: &Arc<Pod>| needs_diagnosis(pod, &store.events_of_pod(&pod.key), now);
    let (failing, others): (Vec<_>, Vec<_>) = pods.partition(|pod| need(pod) == Need::Now);
    let context_of =
        |pod: &Arc<Pod>| context::pod_context(store, &snapshot.coverage, &pod.key, now);
    let failing = failing
        .into_iter()
        .filter_map(context_of)
        .map(|context| DiagnosedPod {
            findings: diagnostics::diagnose(&context).findings,
            context,
            is_running: false,
        });
    let mut diagnosed: Vec<DiagnosedPod> = failing.collect();
    let mut healthy = Vec::new();
    for pod in others {
        // What has run to its end is not pulled again.
        let runs = pod_status(pod).health == PodHealth::Healthy;
        match depth {
            PodFilter::All if runs => {
                diagnosed.extend(context_of(pod).map(|context| DiagnosedPod {
                    findings: diagnostics::preflight(&context),
                    context,
                    is_running: true,
                }));
            }
            PodFilter::All | PodFilter::Failing => healthy.push(pod),
        }
    }
    let workload_of = |pod: &Arc<Pod>| store.workload_of(pod).map(Arc::clone);
    CheckFindings {
        healthy: healthy
            .into_iter()
            .map(|pod| (Arc::clone(pod), workload_of(pod)))
            .collect(),
        pods: diagnosed,
        workloads: diagnose_workloads(snapshot, selection, now),
        nodes: NodeReadings::default(),
    }
}

/// Diagnoses workloads that have no Pods to diagnose.
fn diagnose_workloads(
    snapshot: &Snapshot,
    selection: &Selection,
    now: Timestamp,
) -> Vec<(Arc<Workload>, Finding)> {
    snapshot
        .store
        .workloads()
        .filter(|it| workload_needs_diagnosis(it) && selection.matches_workload(it))
        .filter_map(|workload| {
            let context =
                context::workload_context(&snapshot.store, &snapshot.coverage, workload, now);
            Some((Arc::clone(workload), diagnostics::workload(&context)?))
        })
        .collect()
}
