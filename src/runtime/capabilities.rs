//! Terminal capabilities as derived from the environment.

use std::{env, fmt};

use crate::ui::theme::{Background, ColorDepth};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalCapabilities {
    pub depth: ColorDepth,
    /// `None`: the environment does not tell; the terminal may be asked.
    pub background: Option<Background>,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
}

impl TerminalCapabilities {
    pub fn from_environment() -> Self {
        Self::from_variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            depth: depth(get("COLORTERM").as_deref(), get("TERM").as_deref()),
            background: get("COLORFGBG").and_then(|value| background(&value)),
            unicode: is_utf8(&get),
        }
    }
}

impl fmt::Display for TerminalCapabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.depth {
            ColorDepth::Sixteen => "16 colours",
            ColorDepth::Indexed => "256 colours",
            ColorDepth::True => "24-bit colours",
        })?;
        f.write_str(match self.background {
            None => "",
            Some(Background::Dark) => ", dark",
            Some(Background::Light) => ", light",
        })?;
        f.write_str(if self.unicode { ", UTF-8" } else { ", ASCII" })
    }
}

/// As the terminals that know 24-bit colours agreed: <https://github.com/termstandard/colors>.
fn depth(colorterm: Option<&str>, term: Option<&str>) -> ColorDepth {
    let term = term.unwrap_or_default();
    if matches!(colorterm, Some("truecolor" | "24bit")) || term.ends_with("-direct") {
        ColorDepth::True
    } else if term.contains("256color") {
        ColorDepth::Indexed
    } else {
        ColorDepth::Sixteen
    }
}

/// rxvt's `foreground;background` or `foreground;other;background`, as numbers of the palette. Dark are
/// the first seven and the dark grey, as vim takes it.
fn background(value: &str) -> Option<Background> {
    let colour: u8 = value.rsplit(';').next()?.parse().ok()?;
    Some(match colour {
        0..=6 | 8 => Background::Dark,
        _ => Background::Light,
    })
}

/// Whether the locale is UTF-8: the first variable that is set decides, as in POSIX.
///
/// If none is set, nobody has chosen the C locale: it is so in containers and on Windows, whose terminals show UTF-8.
fn is_utf8(get: &impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get);
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> TerminalCapabilities {
        TerminalCapabilities::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_tells() {
        let silent = of(&[("TERM", "xterm")]);
        assert_eq!(silent.depth, ColorDepth::Sixteen);
        assert_eq!(silent.background, None);
        assert!(silent.unicode);
        assert_eq!(of(&[("TERM", "xterm-256color")]).depth, ColorDepth::Indexed);
        let modern = of(&[("COLORTERM", "truecolor"), ("COLORFGBG", "0;15")]);
        assert_eq!(modern.depth, ColorDepth::True);
        assert_eq!(modern.background, Some(Background::Light));
        let dark = of(&[("COLORFGBG", "15;default;0")]);
        assert_eq!(dark.background, Some(Background::Dark));
        assert_eq!(of(&[("COLORFGBG", "15;default")]).background, None);
        assert!(!of(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]).unicode);
        assert!(!of(&[("LANG", "POSIX")]).unicode);
        assert!(of(&[("LC_CTYPE", "C.utf8")]).unicode);
    }
}
