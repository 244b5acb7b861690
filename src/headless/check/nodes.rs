//! `--nodes`: what the nodes of failing Pods say of themselves, and their kubelets.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::findings::CheckFindings;
use crate::{
    cluster::{Connection, node_facts},
    domain::{
        context::PodContext,
        diagnostics::{NodeKnowledge, node_answers::NodeAnswers},
        node::{KubeletConfig, NodeFacts, PullConcurrency},
    },
};

/// So many nodes are read; of a cluster that fails as a whole a few dozen tell enough.
const MAX_NODES: usize = 50;

/// Nodes that are read at a time.
const AT_A_TIME: usize = 4;

/// What was read, by the name of the node.
#[derive(Debug, Default)]
pub(super) struct NodeReadings(BTreeMap<Arc<str>, NodeFacts>);

impl NodeReadings {
    /// Reads the nodes of all failing Pods.
    pub(super) async fn read(
        connection: &Connection,
        findings: &CheckFindings,
        now: Timestamp,
    ) -> Self {
        let failing = findings.pods.iter().filter(|pod| !pod.findings.is_empty());
        let mut names: Vec<Arc<str>> = failing
            .filter_map(|pod| pod.context.pod.node.clone())
            .collect();
        names.sort();
        names.dedup();
        names.truncate(MAX_NODES);
        let reads = names.into_iter().map(|name| async move {
            let facts = node_facts::read(connection, Arc::clone(&name), now).await;
            (name, facts)
        });
        Self(
            stream::iter(reads)
                .buffer_unordered(AT_A_TIME)
                .collect()
                .await,
        )
    }

    /// What is known of a Pod's node.
    pub(super) fn knowledge<'a>(
        &'a self,
        case: &PodContext,
        answers: &'a NodeAnswers,
    ) -> NodeKnowledge<'a> {
        NodeKnowledge {
            facts: self.facts(case.pod.node.as_deref()),
            registries: None,
            answers,
        }
    }

    pub(super) fn row(&self, node: Option<&str>) -> Option<NodeRow> {
        self.facts(node).map(NodeRow::new)
    }

    fn facts(&self, node: Option<&str>) -> Option<&NodeFacts> {
        self.0.get(node?)
    }
}

/// A node in the JSON shape.
#[derive(Debug, Serialize)]
pub(super) struct NodeRow {
    name: String,
    platform: Option<String>,
    kubelet_version: Option<String>,
    container_runtime: Option<String>,
    /// `imagePullCredentialsVerificationPolicy`.
    credential_verification: Option<String>,
    /// How many images the kubelet pulls at a time; null: unknown or any number.
    parallel_pulls: Option<usize>,
    /// The hash of the configuration of the kubelet's credential providers.
    credential_provider_config: Option<String>,
    /// What could not be read, and why.
    unknown: Vec<String>,
}

impl NodeRow {
    fn new(facts: &NodeFacts) -> Self {
        let (status, config) = (facts.status.known(), facts.config.known());
        let metrics = facts.metrics.known();
        let gaps = [
            ("node", facts.status.gap()),
            ("configz", facts.config.gap()),
            ("metrics", facts.metrics.gap()),
        ];
        let pulls = config.and_then(KubeletConfig::pull_concurrency);
        let policy = config.and_then(|config| config.verification.as_ref());
        Self {
            name: facts.name.to_string(),
            platform: status.map(|status| status.platform.clone()),
            kubelet_version: status.map(|status| status.info.kubelet_version.clone()),
            container_runtime: status.map(|status| status.info.container_runtime.clone()),
            credential_verification: policy.map(ToString::to_string),
            parallel_pulls: pulls.and_then(PullConcurrency::limit),
            credential_provider_config: metrics
                .and_then(|metrics| metrics.provider_config_hash.clone()),
            unknown: gaps
                .into_iter()
                .filter_map(|(what, gap)| Some(format!("{what}: {}", gap?)))
                .collect(),
        }
    }
}
