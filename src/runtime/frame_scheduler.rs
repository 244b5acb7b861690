//! Frame scheduler: draws at the earliest requested time, at most 60 times a second.
//!
//! Pure, so that it is tested without a clock.

use std::time::{Duration, Instant};

/// Minimum time between frames: sixty a second.
const SHORTEST: Duration = Duration::from_millis(16);

/// Minimum time before a frame for a key press, which the user would notice.
const ANSWER: Duration = Duration::from_millis(4);

#[derive(Debug, Default)]
pub(super) struct FrameScheduler {
    last: Option<Instant>,
    wanted: Option<Instant>,
    wake: Option<Instant>,
}

impl FrameScheduler {
    /// Requests a frame as soon as possible, after a change.
    pub(super) fn request(&mut self, now: Instant) {
        self.request_after(SHORTEST, now);
    }

    /// Requests a frame for a key press, which has a shorter limit.
    pub(super) fn request_soon(&mut self, now: Instant) {
        self.request_after(ANSWER, now);
    }

    fn request_after(&mut self, pause: Duration, now: Instant) {
        let earliest = self.last.map_or(now, |last| now.max(last + pause));
        self.wanted = Some(self.wanted.map_or(earliest, |wanted| wanted.min(earliest)));
    }

    /// Schedules a frame for a time at which the screen changes by itself.
    ///
    /// A past time does not cause frames without a pause.
    pub(super) fn schedule(&mut self, at: Option<Instant>) {
        let earliest = self.last.map(|last| last + SHORTEST);
        self.wake = at.map(|at| earliest.map_or(at, |earliest| at.max(earliest)));
    }

    /// Time of the next frame; `None` to sleep until an event.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.wanted.into_iter().chain(self.wake).min()
    }

    /// True if a frame is due; it then counts as drawn.
    pub(super) fn start_frame(&mut self, now: Instant) -> bool {
        let due = self.deadline().is_some_and(|deadline| deadline <= now);
        if due {
            self.last = Some(now);
            self.wanted = None;
            self.wake = None;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_requests_is_one_frame_per_interval() {
        let start = Instant::now();
        let mut frames = FrameScheduler::default();
        let mut drawn = 0;
        for millisecond in 0..160 {
            let now = start + Duration::from_millis(millisecond);
            frames.request(now);
            drawn += usize::from(frames.start_frame(now));
        }
        assert_eq!(drawn, 10);
    }

    #[test]
    fn a_key_does_not_wait_for_the_next_frame_of_a_flood() {
        let start = Instant::now();
        let mut frames = FrameScheduler::default();
        frames.request(start);
        assert!(frames.start_frame(start));
        let soon = start + Duration::from_millis(1);
        frames.request(soon);
        frames.request_soon(soon);
        assert_eq!(frames.deadline(), Some(start + ANSWER));
    }

    #[test]
    fn nothing_is_drawn_while_nothing_is_wanted() {
        let now = Instant::now();
        let mut frames = FrameScheduler::default();
        assert_eq!(frames.deadline(), None);
        assert!(!frames.start_frame(now));
        frames.schedule(Some(now + Duration::from_secs(60)));
        assert!(!frames.start_frame(now));
        assert!(frames.start_frame(now + Duration::from_secs(60)));
        assert_eq!(frames.deadline(), None);
    }

    #[test]
    fn a_key_after_a_pause_is_drawn_at_once() {
        let start = Instant::now();
        let mut frames = FrameScheduler::default();
        frames.request(start);
        assert!(frames.start_frame(start));
        let later = start + Duration::from_secs(1);
        frames.request(later);
        assert!(frames.start_frame(later));
    }
}
