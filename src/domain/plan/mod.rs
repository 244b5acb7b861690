//! Plans: what is going to be changed, said before it is done.
//!
//! A plan is a list of typed changes in their order. It knows what each of them means in a sentence, as
//! lines added and removed, and as kubectl commands, and which permission it takes. It knows nothing
//! of how a change is sent: that is `cluster::apply`. A password is in it and in none of its words.

mod ask;
mod change;
pub mod check;
mod commands;
mod entries;
mod export;
mod fixes;
mod gather;
pub mod keeper;
mod lists;
pub mod manifest;
mod outcome;
mod permissions;
mod preview;
mod rotate;
mod sentence;
mod undo;

pub use self::{
    ask::{Ask, Listing, Target},
    change::{Change, Copy, Deployment, Existing, Images, Restartable},
    entries::{Edit, Login, edited, merged},
    export::Style,
    fixes::{Offer, Sufferers, for_fix},
    gather::{servers, servers_in},
    lists::{with, without},
    outcome::Outcome,
    preview::{Line, Mark},
    rotate::{Holder, Spread, carriers},
    undo::{Before, Done, Revision, undo},
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
    /// What else there is to know before it is carried out.
    pub notes: Vec<String>,
    pub on_failure: OnFailure,
}

/// What becomes of the changes that were made when a later one fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They stay: the plan can be carried out again and goes on where it stopped.
    #[default]
    Stop,
    /// They are taken back, last one first.
    TakeBack,
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
            notes: Vec::new(),
            on_failure: OnFailure::Stop,
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
