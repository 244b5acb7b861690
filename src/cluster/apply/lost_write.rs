//! A write whose response was lost: its possible outcome over all attempts.

use std::fmt;

use crate::cluster::{ApiError, error::WriteFate};

/// The first error that left it open, and the worst that may still happen: one attempt may be delivered
/// late although a later attempt was refused.
#[derive(Debug)]
pub(super) struct LostWrite {
    error: ApiError,
    fate: WriteFate,
    /// How many attempts may have been stored, or may still be.
    open: usize,
}

impl LostWrite {
    /// Adds how another attempt ended.
    pub(super) fn merge(lost: Option<Self>, error: ApiError) -> Self {
        let fate = error.fate();
        let open = usize::from(fate != WriteFate::NotStored);
        match lost {
            None => Self { error, fate, open },
            Some(lost) => Self {
                fate: lost.fate.max(fate),
                open: lost.open + open,
                ..lost
            },
        }
    }

    /// Whether an attempt may still be delivered, so that a look proves nothing.
    pub(super) fn may_still_arrive(&self) -> bool {
        self.fate == WriteFate::Pending
    }

    /// Whether an attempt may still be delivered beside the one that was stored.
    pub(super) fn may_arrive_again(&self) -> bool {
        self.may_still_arrive() && self.open > 1
    }
}

impl fmt::Display for LostWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_was_stored_does_not_come_again() {
        let status = |code| ApiError::from_status(code, String::new());
        let first = LostWrite::merge(None, status(504));
        assert!(first.may_still_arrive() && !first.may_arrive_again());
        let refused = LostWrite::merge(Some(first), status(403));
        assert!(!refused.may_arrive_again(), "only the first may be stored");
        let second = LostWrite::merge(Some(refused), status(500));
        assert!(second.may_arrive_again());
    }
}
