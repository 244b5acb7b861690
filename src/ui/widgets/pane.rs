//! The box around a pane: title, filter, count; and what stands in it when there are no rows.

use ratatui::{
    buffer::Buffer,
    layout::{Alignment, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Padding, Paragraph, Widget},
};

use crate::ui::{text, theme::Theme};

/// What stands on the border of a pane.
pub struct Heading<'a> {
    pub title: String,
    pub filter: &'a str,
    pub note: String,
    pub focused: bool,
}

/// Draws the border and returns the room inside.
pub fn frame(heading: &Heading<'_>, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    let mut left = vec![Span::styled(
        format!(" {} ", text::clean(&heading.title)),
        theme.title(heading.focused),
    )];
    if !heading.filter.is_empty() {
        left.push(Span::styled(
            format!("/{} ", text::clean(heading.filter)),
            theme.warning(),
        ));
    }
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border(heading.focused))
        .padding(Padding::horizontal(1))
        .title(Line::from(left));
    if !heading.note.is_empty() {
        let note = Span::styled(format!(" {} ", text::clean(&heading.note)), theme.dim());
        block = block.title(Line::from(note).alignment(Alignment::Right));
    }
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// Says why a pane is empty and what to press.
pub fn empty(lines: &[String], style: Style, area: Rect, buffer: &mut Buffer) {
    let wrapped: Vec<Line<'_>> = lines
        .iter()
        .flat_map(|line| text::wrap(line, usize::from(area.width)))
        .map(|line| Line::styled(line, style))
        .collect();
    Paragraph::new(wrapped).render(area, buffer);
}
