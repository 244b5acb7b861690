//! The terminal: taken over, and always given back: on quit, on a panic, on a signal, before a stop.

use std::{
    env,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor, event, execute,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};

use crate::domain::problem::Problem;

/// One write per frame instead of one per cell.
const BUFFER: usize = 64 * 1024;

/// The smallest screen on which the dashboard still says something.
const SMALLEST: (u16, u16) = (40, 10);

/// Whether the terminal is ours. Global because the panic hook has no other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);

pub(super) type Screen = Terminal<CrosstermBackend<BufWriter<WhileOurs>>>;

/// Standard output as long as the terminal is ours; what is written later goes nowhere.
///
/// When a task panics, the loop may be in the middle of a frame: written after the terminal was given
/// back, it would hide the cursor for good. The lock of standard output keeps the two apart, and may be
/// taken again by the thread that has it.
pub(super) struct WhileOurs(Stdout);

impl Write for WhileOurs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut terminal = self.0.lock();
        if TAKEN.load(Ordering::SeqCst) {
            terminal.write(bytes)
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The terminal while it is ours; given back when dropped.
pub struct Takeover {
    pub(super) screen: Screen,
}

impl Takeover {
    pub fn begin() -> io::Result<Self> {
        enter()?;
        let backend =
            CrosstermBackend::new(BufWriter::with_capacity(BUFFER, WhileOurs(io::stdout())));
        match Terminal::new(backend) {
            Ok(screen) => Ok(Self { screen }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Takes the terminal again, whether it was given back or someone else has changed it.
    pub(super) fn again() -> io::Result<()> {
        restore();
        enter()
    }

    /// Makes the next frame write every cell, for a screen of which nobody knows what it shows.
    ///
    /// Not `Terminal::clear`, which asks the terminal where the cursor is and fails where no answer
    /// comes: the task that reads the keys may take it.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        self.screen.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Takeover {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    // Marked first: when a step fails half-way, what was done is undone.
    TAKEN.store(true, Ordering::SeqCst);
    let taken = terminal::enable_raw_mode().and_then(|()| {
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            event::EnableBracketedPaste,
            event::EnableMouseCapture,
            cursor::Hide
        )
    });
    if taken.is_err() {
        restore();
    }
    taken
}

/// Gives the terminal back. May be called at any time, any number of times, and never fails: there is
/// nobody left to tell.
pub fn restore() {
    let mut stdout = io::stdout().lock();
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            stdout,
            event::DisableMouseCapture,
            event::DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = terminal::disable_raw_mode();
        let _ = stdout.flush();
    }
}

/// Makes a panic give the terminal back before it is reported, in whatever task it happens.
///
/// While the terminal is ours a panic ends the program: a dashboard that has lost one of its tasks
/// would go on showing what is no longer true.
pub fn install_panic_hook() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let dashboard = TAKEN.load(Ordering::SeqCst);
        restore();
        report(info);
        if dashboard {
            std::process::exit(101);
        }
    }));
}

/// Whether there is a terminal that the dashboard can use.
pub fn check() -> Result<(), Problem> {
    let what = "cannot show the dashboard";
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let end = if io::stdout().is_terminal() {
            "standard input"
        } else {
            "standard output"
        };
        return Err(Problem::new(what)
            .because(format!("{end} is not a terminal"))
            .next(
                "start it in a terminal, without a pipe; for scripts there is `pullscope check`",
            ));
    }
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(Problem::new(what)
            .because("the terminal says that it is dumb (TERM=dumb): it cannot place the cursor")
            .next("use another terminal, or set TERM to what yours really is"));
    }
    let (columns, rows) = terminal::size().unwrap_or((80, 24));
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        return Err(Problem::new(what)
            .because(format!(
                "the terminal has {columns} columns and {rows} rows"
            ))
            .next(format!("make it at least {} × {}", SMALLEST.0, SMALLEST.1)));
    }
    Ok(())
}
