//! A pull test: the chosen nodes and the result of each kubelet.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{list::List, probe_cache::ProbeQuery, request_id::RequestId};
use crate::domain::{
    k8s::{object_ref::Namespace, objects::Pod},
    pull_test::{PullTest, PullTestResult},
};

/// The pull tests of this session whose Pods are not deleted yet, one per node.
#[derive(Debug, Default)]
pub struct RunningTests(BTreeSet<(RequestId, Namespace, Arc<str>)>);

impl RunningTests {
    pub fn insert(&mut self, request_id: RequestId, namespace: &Namespace, node: Arc<str>) {
        self.0.insert((request_id, namespace.clone(), node));
    }

    /// Removes the test of a node: it has ended and deleted its Pod.
    pub fn remove(&mut self, request_id: RequestId, node: &str) {
        self.0
            .retain(|(of, _, on)| *of != request_id || **on != *node);
    }

    /// Whether this Pod may belong to a running test; only the test itself knows the name.
    pub fn may_own(&self, pod: &Pod) -> bool {
        self.0.iter().any(|(_, namespace, node)| {
            *namespace == pod.key.namespace && pod.node.as_ref() == Some(node)
        })
    }
}

#[derive(Debug)]
pub struct PullTestRun {
    pub test: PullTest,
    /// The probe query that its result answers.
    pub query: Option<ProbeQuery>,
    /// The nodes that are known, the Pod's own first.
    pub nodes: List<Arc<str>>,
    pub chosen: BTreeSet<Arc<str>>,
    pub stage: PullTestStage,
}

#[derive(Debug)]
pub enum PullTestStage {
    /// Nothing has been made yet.
    Choosing,
    Running {
        request_id: RequestId,
        since: Timestamp,
        results: Vec<(Arc<str>, PullTestResult)>,
    },
}

impl PullTestRun {
    pub fn new(test: PullTest, query: Option<ProbeQuery>, nodes: Vec<Arc<str>>) -> Self {
        Self {
            test,
            query,
            chosen: nodes.first().cloned().into_iter().collect(),
            nodes: List::unscrolled(nodes),
            stage: PullTestStage::Choosing,
        }
    }

    /// Selects or deselects the node under the cursor.
    pub fn toggle(&mut self) {
        if let (PullTestStage::Choosing, Some(node)) = (&self.stage, self.nodes.selected())
            && !self.chosen.remove(node)
        {
            self.chosen.insert(Arc::clone(node));
        }
    }

    /// Selects or deselects all nodes.
    pub fn toggle_all(&mut self) {
        if matches!(self.stage, PullTestStage::Choosing) {
            if self.chosen.len() == self.nodes.rows().len() {
                self.chosen.clear();
            } else {
                self.chosen = self.nodes.rows().iter().cloned().collect();
            }
        }
    }

    /// The result of a node's kubelet, if there is one.
    pub fn result(&self, node: &str) -> Option<&PullTestResult> {
        let PullTestStage::Running { results: said, .. } = &self.stage else {
            return None;
        };
        said.iter()
            .find(|(of, _)| **of == *node)
            .map(|(_, pulled)| pulled)
    }

    /// True if a kubelet has not answered yet.
    pub fn is_waiting(&self) -> bool {
        match &self.stage {
            PullTestStage::Choosing => false,
            PullTestStage::Running { results: said, .. } => said.len() < self.chosen.len(),
        }
    }
}
