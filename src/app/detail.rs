//! The views of the detail area and its overlay.

/// What the detail area tells of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tab {
    Diagnosis,
    Timeline,
    Describe,
    Events,
}

impl Tab {
    pub const ALL: [Self; 4] = [
        Self::Diagnosis,
        Self::Timeline,
        Self::Describe,
        Self::Events,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Diagnosis => "Diagnosis",
            Self::Timeline => "Timeline",
            Self::Describe => "Describe",
            Self::Events => "Events",
        }
    }

    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Diagnosis => Self::Timeline,
            Self::Timeline => Self::Describe,
            Self::Describe => Self::Events,
            Self::Events => Self::Diagnosis,
        }
    }

    #[must_use]
    pub fn previous(self) -> Self {
        match self {
            Self::Diagnosis => Self::Events,
            Self::Timeline => Self::Diagnosis,
            Self::Describe => Self::Timeline,
            Self::Events => Self::Describe,
        }
    }
}
