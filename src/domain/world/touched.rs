//! What was touched of late: of whom something was told on which a judgement rests.
//!
//! A reader that remembers how far it has read judges these again and nothing else. The log is short: a
//! reader that has slept too long looks at everything.

use std::collections::VecDeque;

use super::super::faults::Subject;

/// More than come between two frames; a list that is put in place of another exceeds it.
const KEPT: usize = 4096;

#[derive(Default)]
pub(super) struct Touched {
    /// How many were forgotten.
    forgotten: u64,
    log: VecDeque<Subject>,
}

impl Touched {
    pub(super) fn note(&mut self, subject: Subject) {
        if self.log.len() == KEPT {
            self.log.pop_front();
            self.forgotten += 1;
        }
        self.log.push_back(subject);
    }

    /// So much has changed that everything has to be looked at.
    pub(super) fn overflow(&mut self) {
        self.forgotten = self.end() + 1;
        self.log.clear();
    }

    /// How far a reader has read that has seen everything.
    pub(super) fn end(&self) -> u64 {
        self.forgotten + self.log.len() as u64
    }

    /// What was touched since a reader was so far; `None` where that is not known any more.
    pub(super) fn since(&self, read: u64) -> Option<impl Iterator<Item = &Subject>> {
        let skip = usize::try_from(read.checked_sub(self.forgotten)?).ok()?;
        Some(self.log.iter().skip(skip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::key;

    fn pod(number: usize) -> Subject {
        Subject::Pod(key("shop", &number.to_string()))
    }

    #[test]
    fn a_reader_reads_on_where_it_was_and_learns_when_it_has_missed_something() {
        let mut touched = Touched::default();
        let began = touched.end();
        touched.note(pod(1));
        touched.note(pod(2));
        let read: Vec<_> = touched.since(began).unwrap().cloned().collect();
        assert_eq!(read, [pod(1), pod(2)]);
        let later = touched.end();
        assert_eq!(touched.since(later).unwrap().count(), 0);
        touched.note(pod(2));
        assert_eq!(touched.since(later).unwrap().count(), 1, "once more");
        let later = touched.end();
        for number in 0..KEPT {
            touched.note(pod(number));
        }
        assert_eq!(touched.since(later).unwrap().count(), KEPT);
        assert!(touched.since(began).is_none());
        let end = touched.end();
        touched.overflow();
        assert!(touched.since(end).is_none());
        assert_eq!(touched.since(touched.end()).unwrap().count(), 0);
    }
}
