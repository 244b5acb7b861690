//! Notifications for a user who looks at another window: terminal bell or desktop notification.

use std::io::{self, Write};

/// The method of notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifyMethod {
    #[default]
    Off,
    Bell,
    /// The control sequence OSC 9, which iTerm2, kitty, WezTerm, Windows Terminal and others show as a
    /// notification and the rest ignore.
    Desktop,
}

impl NotifyMethod {
    /// Sends a notification with this clean text.
    pub(super) fn send(self, text: &str, terminal: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Off => Ok(()),
            Self::Bell => terminal.write_all(b"\x07"),
            Self::Desktop => write!(terminal, "\x1b]9;pullscope: {text}\x07"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_says_nothing_and_off_is_silent() {
        let told = |how: NotifyMethod| {
            let mut out = Vec::new();
            how.send("web fails", &mut out).unwrap();
            out
        };
        assert_eq!(told(NotifyMethod::Off), b"");
        assert_eq!(told(NotifyMethod::Bell), b"\x07");
        assert_eq!(
            told(NotifyMethod::Desktop),
            b"\x1b]9;pullscope: web fails\x07"
        );
    }
}
