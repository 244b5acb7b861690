//! The outcome of a change.

use std::fmt;

use super::{Change, manager::OwnershipMetadata};

/// The end of one change, or of its dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// It was so already.
    Unchanged,
    /// There is nothing left to change, for this reason.
    NotNeeded(String),
    Failed(String),
    /// The answer was lost, and looking at the object did not tell whether the change was stored.
    Unknown(String),
    /// A change before it failed.
    NotTried,
    /// It was made, and taken back because a change behind it failed.
    TakenBack,
}

impl Outcome {
    pub fn is_good(&self) -> bool {
        match self {
            Self::Applied | Self::Unchanged | Self::NotNeeded(_) => true,
            Self::Failed(_) | Self::Unknown(_) | Self::NotTried | Self::TakenBack => false,
        }
    }
}

impl Outcome {
    /// Whether there was, or would be, nothing to change.
    pub fn is_no_change(&self) -> bool {
        match self {
            Self::Unchanged | Self::NotNeeded(_) => true,
            Self::Applied
            | Self::Failed(_)
            | Self::Unknown(_)
            | Self::NotTried
            | Self::TakenBack => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("applied"),
            Self::Unchanged => f.write_str("unchanged"),
            Self::NotNeeded(why) => write!(f, "not needed: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
            Self::NotTried => f.write_str("not attempted"),
            Self::TakenBack => f.write_str("applied, then rolled back"),
        }
    }
}

/// What became of one change, or of its dry run.
#[derive(Clone, Debug)]
pub struct ChangeResult {
    pub outcome: Outcome,
    /// The change that takes this one back; `None` where nothing was changed, or where nothing can be taken
    /// back.
    pub undo: Option<Change>,
    /// The change with what was found on the server in place of what was believed before.
    pub found: Option<Change>,
    /// Who else keeps the object.
    pub traces: OwnershipMetadata,
    /// The object was deleted, or may have been, and could not be created again: what it held is in `undo`
    /// and nowhere else.
    pub is_lost: bool,
}

impl ChangeResult {
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            undo: None,
            found: None,
            traces: OwnershipMetadata::default(),
            is_lost: false,
        }
    }
}
