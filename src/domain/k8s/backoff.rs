//! Estimates the kubelet's next pull attempt from its image back-off.
//!
//! Image pulls back off from 10 s, doubled at each failure, to 300 s at most
//! (`pkg/kubelet/kubelet.go`: `imageBackOff := flowcontrol.NewBackOff(backOffPeriod, MaxImageBackOff)`),
//! and a Pod is looked at again some seconds after its back-off has ended. So a moment named here is
//! the earliest one. It is worked out from events; without them nothing is guessed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{objects::Event, pull_attempt::PullAttempt};

/// Initial back-off, in seconds.
const FIRST: i64 = 10;

/// Maximum back-off, in seconds.
const LONGEST: i64 = 300;

/// Estimates the earliest next attempt of this pull; `events` are those of its Pod.
pub fn next_attempt(pull: PullAttempt<'_>, events: &[Arc<Event>]) -> Option<Timestamp> {
    let attempt = events
        .iter()
        .filter(|event| &*event.reason == "Pulling")
        .filter(|event| pull.matches_event(event))
        .max_by_key(|event| event.last)?;
    let failed = events
        .iter()
        .filter(|event| &*event.reason == "Failed")
        .filter(|event| pull.matches_event(event))
        .filter_map(|event| event.last)
        .max();
    let last = attempt.last?.max(failed.unwrap_or(Timestamp::MIN));
    // Times are what somebody wrote into an object: they may be at the end of all time.
    last.checked_add(SignedDuration::from_secs(wait(attempt.count)))
        .ok()
}

/// Back-off after this number of attempts, in seconds.
fn wait(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{container, event, now, seconds_ago, waiting};

    fn about_app(reason: &str, count: u32, last: Timestamp) -> Arc<Event> {
        let mut event = event("e", "web", reason, "", count, last);
        event.regarding.field = Some("spec.containers{app}".into());
        Arc::new(event)
    }

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_five_minutes() {
        let waits: Vec<i64> = (0..9).map(wait).collect();
        assert_eq!(waits, [10, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(wait(u32::MAX), LONGEST);
    }

    #[test]
    fn the_wait_runs_from_the_last_failure() {
        let app = container("app", waiting("ErrImagePull", ""));
        let events = [
            about_app("Pulling", 3, seconds_ago(30)),
            about_app("Failed", 3, seconds_ago(25)),
        ];
        let expected = now() + SignedDuration::from_secs(15);
        assert_eq!(
            next_attempt(PullAttempt::own(&app), &events),
            Some(expected)
        );
    }

    #[test]
    fn the_end_of_time_is_survived() {
        let app = container("app", waiting("ErrImagePull", ""));
        let events = [about_app("Pulling", 3, Timestamp::MAX)];
        assert_eq!(next_attempt(PullAttempt::own(&app), &events), None);
    }

    #[test]
    fn without_events_nothing_is_guessed() {
        let app = container("app", waiting("ErrImagePull", ""));
        let other = container("other", waiting("ErrImagePull", ""));
        assert_eq!(next_attempt(PullAttempt::own(&app), &[]), None);
        let events = [about_app("Pulling", 1, seconds_ago(5))];
        assert_eq!(next_attempt(PullAttempt::own(&other), &events), None);
    }
}
