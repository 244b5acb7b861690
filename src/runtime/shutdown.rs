//! Shutdown of the dashboard: waits for active changes.
//!
//! Every end passes here: a key, a signal, a lost terminal, a panic. The first wish to end closes the
//! cluster to new changes and waits for those under way; a second one, or the end of the time, does not wait
//! any longer. A key that is held down, and repeats, is one wish.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use tokio::time::{sleep_until, timeout_at};

use super::{
    active_changes::{ActiveChanges, LIMIT},
    event_loop::Ending,
    signals::{Signal, Signals},
    terminal,
};
use crate::{domain::plural::pluralize, ui::text};

/// Time within which repeated requests count as one: `timeout` signals the child and its process group, and a held key
/// repeats after up to 660 ms (default of X).
const SAME: Duration = Duration::from_millis(800);

/// Time before the wait is announced: most changes finish earlier.
const SOON: Duration = Duration::from_millis(300);

/// A shutdown request that waits for changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShutdownWait {
    pub(super) ending: Ending,
    since: Instant,
    /// Until when a key or a signal is the wish before it. `None`: nobody has asked yet; a terminal that is
    /// gone asks for nothing.
    same_until: Option<Instant>,
    /// Nobody sees the screen any more.
    pub(super) is_unseen: bool,
}

impl ShutdownWait {
    pub(super) fn new(wish: ShutdownRequest, now: Instant) -> Self {
        let (ShutdownRequest::Key(ending)
        | ShutdownRequest::Signal(ending)
        | ShutdownRequest::HangUp(ending)
        | ShutdownRequest::Gone(ending)) = wish;
        Self {
            ending,
            since: now,
            same_until: matches!(wish, ShutdownRequest::Key(_) | ShutdownRequest::Signal(_))
                .then(|| now + SAME),
            is_unseen: matches!(wish, ShutdownRequest::Gone(_)),
        }
    }

    /// The time when waiting ends.
    pub(super) fn deadline(&self) -> Instant {
        self.since + LIMIT
    }

    /// Handles another request while waiting; returns the ending if the shutdown must not wait.
    pub(super) fn request_again(&mut self, wish: ShutdownRequest, now: Instant) -> Option<Ending> {
        match wish {
            ShutdownRequest::Key(ending) | ShutdownRequest::Signal(ending) => {
                // A session that ends closes the terminal and then sends SIGTERM: that is one wish.
                let is_same = self.same_until.is_none_or(|until| now < until);
                self.same_until = Some(now + SAME);
                (!is_same).then_some(ending)
            }
            ShutdownRequest::HangUp(_) => None,
            ShutdownRequest::Gone(_) => {
                self.is_unseen = true;
                None
            }
        }
    }
}

/// A shutdown request, by source.
#[derive(Clone, Copy, Debug)]
pub(super) enum ShutdownRequest {
    Key(Ending),
    Signal(Ending),
    /// `SIGHUP`, with the terminal still there.
    HangUp(Ending),
    /// The terminal is gone.
    Gone(Ending),
}

/// Why the event loop has ended.
pub(super) enum LoopExit {
    /// No change is under way, or none is waited for any longer.
    Ended(Ending),
    /// Changes are under way, and nobody sees the screen any more.
    Unseen(ShutdownWait),
    /// A task has panicked.
    Panicked,
}

/// Waits for active changes after the event loop has ended.
pub(super) async fn wait_for_changes(
    left: thread::Result<io::Result<LoopExit>>,
    changes: &ActiveChanges,
    signals: &mut Signals,
) -> io::Result<Ending> {
    match left {
        Ok(Ok(LoopExit::Ended(ending))) => Ok(ending),
        Ok(Ok(LoopExit::Unseen(wait))) => {
            terminal::silence_input();
            wait_unseen(changes, signals, wait).await;
            Ok(wait.ending)
        }
        // The hook has given the terminal back, and the panic was reported there.
        Ok(Ok(LoopExit::Panicked)) | Err(_) => {
            wait_restored(changes, signals).await;
            Ok(Ending::Panic)
        }
        Ok(Err(error)) => {
            terminal::restore();
            wait_restored(changes, signals).await;
            Err(error)
        }
    }
}

/// Reports unfinished changes and lost Secrets; returns whether there are any.
pub(super) fn report(changes: &ActiveChanges) -> bool {
    let Some(report) = changes.report() else {
        return false;
    };
    let lines: Vec<_> = report.lines().map(text::clean).collect();
    let report = lines.join("\n");
    tracing::error!("changes were not finished:\n{report}");
    terminal::print_error(format!("pullscope: changes were not finished\n\n{report}"));
    true
}

