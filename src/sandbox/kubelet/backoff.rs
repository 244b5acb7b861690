//! Exponential back-off (`client-go/util/flowcontrol.Backoff`).

use std::time::Duration;

use jiff::Timestamp;

use crate::sandbox::clock::later;

/// Initial back-off for pulls and restarts, as in the kubelet.
const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    /// When it was last set, and the wait.
    last: Option<(Timestamp, Duration)>,
}

impl Backoff {
    /// Whether a new attempt has to wait after the last one.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.last.is_some_and(|(set, wait)| now < later(set, wait))
    }

    /// Whether a new attempt has to wait after an end that came later than the last attempt.
    pub fn is_active_after(&self, end: Timestamp, now: Timestamp) -> bool {
        self.last
            .is_some_and(|(set, wait)| !is_over(set, end) && now < later(end, wait))
    }

    pub fn wait(&self) -> Duration {
        self.last.map_or(Duration::ZERO, |(_, wait)| wait)
    }

    /// Records a failure at `end`: ten seconds, doubled each time up to five minutes.
    pub fn fail(&mut self, end: Timestamp, now: Timestamp) {
        let wait = match self.last {
            None => FIRST,
            Some((set, _)) if is_over(set, end) => FIRST,
            Some((_, wait)) => (wait * 2).min(LONGEST),
        };
        self.last = Some((now, wait));
    }
}

/// Twice the longest wait without a failure, and it begins anew.
fn is_over(set: Timestamp, end: Timestamp) -> bool {
    end > later(set, LONGEST * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_from_ten_seconds_to_five_minutes() {
        let mut backoff = Backoff::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut waits = Vec::new();
        for _ in 0..7 {
            assert!(!backoff.is_active(now));
            backoff.fail(now, now);
            assert!(backoff.is_active(now));
            waits.push(backoff.wait().as_secs());
            now = later(now, backoff.wait());
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn a_program_waits_from_its_end_on() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut backoff = Backoff::default();
        assert!(
            !backoff.is_active_after(at(9), at(9)),
            "the first end is free"
        );
        backoff.fail(at(9), at(10));
        assert!(backoff.is_active_after(at(30), at(39)));
        assert!(!backoff.is_active_after(at(30), at(40)));
        // It has run for more than ten minutes.
        assert!(!backoff.is_active_after(at(611), at(611)));
        backoff.fail(at(611), at(612));
        assert_eq!(backoff.wait().as_secs(), 10);
    }
}
