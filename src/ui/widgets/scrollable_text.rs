//! Scrollable text with wrapped lines and highlighted search matches.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Paragraph, Widget},
};

use crate::{
    app::scroll::Scroll,
    ui::{text, theme::Theme},
};

/// One line of the text.
pub(in crate::ui) struct TextLine<'a> {
    pub text: Cow<'a, str>,
    pub style: Style,
    /// Said behind it, dim.
    pub note: String,
}

impl<'a> TextLine<'a> {
    pub(in crate::ui) fn plain(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
            note: String::new(),
        }
    }
}

pub(in crate::ui) struct ScrollableText<'a> {
    pub lines: Vec<TextLine<'a>>,
    pub scroll: Scroll,
    /// Words to mark.
    pub search_term: Option<&'a str>,
}

impl ScrollableText<'_> {
    /// Draws the text; returns how far it can be scrolled.
    pub(in crate::ui) fn draw(&self, theme: &Theme, area: Rect, buffer: &mut Buffer) -> usize {
        let (wide, high) = (usize::from(area.width), usize::from(area.height));
        let fit = self.fit_at_end(wide, high);
        let first = self.scroll.first(self.lines.len(), fit);
        let mut shown: Vec<Line<'static>> = Vec::new();
        for line in self.lines.iter().skip(first) {
            if shown.len() >= high {
                break;
            }
            shown.extend(self.wrap_line(line, wide, theme));
        }
        shown.truncate(high);
        Paragraph::new(shown).render(area, buffer);
        Scroll::END.first(self.lines.len(), fit)
    }

    /// How many of the last lines fit.
    fn fit_at_end(&self, wide: usize, high: usize) -> usize {
        let mut room = high;
        let mut fit = 0;
        for line in self.lines.iter().rev() {
            let rows = text::split_at_width(&line.text, wide).len();
            if rows > room {
                break;
            }
            room -= rows;
            fit += 1;
        }
        fit.max(1)
    }

    fn wrap_line(&self, line: &TextLine<'_>, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
        let rows = text::split_at_width(&line.text, wide);
        let mut lines: Vec<Line<'static>> = rows
            .into_iter()
            .map(|row| match self.search_term {
                Some(sought) => marked(&row, sought, line.style, theme),
                None => Line::styled(row, line.style),
            })
            .collect();
        if let Some(last) = lines.last_mut()
            && !line.note.is_empty()
        {
            last.push_span(Span::styled(format!("  {}", line.note), theme.dim()));
        }
        lines
    }
}

/// The row with the words in it marked, in small letters or capitals.
fn marked(row: &str, sought: &str, style: Style, theme: &Theme) -> Line<'static> {
    let mut spans = Vec::new();
    let mut rest = row;
    while let Some((before, found, after)) = split_at_words(rest, sought) {
        spans.push(Span::styled(before.to_owned(), style));
        spans.push(Span::styled(found.to_owned(), theme.selected(true)));
        rest = after;
    }
    spans.push(Span::styled(rest.to_owned(), style));
    Line::from(spans)
}

/// Splits a text before and after the first match.
fn split_at_words<'a>(text: &'a str, sought: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let wanted: Vec<char> = sought.chars().flat_map(char::to_lowercase).collect();
    if wanted.is_empty() {
        return None;
    }
    for (start, _) in text.char_indices() {
        let (before, candidate) = text.split_at_checked(start)?;
        let mut matched = 0;
        for (at, c) in candidate.char_indices() {
            if matched == wanted.len() {
                let (found, after) = candidate.split_at_checked(at)?;
                return Some((before, found, after));
            }
            let mut lower = c.to_lowercase();
            if !lower.all(|c| {
                matched += 1;
                wanted.get(matched - 1) == Some(&c)
            }) {
                matched = usize::MAX;
                break;
            }
        }
        if matched == wanted.len() {
            return Some((before, candidate, ""));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case() {
        assert_eq!(
            split_at_words("An ERROR here", "error"),
            Some(("An ", "ERROR", " here"))
        );
        assert_eq!(split_at_words("error", "Error"), Some(("", "error", "")));
        assert_eq!(split_at_words("erro", "error"), None);
        assert_eq!(split_at_words("Größe", "GRÖ"), Some(("", "Grö", "ße")));
        assert_eq!(split_at_words("x", ""), None);
    }
}