/// Waits for the changes without a screen: it is gone, or was given back after a panic. Returns when they
/// are finished, the time is over, or a signal will not wait.
async fn wait_unseen(changes: &ActiveChanges, signals: &mut Signals, mut wait: ShutdownWait) {
    let deadline = wait.deadline();
    let refused = async {
        loop {
            match signals.next().await {
                Signal::Quit(status) => {
                    let wish = ShutdownRequest::Signal(Ending::Signal(status));
                    if wait.request_again(wish, Instant::now()).is_some() {
                        return;
                    }
                }
                Signal::HangUp | Signal::Continue => {}
                // A process that cannot be stopped goes on.
                Signal::Stop => drop(signals.stop_self().await),
            }
        }
    };
    tokio::select! {
        () = changes.finished() => {}
        () = sleep_until(deadline.into()) => {}
        () = refused => {}
    }
}

/// Waits for the changes where the terminal was given back, with a line there that says so.
async fn wait_restored(changes: &ActiveChanges, signals: &mut Signals) {
    changes.end();
    let begun = Instant::now();
    // Most have ended before anybody has read a line.
    let soon = timeout_at((begun + SOON).into(), changes.finished()).await;
    if soon.is_err() {
        let count = changes.count();
        terminal::print_error(format!(
            "pullscope: finishing {} before quitting (at most {} s; ctrl-c: quit now)",
            pluralize(count, "change", "changes"),
            LIMIT.as_secs()
        ));
        let mut wait = ShutdownWait::new(ShutdownRequest::Gone(Ending::Panic), begun);
        // The line above has been read: the first signal is meant.
        wait.same_until = Some(begun);
        wait_unseen(changes, signals, wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_end_is_obeyed_unless_it_is_the_first_one_again() {
        let now = Instant::now();
        let key = ShutdownRequest::Key(Ending::Quit);
        let mut wait = ShutdownWait::new(key, now);
        let later = now + SAME;
        let term = Ending::Signal(143);
        assert_eq!(wait.request_again(ShutdownRequest::Signal(term), now), None);
        assert_eq!(wait.request_again(key, now), None);
        assert_eq!(
            wait.request_again(ShutdownRequest::Signal(term), later),
            Some(term)
        );
        assert_eq!(wait.request_again(key, later + SAME), Some(Ending::Quit));
        assert_eq!(wait.deadline(), now + LIMIT);
    }

    #[test]
    fn a_terminal_that_is_closed_is_no_second_end() {
        let now = Instant::now();
        let hang_up = Ending::Signal(129);
        let mut wait = ShutdownWait::new(ShutdownRequest::Signal(Ending::Signal(143)), now);
        let later = now + SAME;
        assert_eq!(
            wait.request_again(ShutdownRequest::HangUp(hang_up), later),
            None
        );
        assert!(!wait.is_unseen);
        assert_eq!(
            wait.request_again(ShutdownRequest::Gone(hang_up), later),
            None
        );
        assert!(wait.is_unseen);
        assert_eq!(wait.ending, Ending::Signal(143));
        let mut closed = ShutdownWait::new(ShutdownRequest::Gone(hang_up), now);
        assert!(closed.is_unseen);
        let term = ShutdownRequest::Signal(Ending::Signal(143));
        assert_eq!(
            closed.request_again(term, later),
            None,
            "it is the first to ask"
        );
        let much_later = later + SAME;
        assert_eq!(
            closed.request_again(term, much_later),
            Some(Ending::Signal(143))
        );
    }

    #[test]
    fn a_key_that_is_held_is_one_wish_however_long() {
        let begun = Instant::now();
        let key = ShutdownRequest::Key(Ending::Quit);
        let mut wait = ShutdownWait::new(key, begun);
        // The delay of the terminal, and then its rate.
        let mut at = begun + Duration::from_millis(660);
        assert_eq!(wait.request_again(key, at), None);
        for _ in 0..100 {
            at += Duration::from_millis(33);
            assert_eq!(wait.request_again(key, at), None);
        }
        at += SAME;
        assert_eq!(
            wait.request_again(key, at),
            Some(Ending::Quit),
            "it is pressed anew"
        );
    }

    #[test]
    fn an_end_that_leaves_changes_unfinished_is_no_success() {
        let changes = ActiveChanges::default();
        assert!(!report(&changes));
        let pod = crate::domain::fixtures::key("app", "pullscope-pull-test-1");
        let active = changes.begin_pod("prod".to_owned(), pod);
        assert!(report(&changes));
        drop(active);
        assert!(report(&changes));
        assert_eq!(Ending::Quit.with_unfinished_changes(), Ending::Unfinished);
        for other in [Ending::Signal(143), Ending::Panic] {
            assert_eq!(other.with_unfinished_changes(), other);
        }
    }
}
