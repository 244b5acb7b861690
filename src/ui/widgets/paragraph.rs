//! Wrapped paragraphs.

use ratatui::{style::Style, text::Line};

use crate::ui::text;

/// The words in lines of one look, none wider than so many cells.
pub(in crate::ui) fn wrapped(words: &str, wide: usize, style: Style) -> Vec<Line<'static>> {
    indented(words, 0, wide, style)
}

/// The same, each line behind so many blanks, which count as cells.
pub(in crate::ui) fn indented(
    words: &str,
    by: usize,
    wide: usize,
    style: Style,
) -> Vec<Line<'static>> {
    text::wrap(words, wide.saturating_sub(by))
        .into_iter()
        .map(|line| Line::styled(format!("{:by$}{line}", ""), style))
        .collect()
}
