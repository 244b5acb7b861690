//! Pull tests: the nodes to choose from, and what the kubelet of each chosen one says.
//!
//! A test that runs belongs to the session and not to its dialog: the dialog may be closed before the kubelets
//! have answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{list::List, probe_cache::ProbeQuery, request_id::RequestId};
use crate::domain::{
    k8s::objects::Pod,
    pull_test::{PullTest, PullTestOutcome, PullTestResult},
};

/// The dialog of a pull test.
#[derive(Debug)]
pub enum PullTestDialog {
    /// Nothing has been created yet.
    Choosing(Box<PullTestSetup>),
    /// The test of this request runs, or has ended.
    Started(RequestId),
}

/// The image to pull, and the nodes to choose from.
#[derive(Debug)]
pub struct PullTestSetup {
    pub test: PullTest,
    /// The probe query that the result answers.
    pub query: Option<ProbeQuery>,
    /// The nodes that are known, the Pod's own first.
    pub nodes: List<Arc<str>>,
    pub chosen: BTreeSet<Arc<str>>,
}

impl PullTestSetup {
    pub fn new(test: PullTest, query: Option<ProbeQuery>, nodes: Vec<Arc<str>>) -> Self {
        Self {
            test,
            query,
            chosen: nodes.first().cloned().into_iter().collect(),
            nodes: List::unscrolled(nodes),
        }
    }

    /// Selects or deselects the node under the cursor.
    pub fn toggle(&mut self) {
        if let Some(node) = self.nodes.selected()
            && !self.chosen.remove(node)
        {
            self.chosen.insert(Arc::clone(node));
        }
    }

    /// Selects or deselects all nodes.
    pub fn toggle_all(&mut self) {
        if self.chosen.len() == self.nodes.rows().len() {
            self.chosen.clear();
        } else {
            self.chosen = self.nodes.rows().iter().cloned().collect();
        }
    }
}

/// The pull tests that run, or whose result is still shown.
#[derive(Debug, Default)]
pub struct PullTests(BTreeMap<RequestId, StartedTest>);

/// A pull test on the chosen nodes.
#[derive(Debug)]
pub struct StartedTest {
    pub test: PullTest,
    /// The probe query that the result answers.
    pub query: Option<ProbeQuery>,
    pub since: Timestamp,
    /// The nodes, with what has become of each.
    pub nodes: Vec<(Arc<str>, Option<PullTestOutcome>)>,
    /// The user has cancelled it.
    pub is_cancelled: bool,
}

impl PullTests {
    /// Adds a test that starts now; returns the nodes that it is on.
    pub fn start(
        &mut self,
        request_id: RequestId,
        setup: &PullTestSetup,
        now: Timestamp,
    ) -> Vec<Arc<str>> {
        let test = StartedTest {
            test: setup.test.clone(),
            query: setup.query.clone(),
            since: now,
            nodes: setup
                .chosen
                .iter()
                .map(|node| (Arc::clone(node), None))
                .collect(),
            is_cancelled: false,
        };
        // Of those that nobody waits for any more, nobody looks at the result either.
        self.0.retain(|_, test| test.is_waiting());
        self.0.insert(request_id, test);
        setup.chosen.iter().cloned().collect()
    }

    pub fn get(&self, request_id: RequestId) -> Option<&StartedTest> {
        self.0.get(&request_id)
    }

    pub fn get_mut(&mut self, request_id: RequestId) -> Option<&mut StartedTest> {
        self.0.get_mut(&request_id)
    }

    /// True if a kubelet of this test has not answered yet.
    pub fn is_waiting(&self, request_id: RequestId) -> bool {
        self.get(request_id).is_some_and(StartedTest::is_waiting)
    }

    /// Forgets a test that has ended.
    pub fn remove(&mut self, request_id: RequestId) {
        self.0.remove(&request_id);
    }

    /// Whether this Pod of a test may be one of a running test: its name is known to the test alone.
    pub fn may_own(&self, pod: &Pod) -> bool {
        self.0.values().any(|test| {
            let mut nodes = test.nodes.iter();
            test.test.namespace == pod.key.namespace
                && nodes.any(|(node, outcome)| outcome.is_none() && pod.node.as_ref() == Some(node))
        })
    }
}

impl StartedTest {
    /// True if a kubelet has not answered yet.
    pub fn is_waiting(&self) -> bool {
        self.nodes.iter().any(|(_, outcome)| outcome.is_none())
    }

    /// How many of its Pods could not be deleted.
    pub fn pods_left(&self) -> usize {
        let outcomes = self
            .nodes
            .iter()
            .filter_map(|(_, outcome)| outcome.as_ref());
        outcomes.filter(|outcome| !outcome.is_deleted).count()
    }

    /// What has become of its Pods, once all have answered.
    pub fn pods_line(&self) -> String {
        match self.pods_left() {
            0 => "No test Pod is left.".to_owned(),
            1 => "1 test Pod not deleted: :cleanup deletes it.".to_owned(),
            left => format!("{left} test Pods not deleted: :cleanup deletes them."),
        }
    }

    /// The result in one line, for the status line.
    pub fn summary(&self) -> String {
        let image = &self.test.image;
        let result = match &self.nodes[..] {
            _ if self.is_cancelled => "cancelled".to_owned(),
            [(node, Some(outcome))] => format!("{} on {node}", result_words(&outcome.pulled)),
            nodes => {
                let pulled = |outcome: &&(Arc<str>, Option<PullTestOutcome>)| {
                    let outcome = outcome.1.as_ref().map(|outcome| &outcome.pulled);
                    matches!(outcome, Some(PullTestResult::Pulled { .. }))
                };
                let good = nodes.iter().filter(pulled).count();
                format!("pulled on {good} of {} nodes", nodes.len())
            }
        };
        let pods = match self.pods_left() {
            0 if !self.is_cancelled => String::new(),
            _ => format!(". {}", self.pods_line()),
        };
        format!("Pull test of {image}: {result}{pods}")
    }
}

fn result_words(pulled: &PullTestResult) -> String {
    match pulled {
        PullTestResult::Pulled { .. } => "pulled".to_owned(),
        PullTestResult::Failed { cause, .. } => {
            let why = cause.map_or("unknown reason", |cause| cause.label());
            format!("failed ({why})")
        }
        PullTestResult::Unknown(why) => format!("no result ({why})"),
    }
}
