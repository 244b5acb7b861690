//! Key events and their names: `ctrl-x`, `shift-left`, `G`, `?`.
//!
//! The app's own type, so that the model can be driven without a terminal.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    /// Only with keys that have no upper case: `G` is the character, not shift and `g`.
    pub shift: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Names of the keys that are no single character.
const NAMED: [(&str, Code); 16] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
];

impl Key {
    pub const fn plain(code: Code) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// Parses the name of a key; `None` if it is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = Self::char(' ');
        let mut rest = text;
        loop {
            if let Some(behind) = rest.strip_prefix("ctrl-") {
                key.ctrl = true;
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix("alt-") {
                key.alt = true;
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix("shift-") {
                key.shift = true;
                rest = behind;
            } else {
                break;
            }
        }
        key.code = code(rest)?;
        if let (Code::Char(c), true) = (key.code, key.shift) {
            key.code = Code::Char(c.to_ascii_uppercase());
            key.shift = false;
        }
        Some(key)
    }

    /// The character that this key enters into a text field.
    pub fn text_char(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

fn code(name: &str) -> Option<Code> {
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(*code);
    }
    let mut chars = name.chars();
    match (chars.next()?, chars.as_str()) {
        (c, "") => Some(Code::Char(c)),
        ('f', number) => number
            .parse()
            .ok()
            .filter(|n| (1..=24).contains(n))
            .map(Code::F),
        _ => None,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            Code::F(number) => write!(f, "f{number}"),
            code => match NAMED.iter().find(|(_, known)| *known == code) {
                // A minus is clear enough where it stands alone.
                Some((name, _)) if code != Code::Char('-') => f.write_str(name),
                _ => match code {
                    Code::Char(c) => write!(f, "{c}"),
                    _ => Ok(()),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_themselves() {
        for name in [
            "a",
            "G",
            "?",
            "ctrl-d",
            "alt-x",
            "shift-left",
            "enter",
            "space",
            "f12",
            "pageup",
            "ctrl-space",
        ] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Key::parse("shift-g"), Key::parse("G"));
        assert_eq!(Key::parse("hyper-x"), None);
        assert_eq!(Key::parse(""), None);
        assert_eq!(Key::parse("f99"), None);
    }
}
