//! Takes the terminal and restores it: on quit, on a panic, on a signal, before a stop.

use std::{
    env,
    io::{self, IsTerminal, Write},
    panic, thread,
    time::Duration,
};

use crossterm::{
    cursor, event, queue,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};
use tokio::sync::Notify;

use super::output::{FrameBuffer, OUTPUT};
use crate::domain::error::UserError;

/// The smallest screen on which the dashboard still says something.
const SMALLEST: (u16, u16) = (40, 10);

/// A terminal that takes no output for so long is left as it is when the program ends.
const STALLED: Duration = Duration::from_secs(1);

pub(super) type Screen = Terminal<CrosstermBackend<FrameBuffer>>;

/// Guard of the terminal: restored on drop.
pub struct TerminalGuard {
    pub(super) screen: Screen,
    frame: FrameBuffer,
}

impl TerminalGuard {
    pub fn acquire() -> io::Result<Self> {
        enter()?;
        let frame = FrameBuffer::default();
        match Terminal::new(CrosstermBackend::new(frame.clone())) {
            Ok(screen) => Ok(Self { screen, frame }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Takes the terminal again, whether it was given back or someone else has changed it.
    pub(super) fn retake() -> io::Result<()> {
        restore();
        enter()
    }

    /// Invalidates the screen: the next frame writes every cell, for a screen of which nobody knows what it
    /// shows.
    ///
    /// Not `Terminal::clear`, which asks the terminal where the cursor is and fails where no answer
    /// comes: the task that reads the keys may take it.
    pub(super) fn invalidate_screen(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        self.screen.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Hands what was drawn to the terminal.
    pub(super) fn send_frame(&self) {
        self.frame.send();
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    // Opened first: when a step fails half-way, what was done is undone.
    OUTPUT.open()?;
    let taken = terminal::enable_raw_mode().and_then(|()| {
        let mut bytes = Vec::new();
        queue!(
            bytes,
            EnterAlternateScreen,
            event::EnableBracketedPaste,
            event::EnableMouseCapture,
            cursor::Hide
        )?;
        OUTPUT.send(&bytes);
        Ok(())
    });
    if taken.is_err() {
        restore();
    }
    taken
}

/// Gives the terminal back; returns whether it takes output. May be called at any time, any number of
/// times, and never fails: there is nobody left to tell. It takes a second at most.
pub fn restore() -> bool {
    if !OUTPUT.is_open() {
        return true;
    }
    let mut bytes = Vec::new();
    // Into memory, where no write fails.
    let _ = queue!(
        bytes,
        event::DisableMouseCapture,
        event::DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let written = OUTPUT.close(&bytes, STALLED);
    let _ = terminal::disable_raw_mode();
    written
}

/// Prints a text to standard error, which may be a terminal that takes no output: then it is given up after
/// a second.
pub(super) fn print_error(text: String) {
    let (done, printed) = std::sync::mpsc::channel();
    let print = move || {
        let _ = writeln!(io::stderr(), "{text}");
        let _ = done.send(());
    };
    if thread::Builder::new().spawn(print).is_ok() {
        let _ = printed.recv_timeout(STALLED);
    }
}

/// True if the terminal was hung up: its window was closed, or the connection to it was lost.
#[cfg(unix)]
pub(super) fn is_hung_up() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdin = io::stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
    let at_once = Timespec::default();
    let Ok(1..) = poll(&mut terminal, Some(&at_once)) else {
        return false;
    };
    let [terminal] = terminal;
    terminal
        .revents()
        .intersects(PollFlags::HUP | PollFlags::ERR)
}

#[cfg(not(unix))]
pub(super) fn is_hung_up() -> bool {
    false
}

/// Puts a pipe that says nothing in the place of a terminal that is gone: crossterm's reader would read the
/// end of it over and over, with a whole processor.
#[cfg(unix)]
pub(super) fn silence_input() {
    use std::{os::fd::OwnedFd, sync::OnceLock};

    /// The end that would speak: as long as it is open, a reader waits.
    static SILENT: OnceLock<OwnedFd> = OnceLock::new();
    if let Ok((reader, writer)) = io::pipe()
        && rustix::stdio::dup2_stdin(reader).is_ok()
    {
        let _ = SILENT.set(writer.into());
    }
}

#[cfg(not(unix))]
pub(super) fn silence_input() {}

/// Wakes the event loop after a panic.
static PANICKED: Notify = Notify::const_new();

/// Waits for a panic while the terminal is ours. One task may wait at a time.
pub(super) async fn panicked() {
    PANICKED.notified().await;
}

/// Makes a panic give the terminal back before it is reported, in whatever task it happens.
///
/// While the terminal is ours a panic ends the program: a dashboard that has lost one of its tasks
/// would go on showing what is no longer true. It is the event loop that ends it, for changes that are under
/// way are finished first.
pub fn install_panic_hook() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_dashboard = OUTPUT.is_open();
        if restore() {
            report(info);
        } else {
            // A terminal that takes no output would hold up the thread that panics.
            tracing::error!("{info}");
        }
        if is_dashboard {
            PANICKED.notify_one();
        }
    }));
}

/// Whether there is a terminal that the dashboard can use.
pub fn check() -> Result<(), UserError> {
    let what = "cannot show the dashboard";
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let end = if io::stdout().is_terminal() {
            "standard input"
        } else {
            "standard output"
        };
        return Err(UserError::new(what)
            .with_cause(format!("{end} is not a terminal"))
            .with_help("run it in a terminal without a pipe; for scripts use `pullscope check`"));
    }
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(UserError::new(what)
            .with_cause("TERM=dumb: the terminal cannot position the cursor")
            .with_help("use another terminal, or set TERM correctly"));
    }
    let (columns, rows) = terminal::size().unwrap_or((80, 24));
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        return Err(UserError::new(what)
            .with_cause(format!(
                "the terminal has {columns} columns and {rows} rows"
            ))
            .with_help(format!("make it at least {} × {}", SMALLEST.0, SMALLEST.1)));
    }
    Ok(())
}
