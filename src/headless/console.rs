//! Colours and progress for a person at a terminal; a pipe gets neither.
//!
//! Progress is one line on standard error, erased before the result is printed. What the streams are is found
//! out by `commands::output`.

use std::{
    cell::RefCell,
    io::{self, Write},
};

use crate::domain::sanitize::one_line;

/// Properties of the two output streams; the default is a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Console {
    /// Standard output is a terminal with colours, and `NO_COLOR` is not set.
    pub colours: bool,
    /// Nothing but ASCII can be shown.
    pub ascii: bool,
    /// Standard error is a terminal.
    pub progress: bool,
}

/// Style of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Error,
    Warning,
    Success,
    Dim,
    Bold,
    /// A command to type into a shell.
    Command,
}

impl Console {
    /// Colours a text, from the terminal's own palette.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colours || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Error => "1;31",
            Tone::Warning => "33",
            Tone::Success => "32",
            Tone::Dim => "2",
            Tone::Bold => "1",
            Tone::Command => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Check mark or cross.
    pub(super) fn check_mark(self, yes: bool) -> String {
        let (tone, sign) = match (yes, self.ascii) {
            (true, false) => (Tone::Success, "✓"),
            (true, true) => (Tone::Success, "+"),
            (false, false) => (Tone::Error, "✗"),
            (false, true) => (Tone::Error, "x"),
        };
        self.paint(tone, sign)
    }

    /// Progress line of a run.
    pub(super) fn progress(self) -> Progress {
        Progress {
            shown: self.progress.then(RefCell::default),
        }
    }
}

/// Progress line that is overwritten, and erased on drop.
#[derive(Debug)]
pub(super) struct Progress {
    /// The line that is shown; `None` where standard error is no terminal.
    shown: Option<RefCell<String>>,
}

impl Progress {
    /// Shows a new text. Errors are ignored: progress must not stop a run.
    pub(super) fn update(&self, text: &str) {
        let Some(said) = &self.shown else { return };
        if *said.borrow() != text {
            let shown = one_line(text);
            let _ = write!(io::stderr(), "\r\x1b[K{shown}").and_then(|()| io::stderr().flush());
            text.clone_into(&mut said.borrow_mut());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(said) = &self.shown
            && !said.borrow().is_empty()
        {
            let _ = write!(io::stderr(), "\r\x1b[K").and_then(|()| io::stderr().flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_people() {
        let person = Console {
            colours: true,
            ..Console::default()
        };
        assert_eq!(person.paint(Tone::Success, "yes"), "\x1b[32myes\x1b[0m");
        assert_eq!(Console::default().paint(Tone::Success, "yes"), "yes");
        let old = Console {
            ascii: true,
            ..Console::default()
        };
        assert_eq!(
            (old.check_mark(true), old.check_mark(false)),
            ("+".into(), "x".into())
        );
    }
}
