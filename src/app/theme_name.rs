//! Names of the colour themes.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// By the terminal: what it can show, and how bright its background is.
    #[default]
    Auto,
    Dark,
    Light,
    HighContrast,
    /// Colours that differ for those too who see no difference of red and green.
    ColourBlind,
    /// The terminal's own palette.
    Sixteen,
    /// No colours.
    Plain,
}

impl ThemeName {
    pub const ALL: [Self; 7] = [
        Self::Auto,
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::ColourBlind,
        Self::Sixteen,
        Self::Plain,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::ColourBlind => "colour-blind",
            Self::Sixteen => "16",
            Self::Plain => "plain",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}
