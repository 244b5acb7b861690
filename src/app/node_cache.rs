//! Cache of what is known of nodes, asked for the node of the Pod that is looked at, and for this connection only.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::request_id::RequestId;
use crate::domain::{
    context::PodContext,
    diagnostics::{
        NodeKnowledge,
        node_answers::{NodeAnswers, NodeQuestion},
    },
    node::{NodeFacts, RegistryConfig},
};

/// How long the facts of a node are valid, refused ones included: a node's configuration rarely changes.
const VALID: SignedDuration = SignedDuration::from_mins(5);

/// What one node says of itself.
#[derive(Debug, Default)]
pub struct NodeRecord {
    pending: Option<RequestId>,
    pub facts: Option<NodeFacts>,
    /// What a Pod has read there, and when.
    pub registries: Option<(RegistryConfig, Timestamp)>,
}

impl NodeRecord {
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }
}

#[derive(Debug, Default)]
pub struct NodeCache {
    records: BTreeMap<Arc<str>, NodeRecord>,
    answers: NodeAnswers,
    /// Each question is asked once: the user who may not ask it now may not ask it later, either.
    asked: BTreeSet<NodeQuestion>,
    /// The request for the answers to the last questions.
    pending: Option<RequestId>,
    version: u64,
}

impl NodeCache {
    pub fn get(&self, node: &str) -> Option<&NodeRecord> {
        self.records.get(node)
    }

    /// Changes with every answer.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether the facts of this node were never read, or long ago.
    pub fn is_due(&self, node: &str, now: Timestamp) -> bool {
        self.records.get(node).is_none_or(|record| {
            let facts = record.facts.as_ref();
            !record.is_pending() && facts.is_none_or(|facts| now >= facts.read_at + VALID)
        })
    }

    pub fn begin(&mut self, node: Arc<str>, request_id: RequestId) {
        self.records.entry(node).or_default().pending = Some(request_id);
    }

    /// Stores the facts that this request has read; drops them if nobody waits for them.
    pub fn finish(&mut self, request_id: RequestId, facts: NodeFacts) {
        if let Some(record) = self.records.get_mut(&facts.name)
            && record.pending == Some(request_id)
        {
            record.pending = None;
            record.facts = Some(facts);
            self.version += 1;
        }
    }

    pub fn insert_registries(&mut self, node: Arc<str>, config: RegistryConfig, now: Timestamp) {
        self.records.entry(node).or_default().registries = Some((config, now));
        self.version += 1;
    }

    /// Drops the facts of this node, so that they are read again.
    pub fn expire(&mut self, node: &str) {
        if let Some(record) = self.records.get_mut(node)
            && !record.is_pending()
        {
            record.facts = None;
            self.version += 1;
        }
    }

    /// Returns the questions that have not been asked; none while others are being answered.
    pub fn unasked(&self, questions: Vec<NodeQuestion>) -> Vec<NodeQuestion> {
        if self.pending.is_some() {
            return Vec::new();
        }
        let questions = questions.into_iter();
        questions.filter(|it| !self.asked.contains(it)).collect()
    }

    pub fn begin_questions(&mut self, questions: &[NodeQuestion], request_id: RequestId) {
        self.asked.extend(questions.iter().cloned());
        self.pending = Some(request_id);
    }

    pub fn insert_answers(&mut self, request_id: RequestId, answers: NodeAnswers) {
        if self.pending == Some(request_id) {
            self.pending = None;
            self.version += 1;
            self.answers.extend(answers);
        }
    }

    /// What is known of a Pod's node.
    pub fn knowledge(&self, case: &PodContext) -> NodeKnowledge<'_> {
        let node = case.pod.node.as_deref();
        let record = node.and_then(|node| self.get(node));
        let registries = record.and_then(|record| record.registries.as_ref());
        NodeKnowledge {
            facts: record.and_then(|record| record.facts.as_ref()),
            registries: registries.map(|(config, _)| config),
            answers: &self.answers,
        }
    }
}
