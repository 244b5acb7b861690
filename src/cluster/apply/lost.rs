//! A write whose answer was lost: what may have become of it, over all attempts.

use std::fmt;

use crate::cluster::{Trouble, trouble::Fate};

/// The first trouble that left it open, and the worst that may still happen: one attempt may be delivered
/// late although a later attempt was refused.
#[derive(Debug)]
pub(super) struct Lost {
    trouble: Trouble,
    fate: Fate,
}

impl Lost {
    /// Adds how another attempt ended.
    pub(super) fn and(lost: Option<Self>, trouble: Trouble) -> Self {
        let fate = trouble.fate();
        match lost {
            None => Self { trouble, fate },
            Some(lost) => Self {
                fate: lost.fate.max(fate),
                ..lost
            },
        }
    }

    /// Whether an attempt may still be delivered, so that a look proves nothing.
    pub(super) fn may_come(&self) -> bool {
        self.fate == Fate::Pending
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trouble.fmt(f)
    }
}
