//! The pauses of the watches between two attempts.
//!
//! client-go's reflector has one rule for every error (`tools/cache/reflector.go`, v0.37: 800 ms,
//! doubled up to 30 s, with jitter, forgotten after two minutes), which kube's [`DefaultBackoff`] repeats. A dashboard
//! must also tell a permission that is gone from an authorizer that fails for a moment, so a refusal (403) has pauses
//! of its own:
//!
//! | after | pause | source |
//! | --- | --- | --- |
//! | a failure | 0.8 s to 30 s | client-go's reflector |
//! | a watch that ended at once | the same | client-go: `VeryShortWatchError` |
//! | a refusal of what was permitted | 2, 4, 8 s | ours: restarts of an authorizing webhook take a few seconds |
//! | a refusal that was reported, of what was permitted | 5 s to 60 s | ours: a role that was taken by mistake is soon given back |
//! | a refusal of what never was permitted | 60 s | ours: permissions seldom change |
//! | an API that is not served | 60 s | ours: an API is seldom added |

use std::time::Duration;

use kube::runtime::{utils::Backoff, watcher::DefaultBackoff};
use tokio::time::Instant;

use super::list_watch::LastStatus;

/// A watch that ends sooner counts as failed (client-go: `VeryShortWatchError`).
pub(super) const MIN_WATCH_TIME: Duration = Duration::from_secs(1);

/// Failed watches from one `resourceVersion` after which everything is listed again.
///
/// client-go lists again only after 410 and 504 *too large resource version*. A server whose etcd was restored from a
/// backup may give other errors for ever.
pub(super) const MAX_VERSION_FAILURES: u32 = 3;

/// The longest pause between two attempts of a watch that was refused, and the pause where the API is not served.
pub(super) const DENIED_RETRY_MAX: Duration = Duration::from_secs(60);

const DENIED_RETRY_MIN: Duration = Duration::from_secs(5);

const REFUSAL_RETRIES: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Fallback for a back-off without a next pause.
const FAILURE_RETRY_MAX: Duration = Duration::from_secs(30);

/// The back-off of one list and watch.
#[derive(Default)]
pub(super) struct WatchBackoff {
    failures: DefaultBackoff,
    /// Refusals since it was last permitted.
    refusals: usize,
}

impl WatchBackoff {
    /// Returns the pause after a failure.
    pub(super) fn after_failure(&mut self) -> Duration {
        self.failures.next().unwrap_or(FAILURE_RETRY_MAX)
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

    /// Forgets the failures: the watch is synced.
    pub(super) fn synced(&mut self) {
        self.failures.reset();
    }
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
    async fn failures_wait_longer_until_the_watch_is_synced() {
        let mut backoff = WatchBackoff::default();
        let first = backoff.after_failure();
        let later = (0..9).map(|_| backoff.after_failure()).max();
        assert!(first <= Duration::from_millis(1600), "{first:?}");
        assert!(later > Some(Duration::from_secs(15)), "{later:?}");
        backoff.permitted();
        assert!(backoff.after_failure() > Duration::from_secs(15));
        backoff.synced();
        assert!(backoff.after_failure() <= Duration::from_millis(1600));
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
