//! What the API server has said of nodes: asked for the Pod that is looked at, and for this connection only.

use std::collections::BTreeSet;

use super::request_id::RequestId;
use crate::domain::diagnostics::{
    Finding,
    node_answers::{NodeAnswers, NodeQuestion},
};

#[derive(Debug, Default)]
pub struct NodeCache {
    answers: NodeAnswers,
    /// Each question is asked once: the user who may not ask it now may not ask it later, either.
    asked: BTreeSet<NodeQuestion>,
    pending: Option<RequestId>,
    version: u64,
}

impl NodeCache {
    /// Those of the questions that have not been asked; none while others are being answered.
    pub fn unasked(&self, questions: Vec<NodeQuestion>) -> Vec<NodeQuestion> {
        if self.pending.is_some() {
            return Vec::new();
        }
        let questions = questions.into_iter();
        questions.filter(|it| !self.asked.contains(it)).collect()
    }

    pub fn begin(&mut self, questions: &[NodeQuestion], request_id: RequestId) {
        self.asked.extend(questions.iter().cloned());
        self.pending = Some(request_id);
    }

    pub fn insert(&mut self, request_id: RequestId, answers: NodeAnswers) {
        if self.pending == Some(request_id) {
            self.pending = None;
            self.version += 1;
            self.answers.extend(answers);
        }
    }

    /// Adds to a finding what is known of its node.
    pub fn apply(&self, finding: &mut Finding) {
        self.answers.apply(finding);
    }

    /// Grows with each answer.
    pub fn version(&self) -> u64 {
        self.version
    }
}
