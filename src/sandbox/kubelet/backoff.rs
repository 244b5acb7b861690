//! Waiting longer after each failure (`client-go/util/flowcontrol.Backoff`).

use std::time::Duration;

use jiff::Timestamp;

use crate::sandbox::clock::later;

/// The kubelet's numbers, for pulls and for restarts alike.
const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    last: Option<(Timestamp, Duration)>,
}

impl Backoff {
    /// Whether a new attempt has to wait.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.last
            .is_some_and(|(since, wait)| now < later(since, wait))
    }

    pub fn wait(&self) -> Duration {
        self.last.map_or(Duration::ZERO, |(_, wait)| wait)
    }

    /// After a failure: ten seconds, then double, at most five minutes.
    pub fn fail(&mut self, now: Timestamp) {
        let wait = match self.last {
            None => FIRST,
            // Twice the longest wait without an attempt, and it begins anew.
            Some((since, _)) if now >= later(since, LONGEST * 2) => FIRST,
            Some((_, wait)) => (wait * 2).min(LONGEST),
        };
        self.last = Some((now, wait));
    }
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
            assert!(!backoff.holds(now));
            backoff.fail(now);
            assert!(backoff.holds(now));
            waits.push(backoff.wait().as_secs());
            now = later(now, backoff.wait());
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    }
}
