//! The sandbox's clock: manual, or running with the wall clock.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The pace of time in a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// With the wall clock.
    Live,
    /// Only when the owner says so: for tests.
    Manual,
}

#[derive(Clone, Debug)]
pub struct Clock {
    pace: Pace,
    /// The virtual moment at which the clock was last set, and the real one.
    set: (Timestamp, Instant),
}

impl Clock {
    pub fn starting(at: Timestamp, pace: Pace) -> Self {
        Self {
            pace,
            set: (at, Instant::now()),
        }
    }

    pub fn now(&self) -> Timestamp {
        let (moment, real) = self.set;
        match self.pace {
            Pace::Manual => moment,
            Pace::Live => later(moment, real.elapsed()),
        }
    }

    /// Advances a manual clock; a live one runs by itself and jumps ahead.
    pub fn advance(&mut self, by: Duration) {
        self.set = (later(self.now(), by), Instant::now());
    }

    /// Real time until this moment; `None` for a stopped clock.
    pub fn real_wait(&self, until: Timestamp) -> Option<Duration> {
        match self.pace {
            Pace::Manual => None,
            Pace::Live => {
                Some(Duration::try_from(until.duration_since(self.now())).unwrap_or_default())
            }
        }
    }
}

/// The moment after a duration; saturates instead of overflowing.
pub fn later(moment: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| moment.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_until_it_is_wound() {
        let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut clock = Clock::starting(start, Pace::Manual);
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().to_string(), "2026-11-23T12:01:30Z");
        assert_eq!(clock.real_wait(Timestamp::MAX), None);
    }

    #[test]
    fn a_live_clock_waits_no_longer_than_there_is_time() {
        let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let clock = Clock::starting(start, Pace::Live);
        let minute = Duration::from_secs(60);
        assert!(clock.real_wait(later(start, minute)).unwrap() <= minute);
        assert_eq!(clock.real_wait(start), Some(Duration::ZERO));
    }
}
