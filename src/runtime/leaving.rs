//! The end of the dashboard: it waits for changes that are under way.
//!
//! Every end passes here: a key, a signal, a lost terminal, a panic. The first wish to end closes the
//! cluster to new changes and waits for those under way; a second one, or the end of the time, does not wait
//! any longer.

use std::time::{Duration, Instant};

use tokio::time::{sleep_until, timeout_at};

use super::{
    changes::{ActiveChanges, LIMIT},
    run::Ending,
    signals::{Signal, Signals},
    terminal,
};

/// What comes so soon after the first wish to end is the same one: `timeout` signals both its child and the
/// process group, and a key repeats while it is held.
const SAME: Duration = Duration::from_millis(300);

/// A wish to end that waits for changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub(super) ending: Ending,
    pub(super) since: Instant,
}

/// What becomes of a wish to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Changes are under way, and the first wish to end waits for them.
    Wait,
    End(Ending),
}

impl Leaving {
    pub(super) fn new(ending: Ending, now: Instant) -> Self {
        Self { ending, since: now }
    }

    /// When it no longer waits.
    pub(super) fn deadline(&self) -> Instant {
        self.since + LIMIT
    }

    /// What another wish to end does while this one waits.
    pub(super) fn again(&self, wish: Wish, now: Instant) -> Answer {
        match wish {
            Wish::Key(_) | Wish::Signal(_) if now < self.since + SAME => Answer::Wait,
            Wish::Key(ending) | Wish::Signal(ending) => Answer::End(ending),
            Wish::HangUp(_) => Answer::Wait,
        }
    }
}

/// Who wants the program to end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    Key(Ending),
    Signal(Ending),
    /// The terminal is gone, or `SIGHUP` was sent.
    HangUp(Ending),
}

impl Wish {
    pub(super) fn ending(self) -> Ending {
        match self {
            Self::Key(ending) | Self::Signal(ending) | Self::HangUp(ending) => ending,
        }
    }
}

/// Waits for the changes without a screen: it is gone, or was given back after a panic. Returns when they
/// are finished, the time is over, or a signal will not wait.
pub(super) async fn wait_unseen(changes: &ActiveChanges, signals: &mut Signals, begun: Instant) {
    let refused = async {
        loop {
            match signals.next().await {
                Signal::Quit(_) if begun.elapsed() >= SAME => return,
                Signal::Quit(_) | Signal::HangUp | Signal::Continue => {}
                // A process that cannot be stopped goes on.
                Signal::Stop => drop(signals.stop_self().await),
            }
        }
    };
    tokio::select! {
        () = changes.finished() => {}
        () = sleep_until((begun + LIMIT).into()) => {}
        () = refused => {}
    }
}

/// Waits for the changes where the terminal was given back, with a line there that says so.
pub(super) async fn wait_restored(changes: &ActiveChanges, signals: &mut Signals) {
    changes.end();
    let begun = Instant::now();
    // Most have ended before anybody has read a line.
    let soon = timeout_at((begun + SAME).into(), changes.finished()).await;
    if soon.is_err() {
        let count = changes.count();
        let noun = if count == 1 { "change" } else { "changes" };
        terminal::print_error(format!(
            "pullscope: finishing {count} {noun} before quitting (at most {} s; ctrl-c: quit now)",
            LIMIT.as_secs()
        ));
        wait_unseen(changes, signals, begun).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_end_is_obeyed_unless_it_is_the_first_one_again() {
        let now = Instant::now();
        let leaving = Leaving::new(Ending::Quit, now);
        let later = now + SAME;
        let term = Ending::Signal(143);
        assert_eq!(leaving.again(Wish::Signal(term), now), Answer::Wait);
        assert_eq!(leaving.again(Wish::Key(Ending::Quit), now), Answer::Wait);
        let hang_up = Wish::HangUp(Ending::Signal(129));
        assert_eq!(leaving.again(hang_up, later), Answer::Wait);
        assert_eq!(leaving.again(Wish::Signal(term), later), Answer::End(term));
        let key = Wish::Key(Ending::Quit);
        assert_eq!(leaving.again(key, later), Answer::End(Ending::Quit));
        assert_eq!(leaving.deadline(), now + LIMIT);
    }
}
