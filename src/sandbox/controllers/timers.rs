//! Timers of the controllers.

use jiff::Timestamp;

use super::work_queue::Work;
use crate::sandbox::{
    clock::later,
    world::{TimerEvent, World},
};

/// Has this looked at again at that moment, unless it will be before: who looks then asks again.
pub(super) fn wake_at(world: &mut World, at: Timestamp, work: Work) {
    if world.controllers.set_alarm(&work, at) {
        world.timers.schedule(at, TimerEvent::Work(work));
    }
}

/// Comes back to what has failed, after ever longer waits.
pub(super) fn retry(world: &mut World, work: Work) {
    let wait = world.controllers.fail(&work);
    let at = later(world.now, wait);
    world.timers.schedule(at, TimerEvent::Work(work));
}
