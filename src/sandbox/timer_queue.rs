//! Timer queue ordered by time and sequence.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Timers ordered by time, then by insertion.
pub struct TimerQueue<T> {
    entries: BTreeMap<(Timestamp, u64), T>,
    serial: u64,
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            serial: 0,
        }
    }
}

impl<T> TimerQueue<T> {
    pub fn schedule(&mut self, at: Timestamp, happening: T) {
        self.serial += 1;
        self.entries.insert((at, self.serial), happening);
    }

    pub fn next_at(&self) -> Option<Timestamp> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    /// Removes the next timer that is due by `end`; returns it with its time.
    pub fn pop_due(&mut self, end: Timestamp) -> Option<(Timestamp, T)> {
        let entry = self.entries.first_entry()?;
        let at = entry.key().0;
        (at <= end).then(|| (at, entry.remove()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn happenings_come_in_their_order() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut timers = TimerQueue::default();
        timers.schedule(at(2), "b");
        timers.schedule(at(1), "a");
        timers.schedule(at(2), "c");
        assert_eq!(timers.next_at(), Some(at(1)));
        let mut order = Vec::new();
        while let Some((_, happening)) = timers.pop_due(at(2)) {
            order.push(happening);
        }
        assert_eq!(order, ["a", "b", "c"]);
    }
}
