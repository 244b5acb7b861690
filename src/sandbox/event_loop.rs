//! The sandbox's event loop: runs timers up to the present.
//!
//! Everything that lives in the sandbox moves in `catch_up`, one due happening after the other, so
//! that a test that winds the clock and a demo that runs with it see the same.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    clock::{Clock, Pace, later},
    controllers, event_recorder, kubelet, scenario,
    world::{SWEEP, TimerEvent, World},
};

impl World {
    /// Runs all events that are due by the clock's present.
    pub fn catch_up(&mut self) {
        self.live_until(self.clock.now());
    }

    /// Advances the clock and runs the events until then.
    pub fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.catch_up();
    }

    /// Changes the pace of the clock from now on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.clock = Clock::starting(self.clock.now(), pace);
    }

    /// Real time until the next event; `None` without one, or if the clock is stopped.
    pub fn next_wait(&self) -> Option<Duration> {
        self.clock.real_wait(self.timers.next_at()?)
    }

    fn live_until(&mut self, end: Timestamp) {
        controllers::run_until_idle(self);
        while let Some((at, due)) = self.timers.pop_due(end) {
            self.now = self.now.max(at);
            self.perform(due);
            controllers::run_until_idle(self);
        }
        self.now = self.now.max(end);
    }

    fn perform(&mut self, due: TimerEvent) {
        match due {
            TimerEvent::Kubelet(task) => kubelet::perform(self, task),
            TimerEvent::Work(work) => controllers::enqueue(self, work),
            TimerEvent::ExpireEvents => {
                let next = event_recorder::expire(self);
                let soonest = later(self.now, SWEEP);
                let latest = later(self.now, event_recorder::EVENT_TTL);
                let next = next.unwrap_or(latest).clamp(soonest, latest);
                self.timers.schedule(next, TimerEvent::ExpireEvents);
            }
            TimerEvent::Scenario(happening) => scenario::fire(self, *happening),
        }
    }
}
