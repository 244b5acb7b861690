//! The pauses of the lists and watches between two attempts, and how long a watch lasts.
//!
//! client-go's reflector has one rule for every error (`tools/cache/reflector.go`, cad7aa5: 800 ms,
//! doubled up to 30 s, each up to twice as long by jitter, anew after two minutes without a pause), which kube's
//! [`DefaultBackoff`] repeats. A dashboard must also tell a permission that is gone from an authorizer that fails for a
//! moment, so a refusal (403) has pauses of its own:
//!
//! | after | pause | source |
//! | --- | --- | --- |
//! | a failure of a list or watch | 0.8 s to 30 s, with jitter; anew when the version has moved on | client-go's reflector |
//! | a version that the server no longer has, before everything is listed again | the same; anew after two minutes only | client-go: `BackoffUntil(ListAndWatch)` |
//! | a failure of a later page | the same, or `Retry-After` where that is longer; 10 tries | client-go: `rest.Request`, `maxRetries` |
//! | a watch that ended at once | as after a failure | client-go: `VeryShortWatchError` |
//! | a refusal of what was permitted | 2, 4, 8 s | ours: restarts of an authorizing webhook take a few seconds |
//! | a refusal that was reported, of what was permitted | 5 s to 60 s | ours: a role that was taken by mistake is soon given back |
//! | a refusal of what never was permitted | 60 s | ours: permissions seldom change |
//! | an API that is not served | 60 s | ours: an API is seldom added |

use std::time::Duration;

use kube::runtime::{utils::Backoff, watcher::DefaultBackoff};
use tokio::time::Instant;

use super::status::LastStatus;
use crate::cluster::{ApiError, random::random_in};

/// A watch that ends sooner counts as failed (client-go: `VeryShortWatchError`).
pub(super) const MIN_WATCH_TIME: Duration = Duration::from_secs(1);

/// A watch in which nothing arrives for so long is opened again, from its version.
///
/// An API server sends a bookmark a minute (`defaultBookmarkFrequency`). The liveness probe may use another
/// connection than a watch that a router has forgotten.
pub(super) const SILENCE_LIMIT: Duration = Duration::from_secs(90);

/// The shortest time that a watch is requested for, in seconds (client-go: `defaultMinWatchTimeout`).
const WATCH_SECONDS: u32 = 300;

/// The longest pause between two attempts of a watch that was refused, and the pause where the API is not served.
pub(super) const DENIED_RETRY_MAX: Duration = Duration::from_secs(60);

/// The number of times that one page is requested.
const PAGE_TRIES: u32 = 10;

const DENIED_RETRY_MIN: Duration = Duration::from_secs(5);

const REFUSAL_RETRIES: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Fallback for a back-off without a next pause.
const FAILURE_RETRY_MAX: Duration = Duration::from_secs(30);

/// Returns the seconds to request a watch for: up to twice the shortest time, so that the watches of all users do not
/// end together.
pub(super) fn watch_seconds() -> u32 {
    random_in(WATCH_SECONDS..2 * WATCH_SECONDS)
}

/// The back-off of one list and watch.
#[derive(Default)]
pub(super) struct WatchBackoff {
    failures: DefaultBackoff,
    relists: DefaultBackoff,
    /// Refusals since it was last permitted.
    refusals: usize,
}

impl WatchBackoff {
    /// Returns the pause after a failure.
    pub(super) fn after_failure(&mut self) -> Duration {
        next_pause(&mut self.failures)
    }

    /// Returns the pause before everything is listed again.
    pub(super) fn before_relist(&mut self) -> Duration {
        next_pause(&mut self.relists)
    }

    /// Returns the pause after a refusal of what was permitted; `None` when the refusal is to be reported.
    pub(super) fn after_refusal(&mut self) -> Option<Duration> {
        let pause = REFUSAL_RETRIES.get(self.refusals)?;
        self.refusals += 1;
        Some(*pause)
    }

    /// Forgets the refusals: the server has answered.
    pub(super) fn permitted(&mut self) {
        self.refusals = 0;
    }

    /// Forgets the failures: a watch has brought a later version.
    ///
    /// A watch that merely opened may end again at once.
    pub(super) fn progressed(&mut self) {
        self.failures.reset();
    }
}

/// The back-off of one page.
#[derive(Default)]
pub(super) struct PageBackoff {
    pauses: DefaultBackoff,
    failures: u32,
}

impl PageBackoff {
    /// Returns the pause before the page is requested again; `None` when the list is given up.
    pub(super) fn after(&mut self, error: &ApiError) -> Option<Duration> {
        self.failures += 1;
        if self.failures >= PAGE_TRIES {
            return None;
        }
        let pause = next_pause(&mut self.pauses);
        match error {
            ApiError::RetryAfter { after, .. } => Some(pause.max(*after)),
            // A token may be renewed, and a plugin be slow.
            ApiError::Unauthorized(_) | ApiError::Plugin(_) => Some(pause),
            error => error.is_transient().then_some(pause),
        }
    }
}

