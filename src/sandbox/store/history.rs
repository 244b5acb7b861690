//! Ring buffer of recent changes.

use std::collections::VecDeque;

use crate::sandbox::{object::StoredObject, resources::ResourceKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

#[derive(Clone, Debug)]
pub struct StoreChange {
    pub revision: u64,
    pub kind: ResourceKind,
    pub event: ChangeKind,
    /// The state after; of a deleted object the last one, with the revision of its end.
    pub object: StoredObject,
    /// The state before, from which a watch with a selector tells whether the object came into its
    /// view or left it.
    pub previous: Option<StoredObject>,
}

/// The history no longer reaches back to the requested revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    pub asked: u64,
    /// The oldest revision from which it still goes on.
    pub oldest: u64,
}

/// Maximum number of changes: enough for a client that was away for minutes, in some ten megabytes.
const CAPACITY: usize = 4096;

pub(super) struct History {
    changes: VecDeque<StoreChange>,
    /// The newest revision that was forgotten.
    compacted: u64,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            changes: VecDeque::new(),
            compacted: 0,
        }
    }

    pub(super) fn push(&mut self, change: StoreChange) {
        if self.changes.len() == CAPACITY
            && let Some(forgotten) = self.changes.pop_front()
        {
            self.compacted = forgotten.revision;
        }
        self.changes.push_back(change);
    }

    pub(super) fn compact(&mut self, revision: u64) {
        self.changes.retain(|change| change.revision > revision);
        self.compacted = self.compacted.max(revision);
    }

    pub(super) fn since(
        &self,
        revision: u64,
    ) -> Result<impl Iterator<Item = &StoreChange>, Compacted> {
        if revision < self.compacted {
            return Err(Compacted {
                asked: revision,
                oldest: self.compacted,
            });
        }
        let start = self
            .changes
            .partition_point(|change| change.revision <= revision);
        Ok(self.changes.range(start..))
    }
}
