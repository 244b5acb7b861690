//! Themes: views name roles such as *failing*, a theme maps them to colours.
//!
//! Default foreground for text, dim for the secondary, one meaning per colour, a symbol beside every
//! colour. Which colour a role has is said in `palette`, and by the user.

mod options;
mod palette;
mod symbols;

use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier, Style},
};

use self::palette::Palette;
pub use self::{
    options::{Background, ThemeOptions, colour, role, theme_name},
    palette::ColorDepth,
    symbols::Symbols,
};
use crate::domain::{k8s::pod_status::PodHealth, store::EventSeries};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// `None` for `NO_COLOR` (<https://no-color.org>): weight and reverse video only.
    palette: Option<Palette>,
    symbols: Symbols,
}

impl Theme {
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    fn colour(self, role: fn(&Palette) -> Color) -> Style {
        match &self.palette {
            Some(ink) => Style::new().fg(role(ink)),
            None => Style::new(),
        }
    }

    /// Applies the theme's background and replaces symbols that the terminal cannot show, on the whole screen.
    pub fn finish(&self, buffer: &mut Buffer) {
        if self.symbols == symbols::ASCII {
            symbols::to_ascii(buffer);
        }
        let Some(ink) = self.palette else {
            return;
        };
        if (ink.text, ink.background) == (Color::Reset, Color::Reset) {
            return;
        }
        for cell in &mut buffer.content {
            if cell.fg == Color::Reset {
                cell.fg = ink.text;
            }
            if cell.bg == Color::Reset {
                cell.bg = ink.background;
            }
        }
    }

    /// Style of neutral text: the terminal's own colour, or the theme's.
    pub fn text(self) -> Style {
        Style::new()
    }

    pub fn dim(self) -> Style {
        match &self.palette {
            Some(ink) => Style::new().fg(ink.dim),
            None => Style::new().add_modifier(Modifier::DIM),
        }
    }

    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub fn accent(self) -> Style {
        self.colour(|ink| ink.accent)
    }

    pub fn failing(self) -> Style {
        match &self.palette {
            Some(ink) => Style::new().fg(ink.failing),
            None => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    pub fn warning(self) -> Style {
        self.colour(|ink| ink.warning)
    }

    pub fn good(self) -> Style {
        self.colour(|ink| ink.good)
    }

    pub fn border(self, focused: bool) -> Style {
        if focused { self.accent() } else { self.dim() }
    }

    pub fn title(self, focused: bool) -> Style {
        if focused {
            self.accent().add_modifier(Modifier::BOLD)
        } else {
            Style::new()
        }
    }

    /// Style of the selected row: reversed if focused, otherwise bold.
    pub fn selected(self, focused: bool) -> Style {
        Style::new().add_modifier(if focused {
            Modifier::REVERSED
        } else {
            Modifier::BOLD
        })
    }

    /// Style of a key in a hint.
    pub fn key(self) -> Style {
        self.accent()
    }

    /// Symbol and style of an event line.
    pub fn event(self, line: &EventSeries) -> (&'static str, Style) {
        if line.pull_failure {
            self.health(PodHealth::PullFailing)
        } else if line.warning() {
            self.health(PodHealth::Failing)
        } else {
            (self.symbols.quiet, self.dim())
        }
    }

    pub fn health(self, health: PodHealth) -> (&'static str, Style) {
        let symbols = &self.symbols;
        match health {
            PodHealth::PullFailing => (symbols.pull_failing, self.failing()),
            PodHealth::Failing => (symbols.failing, self.warning()),
            PodHealth::Progressing => (symbols.progressing, self.accent()),
            PodHealth::Healthy => (symbols.healthy, self.good()),
            PodHealth::Finished => (symbols.finished, self.dim()),
        }
    }
}
