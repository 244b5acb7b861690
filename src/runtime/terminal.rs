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

/// Minimum screen size that is still useful.
const SMALLEST: (u16, u16) = (40, 10);

/// Time without accepted output after which the terminal is left as it is at exit.
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

    /// Takes the terminal again, after it was restored or someone else has changed it.
    pub(super) fn retake() -> io::Result<()> {
        restore();
        enter()
    }

    /// Invalidates the screen, so that the next frame writes every cell.
    ///
    /// Not `Terminal::clear`, which asks the terminal where the cursor is and fails where no answer
    /// comes: the task that reads the keys may take it.
    pub(super) fn invalidate_screen(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        self.screen.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Sends the frame to the terminal.
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

/// Restores the terminal; returns whether it accepts output.
///
/// It may be called at any time and any number of times, never fails, and takes at most a second.
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

/// Prints a text to standard error; gives up after a second if the terminal accepts no output.
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

/// True if the terminal is gone: its window was closed, or the connection was lost.
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

/// Replaces a lost terminal by a silent pipe: crossterm would otherwise read the end of file in a busy loop.
#[cfg(unix)]
pub(super) fn silence_input() {
    use std::{os::fd::OwnedFd, sync::OnceLock};

    /// Write end of the silent pipe: a reader waits as long as it is open.
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

/// Waits for a panic while the dashboard has the terminal. Only one task may wait.
pub(super) async fn panicked() {
    PANICKED.notified().await;
}

/// Installs a panic hook that restores the terminal before the panic is reported, in any task.
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

/// First line of the errors of a terminal.
const CANNOT_SHOW: &str = "cannot show the dashboard";

/// Checks the terminal that the dashboard would use: its input, its output and what it can show.
pub fn check() -> Result<(), UserError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let end = if io::stdout().is_terminal() {
            "standard input"
        } else {
            "standard output"
        };
        return Err(UserError::new(CANNOT_SHOW)
            .with_cause(format!("{end} is not a terminal"))
            .with_help("run it in a terminal without a pipe; for scripts use `pullscope check`"));
    }
    check_display()
}

/// Whether the terminal, wherever the output goes, can position the cursor and is large enough.
pub fn check_display() -> Result<(), UserError> {
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(UserError::new(CANNOT_SHOW)
            .with_cause("TERM=dumb: the terminal cannot position the cursor")
            .with_help("use another terminal, or set TERM correctly"));
    }
    let (columns, rows) = terminal::size().unwrap_or((80, 24));
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        return Err(UserError::new(CANNOT_SHOW)
            .with_cause(format!(
                "the terminal has {columns} columns and {rows} rows"
            ))
            .with_help(format!("make it at least {} × {}", SMALLEST.0, SMALLEST.1)));
    }
    Ok(())
}
