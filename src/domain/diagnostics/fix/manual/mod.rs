//! Fixes that people make: at the registry, on the node, in a build, or in the cluster where the product does
//! not do it. Words and commands only; a word in capitals stands for a name that is not known.

pub(super) mod cloud;
pub(super) mod cluster;
pub(super) mod image;
pub(super) mod node;
pub(super) mod registry;

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

    fn run(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}