fn next_pause(backoff: &mut DefaultBackoff) -> Duration {
    backoff.next().unwrap_or(FAILURE_RETRY_MAX)
}

/// The back-off of a watch whose refusal was reported.
pub(super) struct DeniedBackoff {
    next: Duration,
    last_refused: Instant,
}

impl DeniedBackoff {
    pub(super) fn new() -> Self {
        Self {
            next: DENIED_RETRY_MIN,
            last_refused: Instant::now(),
        }
    }

    /// Returns the pause until the next attempt.
    ///
    /// It starts anew when the watch was permitted for two minutes in between.
    pub(super) fn after_refusal(&mut self, status: LastStatus) -> Duration {
        if status.as_of().is_none() {
            return DENIED_RETRY_MAX;
        }
        if self.last_refused.elapsed() > 2 * DENIED_RETRY_MAX {
            self.next = DENIED_RETRY_MIN;
        }
        self.last_refused = Instant::now();
        let pause = self.next;
        self.next = (pause * 2).min(DENIED_RETRY_MAX);
        pause
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tokio::time::advance;

    use super::*;

    fn seconds(pauses: impl IntoIterator<Item = Duration>) -> Vec<u64> {
        pauses.into_iter().map(|pause| pause.as_secs()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_retried_three_times_before_it_is_reported() {
        let mut backoff = WatchBackoff::default();
        let retries =
            |backoff: &mut WatchBackoff| seconds(std::iter::from_fn(|| backoff.after_refusal()));
        assert_eq!(retries(&mut backoff), [2, 4, 8]);
        assert_eq!(retries(&mut backoff), [0; 0]);
        backoff.permitted();
        assert_eq!(retries(&mut backoff), [2, 4, 8]);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_wait_longer_until_the_watch_moves_on() {
        let mut backoff = WatchBackoff::default();
        let first = backoff.after_failure();
        let later = (0..9).map(|_| backoff.after_failure()).max();
        assert!(first <= Duration::from_millis(1600), "{first:?}");
        assert!(later > Some(Duration::from_secs(15)), "{later:?}");
        backoff.permitted();
        assert!(backoff.after_failure() > Duration::from_secs(15));
        backoff.progressed();
        assert!(backoff.after_failure() <= Duration::from_millis(1600));
    }

    #[tokio::test(start_paused = true)]
    async fn lists_wait_longer_until_there_was_none_for_two_minutes() {
        let mut backoff = WatchBackoff::default();
        for _ in 0..9 {
            backoff.before_relist();
            backoff.progressed();
        }
        assert!(backoff.before_relist() >= Duration::from_secs(30));
        advance(Duration::from_secs(121)).await;
        assert!(backoff.before_relist() <= Duration::from_millis(1600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_requested_ten_times() {
        let failed = ApiError::Status(500, String::new());
        let mut backoff = PageBackoff::default();
        let pauses = std::iter::from_fn(|| backoff.after(&failed)).count();
        assert_eq!(pauses, 9);
        let busy = ApiError::RetryAfter {
            code: 429,
            message: String::new(),
            after: Duration::from_secs(7),
        };
        assert_eq!(
            PageBackoff::default().after(&busy),
            Some(Duration::from_secs(7))
        );
        let invalid = ApiError::Status(400, String::new());
        assert_eq!(PageBackoff::default().after(&invalid), None);
    }

    #[test]
    fn a_watch_lasts_five_to_ten_minutes() {
        let seconds: Vec<u32> = (0..1000).map(|_| watch_seconds()).collect();
        assert!(seconds.iter().all(|seconds| (300..600).contains(seconds)));
        let spread = seconds.iter().max().unwrap() - seconds.iter().min().unwrap();
        assert!(spread > 200, "{spread}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_permitted_is_asked_for_sooner() {
        let kept = LastStatus::Refused {
            since: Timestamp::UNIX_EPOCH,
        };
        let mut backoff = DeniedBackoff::new();
        let pauses = (0..6).map(|_| backoff.after_refusal(kept));
        assert_eq!(seconds(pauses), [5, 10, 20, 40, 60, 60]);
        let never = (0..2).map(|_| backoff.after_refusal(LastStatus::New));
        assert_eq!(seconds(never), [60, 60]);
        advance(2 * DENIED_RETRY_MAX + Duration::from_secs(1)).await;
        assert_eq!(backoff.after_refusal(kept), DENIED_RETRY_MIN);
    }
}
