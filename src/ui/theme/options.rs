//! Theme options: terminal capabilities and user settings from which a theme is built.

use std::collections::BTreeMap;

use ratatui::style::Color;

use super::{
    Theme,
    palette::{self, ColorDepth, Palette},
    symbols,
};
use crate::{app::theme_name::ThemeName, domain::suggest::did_you_mean};

/// Brightness of the terminal's background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    Dark,
    Light,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThemeOptions {
    pub theme: ThemeName,
    pub depth: ColorDepth,
    /// `None`: it does not tell.
    pub background: Option<Background>,
    pub ascii: bool,
    /// Colours that the user has set, by role.
    pub colours: BTreeMap<&'static str, Color>,
}

impl ThemeOptions {
    /// True if the theme depends on the terminal's background.
    pub fn depends_on_background(&self) -> bool {
        let matters = match self.theme {
            ThemeName::Auto => self.depth == ColorDepth::True,
            // Consoles of sixteen colours may not know the question.
            ThemeName::ColourBlind => self.depth != ColorDepth::Sixteen,
            ThemeName::Plain
            | ThemeName::Sixteen
            | ThemeName::Dark
            | ThemeName::Light
            | ThemeName::HighContrast => false,
        };
        matters && self.background.is_none()
    }

    pub fn theme(&self) -> Theme {
        self.theme_for(self.theme)
    }

    pub fn theme_for(&self, name: ThemeName) -> Theme {
        let light = self.background == Some(Background::Light);
        let ink = match name {
            ThemeName::Plain => None,
            ThemeName::Sixteen => Some(palette::SIXTEEN),
            ThemeName::Auto => Some(match (self.depth, self.background) {
                (ColorDepth::True, Some(Background::Dark)) => palette::DARK,
                (ColorDepth::True, Some(Background::Light)) => palette::LIGHT,
                _ => palette::SIXTEEN,
            }),
            // Sixteen colours are too few to choose better than the terminal's palette does.
            ThemeName::Dark | ThemeName::Light if self.depth == ColorDepth::Sixteen => {
                Some(palette::SIXTEEN)
            }
            ThemeName::Dark => Some(palette::DARK),
            ThemeName::Light => Some(palette::LIGHT),
            ThemeName::HighContrast => Some(palette::HIGH_CONTRAST),
            ThemeName::ColourBlind if light => Some(palette::COLOUR_BLIND_LIGHT),
            ThemeName::ColourBlind => Some(palette::COLOUR_BLIND_DARK),
        };
        let ink = ink.map(|mut ink| {
            for (role, colour) in &self.colours {
                if let Some(place) = ink.role(role) {
                    *place = *colour;
                }
            }
            ink.quantize(self.depth)
        });
        Theme {
            palette: ink,
            symbols: if self.ascii {
                symbols::ASCII
            } else {
                symbols::UNICODE
            },
        }
    }
}

/// Finds a role by name.
pub fn role(name: &str) -> Result<&'static str, String> {
    let known = Palette::ROLES.into_iter().find(|role| *role == name);
    known.ok_or_else(|| match did_you_mean(name, Palette::ROLES) {
        Some(near) => format!("unknown role; did you mean {near}?"),
        None => format!("unknown role; known roles: {}", Palette::ROLES.join(", ")),
    })
}

/// Parses `#rrggbb`, a number of the xterm palette, or a name.
pub fn colour(text: &str) -> Result<Color, String> {
    text.parse().map_err(|_| {
        format!(
            "invalid colour {text:?}: expected, for example, \"#ff5f5f\", \"203\" or \"bright-red\""
        )
    })
}

/// Finds a theme by name.
pub fn theme_name(name: &str) -> Result<ThemeName, String> {
    ThemeName::from_name(name).ok_or_else(|| {
        let names = ThemeName::ALL.map(ThemeName::name);
        match did_you_mean(name, names) {
            Some(near) => format!("unknown theme {name:?}; did you mean {near}?"),
            None => format!("unknown theme {name:?}; known themes: {}", names.join(", ")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_goes_by_what_the_terminal_tells() {
        let look = |depth, background| ThemeOptions {
            depth,
            background,
            ..ThemeOptions::default()
        };
        for (depth, background, ink) in [
            (ColorDepth::True, Some(Background::Dark), palette::DARK),
            (ColorDepth::True, Some(Background::Light), palette::LIGHT),
            (ColorDepth::True, None, palette::SIXTEEN),
            (
                ColorDepth::Indexed,
                Some(Background::Light),
                palette::SIXTEEN,
            ),
            (ColorDepth::Sixteen, None, palette::SIXTEEN),
        ] {
            assert_eq!(look(depth, background).theme().palette, Some(ink));
        }
        assert_eq!(
            ThemeOptions::default().theme_for(ThemeName::Plain).palette,
            None
        );
        let mut look = look(ColorDepth::Indexed, None);
        assert!(!look.depends_on_background());
        look.theme = ThemeName::ColourBlind;
        assert!(look.depends_on_background());
    }

    #[test]
    fn colours_and_roles_are_read_by_name() {
        assert_eq!(colour("#ff0080"), Ok(Color::Rgb(255, 0, 128)));
        assert_eq!(colour("203"), Ok(Color::Indexed(203)));
        assert_eq!(colour("bright-red"), Ok(Color::LightRed));
        assert!(colour("reddish").unwrap_err().contains("invalid colour"));
        assert_eq!(role("failing"), Ok("failing"));
        assert!(
            role("faling")
                .unwrap_err()
                .contains("did you mean failing?")
        );
        assert!(
            theme_name("drak")
                .unwrap_err()
                .contains("did you mean dark?")
        );
        let mut look = ThemeOptions::default();
        look.colours.insert("failing", Color::Magenta);
        assert_eq!(look.theme().failing().fg, Some(Color::Magenta));
    }
}
