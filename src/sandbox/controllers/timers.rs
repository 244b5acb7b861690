//! Timers of the controllers.

use jiff::Timestamp;

use super::work_queue::Work;
use crate::sandbox::{
    clock::later,
    world::{TimerEvent, World},
};

/// Schedules a reconciliation at this time, unless an earlier one is scheduled.
pub(super) fn wake_at(world: &mut World, at: Timestamp, work: Work) {
    if world.controllers.set_alarm(&work, at) {
        world.timers.schedule(at, TimerEvent::Work(work));
    }
}

/// Schedules a retry with exponential back-off.
pub(super) fn retry(world: &mut World, work: Work) {
    let wait = world.controllers.fail(&work);
    let at = later(world.now, wait);
    world.timers.schedule(at, TimerEvent::Work(work));
}
