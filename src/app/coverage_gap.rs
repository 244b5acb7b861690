//! Gaps in coverage: a kind of object that is not, or not fully, read, with the reason.

use jiff::Timestamp;

use crate::domain::{
    rbac::Permission,
    store::{unreadable::UnreadableObjects, watch::WatchKind},
};

/// Objects of one kind that are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageGap<'a> {
    pub kind: WatchKind,
    pub reason: GapReason<'a>,
}

/// The reason of a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapReason<'a> {
    /// None of it may be listed (403). What was listed before is shown as of then.
    Forbidden {
        missing: &'a Permission,
        as_of: Option<Timestamp>,
    },
    /// Only so many namespaces may be listed.
    Namespaces {
        listed: usize,
    },
    Unreadable(UnreadableObjects),
}

impl GapReason<'_> {
    /// Whether both gaps are refusals of the same extent.
    pub fn is_refusal_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Forbidden { .. }, Self::Forbidden { .. }) => true,
            (Self::Namespaces { listed: a }, Self::Namespaces { listed: b }) => a == b,
            (Self::Forbidden { .. } | Self::Namespaces { .. } | Self::Unreadable(_), _) => false,
        }
    }
}
