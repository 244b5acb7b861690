//! Fixes that people make: at the registry, on the node, in a build, or in the cluster where the product does
//! not do it. Words and commands only; a word in capitals stands for a name that is not known.

pub(super) mod cloud;
pub(super) mod cluster;
pub(super) mod image;
pub(super) mod node;
pub(super) mod registry;

use super::{
    FixContext, advice,
    node_setup::{self, NodeTopic},
};

/// What people do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    pub steps: Vec<String>,
    pub commands: Vec<String>,
}

impl Steps {
    fn new<const N: usize>(steps: [&str; N]) -> Self {
        Self {
            steps: steps.map(str::to_owned).to_vec(),
            commands: Vec::new(),
        }
    }

    /// Adds other steps behind these, and their commands.
    pub(super) fn append(&mut self, other: Self) {
        self.steps.extend(other.steps);
        self.commands.extend(other.commands);
    }

    /// Puts where this is configured on the node in front of these steps.
    fn at(mut self, topic: NodeTopic, fix_context: &FixContext) -> Self {
        let mut place = advice::render(node_setup::advice(topic, fix_context), fix_context);
        place.steps.append(&mut self.steps);
        self.commands.append(&mut place.commands);
        self.steps = place.steps;
        self
    }

    fn run(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}
