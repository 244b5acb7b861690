//! Signals: those that end the program, and job control.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "there is no job control"))]
pub(super) enum Signal {
    /// Ends the program; the number is the exit status that shells expect (128 + signal).
    Quit(u8),
    /// The terminal was closed, or a service manager ends the session: systemd sends it right after
    /// `SIGTERM`, and a shell passes on the one that it gets itself. So it is no second wish to end.
    HangUp,
    /// The shell wants the terminal back for a while.
    Stop,
    /// The program goes on after a stop.
    Continue,
}

/// Exit status after a hang-up.
pub(super) const HANG_UP: u8 = 128 + 1;

#[cfg(unix)]
mod unix {
    use std::{future::poll_fn, io, task::Poll, time::Duration};

    use rustix::process::Signal as Job;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::Signal;

    /// Handlers of signals, which replace the default actions.
    pub struct Signals {
        terminate: Stream,
        hang_up: Stream,
        interrupt: Stream,
        quit: Stream,
        stop: Stream,
        go_on: Stream,
        /// What would end the process at once, in the middle of a change, with the terminal as it is.
        others: Vec<(Job, Stream)>,
    }

    /// Signals that end a process by default and can be handled, beside those for a request to quit: limits of CPU
    /// time, of file sizes and the like.
    const OTHERS: [Job; 7] = [
        Job::USR1,
        Job::USR2,
        Job::ALARM,
        Job::VTALARM,
        Job::PROF,
        Job::XCPU,
        Job::XFSZ,
    ];

    impl Signals {
        pub fn new() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
                stop: signal(kind(Job::TSTP))?,
                go_on: signal(kind(Job::CONT))?,
                others: OTHERS
                    .into_iter()
                    .map(|job| Ok((job, signal(kind(job))?)))
                    .collect::<io::Result<_>>()?,
            })
        }

        pub(in crate::runtime) async fn next(&mut self) -> Signal {
            // Ends first: a terminal that is closed sends SIGHUP and SIGCONT.
            tokio::select! {
                biased;
                _ = self.terminate.recv() => Signal::Quit(128 + 15),
                _ = self.hang_up.recv() => Signal::HangUp,
                _ = self.interrupt.recv() => Signal::Quit(128 + 2),
                _ = self.quit.recv() => Signal::Quit(128 + 3),
                job = any(&mut self.others) => Signal::Quit(status(job)),
                _ = self.stop.recv() => Signal::Stop,
                _ = self.go_on.recv() => Signal::Continue,
            }
        }

        /// Stops this process until the shell continues it with a signal, which is consumed.
        ///
        /// The first process of a container cannot be stopped, and gets no such signal.
        pub(in crate::runtime) async fn stop_self(&mut self) -> io::Result<()> {
            rustix::process::kill_process(rustix::process::getpid(), Job::STOP)?;
            let _ = tokio::time::timeout(Duration::from_secs(1), self.go_on.recv()).await;
            Ok(())
        }
    }

    /// Waits for any of them.
    async fn any(streams: &mut [(Job, Stream)]) -> Job {
        poll_fn(|context| {
            for (job, stream) in streams.iter_mut() {
                if stream.poll_recv(context).is_ready() {
                    return Poll::Ready(*job);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// The exit status that shells expect.
    fn status(job: Job) -> u8 {
        u8::try_from(128 + job.as_raw()).unwrap_or(u8::MAX)
    }

    /// tokio has no name for these; their numbers differ between systems, and rustix knows them.
    fn kind(job: Job) -> SignalKind {
        SignalKind::from_raw(job.as_raw())
    }
}

#[cfg(not(unix))]
mod other {
    use std::io;

    use super::Signal;

    pub struct Signals;

    impl Signals {
        #[expect(clippy::unnecessary_wraps, reason = "as on systems that may refuse it")]
        pub fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::runtime) async fn next(&mut self) -> Signal {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            Signal::Quit(128 + 2)
        }

        #[expect(clippy::unused_async, reason = "as on systems that have job control")]
        pub(in crate::runtime) async fn stop_self(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

impl Signals {
    /// Waits for a signal that ends the program while it does not have the terminal; returns the exit status.
    pub async fn until_end(&mut self) -> u8 {
        loop {
            match self.next().await {
                Signal::Quit(status) => return status,
                Signal::HangUp => return HANG_UP,
                // A process that cannot be stopped goes on.
                Signal::Stop => drop(self.stop_self().await),
                Signal::Continue => {}
            }
        }
    }
}

#[cfg(unix)]
pub use unix::Signals;

#[cfg(not(unix))]
pub use other::Signals;
