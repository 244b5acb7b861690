//! The pull queue of a node: images are pulled one after the other (`serializeImagePulls`), or some at a time
//! (`maxParallelImagePulls`).

use std::{num::NonZeroUsize, time::Duration};

use jiff::Timestamp;

use super::state::Task;
use crate::sandbox::{
    clock::later,
    world::{TimerEvent, World},
};

/// The pulls of a node that have not ended.
pub(super) struct PullQueue {
    parallel: NonZeroUsize,
    ends: Vec<Timestamp>,
}

impl Default for PullQueue {
    fn default() -> Self {
        Self::new(NonZeroUsize::MIN)
    }
}

impl PullQueue {
    fn new(parallel: NonZeroUsize) -> Self {
        Self {
            parallel,
            ends: Vec::new(),
        }
    }

    /// Adds a pull behind those that were asked for before; when it ends.
    pub(super) fn add(&mut self, now: Timestamp, took: Duration) -> Timestamp {
        self.ends.retain(|end| *end > now);
        self.ends.sort_unstable();
        let before = self.ends.len().checked_sub(self.parallel.get());
        let start = before.and_then(|at| self.ends.get(at)).copied();
        let end = later(start.unwrap_or(now), took);
        self.ends.push(end);
        end
    }
}

/// Restarts a kubelet with another `maxParallelImagePulls`: pulls that wait begin as far as there is room, those
/// that run go on.
pub fn set_parallel_pulls(world: &mut World, node: &str, parallel: NonZeroUsize) {
    let now = world.now;
    let mut queue = PullQueue::new(parallel);
    let mut waiting = Vec::new();
    for (uid, worker) in &mut world.kubelets.workers {
        let Some(pull) = worker.pull.as_mut().filter(|_| worker.node == node) else {
            continue;
        };
        let began = later(now, pull.fetched.took) >= pull.ends_at;
        if began {
            queue.ends.push(pull.ends_at);
        } else {
            waiting.push((pull.requested_at, uid, pull));
        }
    }
    waiting.sort_by_key(|(requested_at, uid, _)| (*requested_at, *uid));
    for (_, uid, pull) in waiting {
        pull.ends_at = queue.add(now, pull.fetched.took);
        let done = Task::Pulled {
            uid: uid.clone(),
            target: pull.target,
        };
        world
            .timers
            .schedule(pull.ends_at, TimerEvent::Kubelet(done));
    }
    world.kubelets.node(node).pulls = queue;
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_secs(10);

    /// When three pulls of ten seconds end that are asked for at once.
    fn ends(parallel: usize) -> Vec<i64> {
        let now = Timestamp::UNIX_EPOCH;
        let mut queue = PullQueue::new(NonZeroUsize::new(parallel).unwrap());
        let ends = (0..3).map(|_| queue.add(now, TOOK).as_second());
        ends.collect()
    }

    #[test]
    fn pulls_wait_for_those_before_as_far_as_there_is_no_room() {
        assert_eq!(ends(1), [10, 20, 30]);
        assert_eq!(ends(2), [10, 10, 20]);
        assert_eq!(ends(3), [10, 10, 10]);
    }

    #[test]
    fn what_has_ended_holds_up_nothing() {
        let mut queue = PullQueue::default();
        queue.add(Timestamp::UNIX_EPOCH, TOOK);
        let now = Timestamp::from_second(60).unwrap();
        assert_eq!(queue.add(now, TOOK).as_second(), 70);
    }
}
