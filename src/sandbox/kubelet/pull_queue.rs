//! The pull queue of a node: images are pulled one after the other (`serializeImagePulls`), or some at a time
//! (`maxParallelImagePulls`).

use std::{num::NonZeroUsize, time::Duration};

use jiff::Timestamp;

use super::state::Task;
use crate::sandbox::{
    clock::later,
    world::{TimerEvent, World},
};

/// How many images a node pulls at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImagePulls {
    /// `serializeImagePulls: true`, the default.
    #[default]
    Serial,
    /// As many as `maxParallelImagePulls` says; `None`: all that are asked for.
    Parallel(Option<NonZeroUsize>),
}

impl ImagePulls {
    pub(super) fn limit(self) -> Option<NonZeroUsize> {
        match self {
            Self::Serial => Some(NonZeroUsize::MIN),
            Self::Parallel(most) => most,
        }
    }
}

/// The pulls of a node that have not ended, by when they end.
#[derive(Debug, Default)]
pub(super) struct PullQueue(Vec<Timestamp>);

impl PullQueue {
    /// Adds a pull behind those that were asked for before; when it ends.
    pub(super) fn add(
        &mut self,
        limit: Option<NonZeroUsize>,
        now: Timestamp,
        took: Duration,
    ) -> Timestamp {
        self.0.retain(|end| *end > now);
        self.0.sort_unstable();
        let before = limit.and_then(|limit| self.0.len().checked_sub(limit.get()));
        let start = before.and_then(|at| self.0.get(at)).copied();
        let end = later(start.unwrap_or(now), took);
        self.0.push(end);
        end
    }
}

/// Restarts a kubelet with another `maxParallelImagePulls`: pulls that wait begin as far as there is room, those
/// that run go on.
pub fn set_parallel_pulls(world: &mut World, node: &str, most: NonZeroUsize) {
    let now = world.now;
    let mut queue = PullQueue::default();
    let mut waiting = Vec::new();
    for (uid, worker) in &mut world.kubelets.workers {
        let Some(pull) = worker.pull.as_mut().filter(|_| worker.node == node) else {
            continue;
        };
        let began = later(now, pull.fetched.took) >= pull.ends_at;
        if began {
            queue.0.push(pull.ends_at);
        } else {
            waiting.push((pull.requested_at, uid, pull));
        }
    }
    waiting.sort_by_key(|(requested_at, uid, _)| (*requested_at, *uid));
    for (_, uid, pull) in waiting {
        pull.ends_at = queue.add(Some(most), now, pull.fetched.took);
        let done = Task::Pulled {
            uid: uid.clone(),
            target: pull.target,
        };
        world
            .timers
            .schedule(pull.ends_at, TimerEvent::Kubelet(done));
    }
    let node = world.kubelets.node(node);
    node.settings.pulls = ImagePulls::Parallel(Some(most));
    node.queue = queue;
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_secs(10);

    /// When three pulls of ten seconds end that are asked for at once.
    fn ends(pulls: ImagePulls) -> Vec<i64> {
        let now = Timestamp::UNIX_EPOCH;
        let mut queue = PullQueue::default();
        let ends = (0..3).map(|_| queue.add(pulls.limit(), now, TOOK).as_second());
        ends.collect()
    }

    #[test]
    fn pulls_wait_for_those_before_as_far_as_there_is_no_room() {
        assert_eq!(ends(ImagePulls::Serial), [10, 20, 30]);
        let two = NonZeroUsize::new(2);
        assert_eq!(ends(ImagePulls::Parallel(two)), [10, 10, 20]);
        assert_eq!(ends(ImagePulls::Parallel(None)), [10, 10, 10]);
    }

    #[test]
    fn what_has_ended_holds_up_nothing() {
        let mut queue = PullQueue::default();
        let serial = ImagePulls::Serial.limit();
        queue.add(serial, Timestamp::UNIX_EPOCH, TOOK);
        let now = Timestamp::from_second(60).unwrap();
        assert_eq!(queue.add(serial, now, TOOK).as_second(), 70);
    }
}
