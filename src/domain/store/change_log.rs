//! A bounded change log; its readers remember how far they have read.
//!
//! A reader that falls behind must rescan everything.

use std::collections::VecDeque;

/// More than come between two frames; a list that is put in place of another exceeds it.
const KEPT: usize = 4096;

pub(super) struct Log<T> {
    /// How many were forgotten.
    forgotten: u64,
    kept: VecDeque<T>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            forgotten: 0,
            kept: VecDeque::new(),
        }
    }
}

impl<T> Log<T> {
    pub(super) fn note(&mut self, entry: T) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(entry);
    }

    /// Invalidates all cursors: readers must rescan.
    pub(super) fn overflow(&mut self) {
        self.forgotten = self.end() + 1;
        self.kept.clear();
    }

    /// The cursor of a reader that is up to date.
    pub(super) fn end(&self) -> u64 {
        self.forgotten + self.kept.len() as u64
    }

    /// What was noted since a reader was so far; `None` where that is not known any more.
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
        let mut log = Log::default();
        let began = log.end();
        log.note(1);
        log.note(2);
        assert!(log.since(began).unwrap().eq(&[1, 2]));
        let later = log.end();
        assert_eq!(log.since(later).unwrap().len(), 0);
        log.note(2);
        assert_eq!(log.since(later).unwrap().len(), 1, "once more");
        let later = log.end();
        for number in 0..KEPT {
            log.note(number);
        }
        assert_eq!(log.since(later).unwrap().len(), KEPT);
        assert!(log.since(began).is_none());
        let end = log.end();
        log.overflow();
        assert!(log.since(end).is_none());
        assert_eq!(log.since(log.end()).unwrap().len(), 0);
    }
}
