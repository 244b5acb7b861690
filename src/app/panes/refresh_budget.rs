//! Rate limit for rebuilding rows: short lists at once, long lists a few times per second, to keep input
//! latency low.

use jiff::{SignedDuration, Timestamp};

/// Time that one frame may spend on rebuilding rows.
///
/// A list of fifty thousand rows is made again four times a second at most, and of several long lists one
/// in each frame: a key must not wait for changes of the cluster.
#[derive(Debug)]
pub struct RefreshBudget {
    pub now: Timestamp,
    /// A long list has been made in this frame.
    spent: bool,
}

/// Pause per object, in microseconds: rebuilding then takes a tenth of the time.
const PAUSE: usize = 5;

/// Pause, in microseconds, up to which a list counts as short.
const SHORT: usize = 4_000;

/// Maximum pause, in microseconds.
const LONGEST: usize = 1_000_000;

impl RefreshBudget {
    pub fn new(now: Timestamp) -> Self {
        Self { now, spent: false }
    }

    /// When rows of this cost that were built at that time may be rebuilt; `None`: now.
    pub(super) fn rebuild_at(&self, cost: usize, made_at: Timestamp) -> Option<Timestamp> {
        let pause = cost.saturating_mul(PAUSE).min(LONGEST);
        if pause < SHORT {
            return None;
        }
        let until = made_at + SignedDuration::from_micros(i64::try_from(pause).unwrap_or(i64::MAX));
        if made_at <= self.now && self.now < until {
            Some(until)
        } else {
            self.spent.then_some(self.now)
        }
    }

    pub(super) fn spend(&mut self, cost: usize) {
        self.spent |= cost.saturating_mul(PAUSE) >= SHORT;
    }
}
