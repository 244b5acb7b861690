//! Countdown to the kubelet's next pull attempt, if it can be computed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::k8s::{backoff, objects::Event, pull_attempt::PullAttempt};

/// Seconds after which an overdue attempt counts as made without a report: repeated events are dropped.
const OVERDUE: i64 = 60;

/// The next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryCountdown {
    /// In this many seconds, or soon after.
    In(i64),
    Due,
}

/// The next attempt of this pull, from the events of its Pod.
pub(super) fn countdown(
    attempt: PullAttempt<'_>,
    events: &[Arc<Event>],
    now: Timestamp,
) -> Option<RetryCountdown> {
    let at = backoff::next_attempt(attempt, events)?;
    match at.duration_since(now).as_secs() {
        wait if wait > 0 => Some(RetryCountdown::In(wait)),
        wait if wait > -OVERDUE => Some(RetryCountdown::Due),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{container, event, now, seconds_ago, waiting};

    #[test]
    fn an_attempt_that_is_long_overdue_is_not_waited_for() {
        let app = container("app", waiting("ErrImagePull", ""));
        let pulled = |seconds| {
            let mut event = event("e", "web", "Pulling", "", 1, seconds_ago(seconds));
            event.regarding.field = Some("spec.containers{app}".into());
            [Arc::new(event)]
        };
        for (seconds, expected) in [
            (4, Some(RetryCountdown::In(6))),
            (10, Some(RetryCountdown::Due)),
            (69, Some(RetryCountdown::Due)),
            (70, None),
        ] {
            let app = PullAttempt::own(&app);
            assert_eq!(
                countdown(app, &pulled(seconds), now()),
                expected,
                "{seconds}"
            );
        }
    }
}
