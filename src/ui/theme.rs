//! Roles instead of colours: a view says *failing*, the theme says red.
//!
//! Default foreground for text, dim for the secondary, one meaning per colour, a symbol beside every
//! colour. The sixteen colours of the terminal are used, so that its own palette decides, light or
//! dark.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::status::Health;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    colours: bool,
    symbols: Symbols,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbols {
    pub pull_failing: &'static str,
    pub failing: &'static str,
    pub progressing: &'static str,
    pub healthy: &'static str,
    pub finished: &'static str,
    pub quiet: &'static str,
    pub spinner: [&'static str; 4],
}

const SYMBOLS: Symbols = Symbols {
    pull_failing: "✗",
    failing: "!",
    progressing: "◌",
    healthy: "●",
    finished: "✓",
    quiet: "·",
    spinner: ["◐", "◓", "◑", "◒"],
};

impl Theme {
    pub fn colours() -> Self {
        Self {
            colours: true,
            symbols: SYMBOLS,
        }
    }

    /// For `NO_COLOR` (<https://no-color.org>): weight and reverse video only.
    pub fn plain() -> Self {
        Self {
            colours: false,
            symbols: SYMBOLS,
        }
    }

    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    fn colour(self, colour: Color) -> Style {
        if self.colours {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    pub fn text(self) -> Style {
        Style::new()
    }

    pub fn dim(self) -> Style {
        if self.colours {
            Style::new().fg(Color::DarkGray)
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub fn accent(self) -> Style {
        self.colour(Color::Cyan)
    }

    pub fn failing(self) -> Style {
        self.colour(Color::Red).add_modifier(if self.colours {
            Modifier::empty()
        } else {
            Modifier::BOLD
        })
    }

    pub fn warning(self) -> Style {
        self.colour(Color::Yellow)
    }

    pub fn good(self) -> Style {
        self.colour(Color::Green)
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

    /// The selected row: reversed where the keyboard is, underlined elsewhere.
    pub fn selected(self, focused: bool) -> Style {
        Style::new().add_modifier(if focused {
            Modifier::REVERSED
        } else {
            Modifier::BOLD
        })
    }

    /// A key in a hint.
    pub fn key(self) -> Style {
        self.accent()
    }

    pub fn health(self, health: Health) -> (&'static str, Style) {
        let symbols = &self.symbols;
        match health {
            Health::PullFailing => (symbols.pull_failing, self.failing()),
            Health::Failing => (symbols.failing, self.warning()),
            Health::Progressing => (symbols.progressing, self.accent()),
            Health::Healthy => (symbols.healthy, self.good()),
            Health::Finished => (symbols.finished, self.dim()),
        }
    }
}
