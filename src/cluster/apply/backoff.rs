//! Retry policy of writes: conflicts, transient errors and lost responses.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cluster::{ApiError, random::random};

/// Maximum number of attempts if others keep changing the object.
const ATTEMPTS: u32 = 6;

/// Pause before the second attempt, doubled each time (client-go: `retry.DefaultBackoff`).
const FIRST: Duration = Duration::from_millis(10);

/// Pauses between reads after a lost response: a server restarted behind a load balancer is back by then.
const READ_PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(2),
];

/// Pauses before a request is repeated that did not reach the server or found it busy.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Limit of `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Time after which no read is started, however long each request takes.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct WriteBackoff {
    conflicts: u32,
    reads: usize,
    since: Option<Instant>,
    errors: usize,
    /// No pause ends later than this.
    deadline: Option<Instant>,
    /// Transient errors are retried until the deadline.
    persists: bool,
}

impl WriteBackoff {
    pub(super) fn until(deadline: Option<Instant>, persists: bool) -> Self {
        Self {
            deadline,
            persists,
            ..Self::default()
        }
    }

    /// Pauses; `false` when the pause would end after the deadline.
    async fn pause(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        if self.deadline.is_some_and(|deadline| end >= deadline) {
            return false;
        }
        sleep(pause).await;
        true
    }

    /// Waits after a conflict; returns `false` when the attempts are used up.
    pub(super) async fn after_conflict(&mut self) -> bool {
        self.conflicts += 1;
        if self.conflicts >= ATTEMPTS {
            return false;
        }
        let pause = FIRST * 2_u32.pow(self.conflicts - 1);
        self.pause(pause + jitter(pause)).await
    }

    /// Waits before a failed request is repeated; returns `false` when the attempts are used up, or if the error is
    /// permanent.
    pub(super) async fn after_error(&mut self, error: &ApiError) -> bool {
        error.is_transient() && self.before_retry(error).await
    }

    /// Waits before another attempt, whatever the error; returns `false` when the attempts are used up.
    pub(super) async fn before_retry(&mut self, error: &ApiError) -> bool {
        let last = self.persists.then_some(PAUSES.len() - 1);
        let number = last.map_or(self.errors, |last| self.errors.min(last));
        let Some(pause) = PAUSES.get(number).copied() else {
            return false;
        };
        self.errors += 1;
        let pause = match error {
            ApiError::RetryAfter { after, .. } => (*after).clamp(pause, LONGEST_PAUSE),
            _ => pause,
        };
        self.pause(pause).await
    }

    /// Waits before the object is read again; returns `false` when the attempts are used up.
    pub(super) async fn before_read(&mut self) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let Some(pause) = READ_PAUSES.get(self.reads) else {
            return false;
        };
        self.reads += 1;
        if since.elapsed() + *pause > LONGEST {
            return false;
        }
        self.pause(*pause).await
    }
}

/// Up to as long again, so that two who met do not meet again.
fn jitter(pause: Duration) -> Duration {
    let [first, ..] = random().to_be_bytes();
    pause.mul_f64(f64::from(first) / f64::from(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends() {
        let mut backoff = WriteBackoff::default();
        let mut conflicts = 0;
        while backoff.after_conflict().await {
            conflicts += 1;
        }
        assert_eq!(conflicts + 1, ATTEMPTS);
        let mut looks = 0;
        while backoff.before_read().await {
            looks += 1;
        }
        assert_eq!(looks, READ_PAUSES.len());
        let mut backoff = WriteBackoff::default();
        assert!(backoff.before_read().await);
        sleep(LONGEST).await;
        assert!(!backoff.before_read().await, "each look took very long");
        let mut backoff = WriteBackoff::default();
        let mut retries = 0;
        while backoff.after_error(&ApiError::Refused).await {
            retries += 1;
        }
        assert_eq!(retries, PAUSES.len());
        let denied = ApiError::Forbidden(String::new());
        assert!(!WriteBackoff::default().after_error(&denied).await);
        let begun = Instant::now();
        let mut backoff = WriteBackoff::until(Some(begun + LONGEST), true);
        while backoff.after_error(&ApiError::Refused).await {}
        assert!(begun.elapsed() > LONGEST / 2 && begun.elapsed() <= LONGEST);
    }
}
