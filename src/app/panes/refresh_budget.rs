//! How often rows are made again: short lists at once, long ones now and then.

use jiff::{SignedDuration, Timestamp};

/// One refresh of all panes: news of long lists wait, so that a key never does.
///
/// A list of fifty thousand is made again four times a second at most, and of several long lists one in
/// each frame.
#[derive(Debug)]
pub struct RefreshBudget {
    pub now: Timestamp,
    /// A long list has been made.
    spent: bool,
}

/// The pause for one row that is looked at, in microseconds: making rows then takes a tenth of the time.
const PAUSE: usize = 5;

/// A list for which this pause would be enough, in microseconds, is a short one.
const SHORT: usize = 4_000;

/// The longest pause, in microseconds.
const LONGEST: usize = 1_000_000;

impl RefreshBudget {
    pub fn new(now: Timestamp) -> Self {
        Self { now, spent: false }
    }

    /// When rows are made again that were made then; `None`: now.
    pub(super) fn wait(&self, weight: usize, made: Timestamp) -> Option<Timestamp> {
        let pause = weight.saturating_mul(PAUSE).min(LONGEST);
        if pause < SHORT {
            return None;
        }
        let until = made + SignedDuration::from_micros(i64::try_from(pause).unwrap_or(i64::MAX));
        if made <= self.now && self.now < until {
            Some(until)
        } else {
            self.spent.then_some(self.now)
        }
    }

    pub(super) fn spend(&mut self, weight: usize) {
        self.spent |= weight.saturating_mul(PAUSE) >= SHORT;
    }
}
