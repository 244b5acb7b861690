//! What the rule of a cause answers when it recognises a message.

use super::Cause;

/// A cause, and how far the text settles it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub cause: Cause,
    /// What the same text could as well mean, likelier first; empty when the text settles it.
    pub others: Vec<Cause>,
    /// The deeper cause when `cause` is the frame that it is told in.
    pub underlying: Option<Cause>,
}

impl Verdict {
    pub(in crate::domain) fn sure(cause: Cause) -> Self {
        Self::or(cause, &[])
    }

    pub(in crate::domain) fn or(cause: Cause, others: &[Cause]) -> Self {
        Self {
            cause,
            others: others.to_vec(),
            underlying: None,
        }
    }
}
