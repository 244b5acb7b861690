//! Scroll position of a text, independent of how its lines are wrapped.

use super::list::Motion;

/// Scroll position: lines from the top, or from the end, which follows a growing text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    FromTop(usize),
    FromEnd(usize),
}

/// Lines per page key: fewer than the smallest screen has.
const PAGE: usize = 10;

impl Scroll {
    pub const TOP: Self = Self::FromTop(0);
    pub const END: Self = Self::FromEnd(0);

    pub fn scroll(&mut self, motion: Motion) {
        *self = match motion {
            Motion::First => Self::TOP,
            Motion::Last => Self::END,
            Motion::Up => self.by(-1),
            Motion::Down => self.by(1),
            Motion::PageUp => self.by(-PAGE.cast_signed()),
            Motion::PageDown => self.by(PAGE.cast_signed()),
        };
    }

    fn by(self, lines: isize) -> Self {
        match self {
            Self::FromTop(n) => Self::FromTop(n.saturating_add_signed(lines)),
            Self::FromEnd(n) => Self::FromEnd(n.saturating_add_signed(-lines)),
        }
    }

    /// Limits the position to the end of the text.
    pub fn clamp(&mut self, end: usize) {
        match self {
            Self::FromTop(n) | Self::FromEnd(n) => *n = end.min(*n),
        }
    }

    /// Index of the first visible line, for this many lines and this height.
    pub fn first(self, lines: usize, fit: usize) -> usize {
        let most = lines.saturating_sub(fit);
        match self {
            Self::FromTop(n) => n.min(most),
            Self::FromEnd(n) => most.saturating_sub(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_stays_in_view_until_one_goes_up() {
        let mut scroll = Scroll::END;
        assert_eq!((scroll.first(100, 10), scroll.first(150, 10)), (90, 140));
        scroll.scroll(Motion::Up);
        assert_eq!(scroll.first(100, 10), 89);
        scroll.scroll(Motion::PageDown);
        assert_eq!(scroll, Scroll::END);
        scroll.scroll(Motion::First);
        scroll.scroll(Motion::PageDown);
        assert_eq!((scroll.first(100, 10), scroll.first(12, 10)), (10, 2));
        assert_eq!(scroll.first(3, 10), 0);
        scroll.clamp(2);
        scroll.scroll(Motion::Up);
        assert_eq!(scroll, Scroll::FromTop(1));
    }
}
