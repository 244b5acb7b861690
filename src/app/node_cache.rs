//! Cache of what nodes say of themselves, asked for the node of the Pod that is looked at.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::request_id::RequestId;
use crate::domain::node::{NodeFacts, RegistryConfig};

/// How long an answer is valid, one that was refused included: a node's configuration rarely changes.
const VALID: SignedDuration = SignedDuration::from_mins(5);

/// What is known of one node.
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

/// All nodes that were asked about in this cluster.
#[derive(Debug, Default)]
pub struct NodeCache {
    records: BTreeMap<Arc<str>, NodeRecord>,
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

    /// Whether nobody has asked about this node, or long ago.
    pub fn is_due(&self, node: &str, now: Timestamp) -> bool {
        self.records.get(node).is_none_or(|record| {
            let facts = record.facts.as_ref();
            !record.is_pending() && facts.is_none_or(|facts| now >= facts.read_at + VALID)
        })
    }

    pub fn begin(&mut self, node: Arc<str>, request_id: RequestId) {
        self.records.entry(node).or_default().pending = Some(request_id);
    }

    /// Stores the answer to this request; an answer that nobody waits for is dropped.
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

    /// Asks again about this node.
    pub fn expire(&mut self, node: &str) {
        if let Some(record) = self.records.get_mut(node)
            && !record.is_pending()
        {
            record.facts = None;
            self.version += 1;
        }
    }
}
