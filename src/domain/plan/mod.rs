//! Plans: what is going to be changed, said before it is done.
//!
//! A plan is a list of typed changes in their order. It knows what each of them means in a sentence, as
//! lines added and removed, and as kubectl commands, and which permission it takes. It knows nothing
//! of how a change is sent: that is `cluster::apply`. A password is in it and in none of its words.

mod ask;
mod change;
pub mod check;
mod entries;
mod fixes;
mod lists;
mod outcome;
mod preview;

pub use self::{
    ask::Ask,
    change::{Change, Images, Restartable},
    entries::{Edit, Login, edited},
    fixes::{Offer, Sufferers, for_fix},
    lists::{with, without},
    outcome::Outcome,
    preview::{Line, Mark},
};
use super::{image::ImageRef, rights::Permission};

/// Changes in the order in which they are made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the plan is for.
    pub title: String,
    pub changes: Vec<Change>,
    /// What the registry is asked before anything is saved.
    pub question: Option<Question>,
}

/// May this login pull this image?
#[derive(Clone, Debug)]
pub struct Question {
    pub image: ImageRef,
    pub login: Login,
}

impl Plan {
    pub fn new(title: impl Into<String>, changes: Vec<Change>) -> Self {
        Self {
            title: title.into(),
            changes,
            question: None,
        }
    }

    /// All permissions that the plan takes, each once.
    pub fn permissions(&self) -> Vec<Permission> {
        let mut all: Vec<Permission> = self.changes.iter().flat_map(Change::permissions).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The plan as kubectl commands. No password is in them: the shell asks for it.
    pub fn commands(&self) -> Vec<String> {
        self.changes.iter().flat_map(Change::commands).collect()
    }
}
