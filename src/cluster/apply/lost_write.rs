//! A write whose answer was lost: what may have become of it, over all attempts.

use std::fmt;

use crate::cluster::{Trouble, error::Fate};

/// The first trouble that left it open, and the worst that may still happen: one attempt may be delivered
/// late although a later attempt was refused.
#[derive(Debug)]
pub(super) struct Lost {
    trouble: Trouble,
    fate: Fate,
    /// How many attempts may have been stored, or may still be.
    open: usize,
}

impl Lost {
    /// Adds how another attempt ended.
    pub(super) fn and(lost: Option<Self>, trouble: Trouble) -> Self {
        let fate = trouble.fate();
        let open = usize::from(fate != Fate::NotStored);
        match lost {
            None => Self {
                trouble,
                fate,
                open,
            },
            Some(lost) => Self {
                fate: lost.fate.max(fate),
                open: lost.open + open,
                ..lost
            },
        }
    }

    /// Whether an attempt may still be delivered, so that a look proves nothing.
    pub(super) fn may_come(&self) -> bool {
        self.fate == Fate::Pending
    }

    /// Whether an attempt may still be delivered beside the one that was stored.
    pub(super) fn another_may_come(&self) -> bool {
        self.may_come() && self.open > 1
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trouble.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_was_stored_does_not_come_again() {
        let status = |code| Trouble::from_status(code, String::new());
        let first = Lost::and(None, status(504));
        assert!(first.may_come() && !first.another_may_come());
        let refused = Lost::and(Some(first), status(403));
        assert!(!refused.another_may_come(), "only the first may be stored");
        let second = Lost::and(Some(refused), status(500));
        assert!(second.another_may_come());
    }
}
