//! Who reads a command: a person at a terminal, or a program at the end of a pipe.
//!
//! Only a person gets colours, and word of how far a long run has got, which goes to standard error and is
//! wiped off before the result comes. What the streams are is found out by `main`.

use std::{
    cell::RefCell,
    io::{self, Write},
};

use crate::domain::sanitize::one_line;

/// The reader of the two streams; the default is a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Console {
    /// Standard output is a terminal that shows colours, and nobody asked for none.
    pub colours: bool,
    /// Nothing but ASCII can be shown.
    pub ascii: bool,
    /// Standard error is a terminal.
    pub progress: bool,
}

/// What is said of a piece of text beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Error,
    Warning,
    Success,
    Dim,
    Bold,
    /// To be typed into a shell.
    Command,
}

impl Console {
    /// The text in the colour of its tone, from the terminal's own palette.
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

    /// The sign of yes or no.
    pub(super) fn mark(self, yes: bool) -> String {
        let (tone, sign) = match (yes, self.ascii) {
            (true, false) => (Tone::Success, "✓"),
            (true, true) => (Tone::Success, "+"),
            (false, false) => (Tone::Error, "✗"),
            (false, true) => (Tone::Error, "x"),
        };
        self.paint(tone, sign)
    }

    /// Word of how far a run has got, for whoever waits for it.
    pub(super) fn progress(self) -> Progress {
        Progress {
            shown: self.progress.then(RefCell::default),
        }
    }
}

/// One line that is written over and over, and is gone in the end.
#[derive(Debug)]
pub(super) struct Progress {
    /// `None`: nobody watches.
    shown: Option<RefCell<String>>,
}

impl Progress {
    /// Says how far it is, unless it has just said so. That it cannot be said stops nothing.
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
        assert_eq!((old.mark(true), old.mark(false)), ("+".into(), "x".into()));
    }
}
