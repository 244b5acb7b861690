//! A bounded change log; its readers remember how far they have read.
//!
//! A reader that falls behind must rescan everything.

use std::collections::VecDeque;

/// Capacity: more than the changes between two frames; only a relist exceeds it.
const MAX_ENTRIES: usize = 4096;

pub(super) struct ChangeLog<T> {
    /// How many were forgotten.
    forgotten: u64,
    kept: VecDeque<T>,
}

impl<T> Default for ChangeLog<T> {
    fn default() -> Self {
        Self {
            forgotten: 0,
            kept: VecDeque::new(),
        }
    }
}

impl<T> ChangeLog<T> {
    pub(super) fn push(&mut self, entry: T) {
        if self.kept.len() == MAX_ENTRIES {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(entry);
    }

    /// Invalidates all cursors: readers must rescan.
    pub(super) fn reset(&mut self) {
        self.forgotten = self.cursor() + 1;
        self.kept.clear();
    }

    /// A cursor at the end of the log.
    pub(super) fn cursor(&self) -> u64 {
        self.forgotten + self.kept.len() as u64
    }

    /// The entries since a cursor; `None` if they are no longer all known.
    pub(super) fn since(&self, read: u64) -> Option<impl ExactSizeIterator<Item = &T>> {
        let skip = usize::try_from(read.checked_sub(self.forgotten)?).ok()?;
        let count = self.kept.len().checked_sub(skip)?;
        Some(self.kept.range(skip..skip + count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_reads_on_where_it_was_and_learns_when_it_has_missed_something() {
        let mut log = ChangeLog::default();
        let began = log.cursor();
        log.push(1);
        log.push(2);
        assert!(log.since(began).unwrap().eq(&[1, 2]));
        let later = log.cursor();
        assert_eq!(log.since(later).unwrap().len(), 0);
        log.push(2);
        assert_eq!(log.since(later).unwrap().len(), 1, "once more");
        let later = log.cursor();
        for number in 0..MAX_ENTRIES {
            log.push(number);
        }
        assert_eq!(log.since(later).unwrap().len(), MAX_ENTRIES);
        assert!(log.since(began).is_none());
        let end = log.cursor();
        log.reset();
        assert!(log.since(end).is_none());
        assert_eq!(log.since(log.cursor()).unwrap().len(), 0);
    }
}
