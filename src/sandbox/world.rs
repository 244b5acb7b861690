//! All that a sandbox is, behind one lock: the objects, the time, chance, and what is going to
//! happen when.
//!
//! Everything that lives in the sandbox moves in `advance`, one due happening after the other, so
//! that a test that winds the clock and a demo that runs with it see the same.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    clock::{Clock, Pace},
    controllers,
    dice::Dice,
    store::Store,
};

pub struct World {
    pub store: Store,
    /// The moment that is being lived through; equal to the clock's once `advance` has returned.
    pub now: Timestamp,
    pub dice: Dice,
    pub(super) clock: Clock,
    pub(super) controllers: controllers::Controllers,
}

impl World {
    /// An empty world that began at `start`.
    pub fn new(start: Timestamp, pace: Pace) -> Self {
        Self {
            store: Store::new(),
            now: start,
            dice: Dice::seeded(0x70_75_6c_6c),
            clock: Clock::starting(start, pace),
            controllers: controllers::Controllers::default(),
        }
    }

    /// Lives through all that was due until the clock's present.
    pub fn catch_up(&mut self) {
        self.live_until(self.clock.now());
    }

    /// Winds the clock on and lives through the time between.
    pub fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.catch_up();
    }

    fn live_until(&mut self, end: Timestamp) {
        self.now = self.now.max(end);
        controllers::settle(self);
    }
}
