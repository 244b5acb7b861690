//! The block around a pane: title, filter and count; and the text of an empty pane.

use ratatui::{
    buffer::Buffer,
    layout::{Alignment, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Padding, Paragraph, Widget},
};

use crate::ui::text::wrapped_lines;
use crate::ui::{text, theme::Theme};

/// Title line of a pane's block.
pub struct PaneTitle<'a> {
    pub title: String,
    pub filter: &'a str,
    pub note: String,
    pub focused: bool,
}

/// Draws the border and returns the inner area.
pub fn block(heading: &PaneTitle<'_>, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Rect {
    let note = match &*heading.note {
        "" => String::new(),
        note => format!(" {} ", text::clean(note)),
    };
    let filter = match heading.filter {
        "" => String::new(),
        filter => format!("/{} ", text::clean(filter)),
    };
    // The title gives way, and of it the middle: it ends with the namespace.
    let taken = text::width(&note) + text::width(&filter) + 5;
    let title = text::truncate(
        &heading.title,
        usize::from(area.width).saturating_sub(taken),
        text::Ellipsis::Middle,
    );
    let left = vec![
        Span::styled(format!(" {title} "), theme.title(heading.focused)),
        Span::styled(filter, theme.warning()),
    ];
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border(heading.focused))
        .padding(Padding::horizontal(1))
        .title(Line::from(left));
    if !note.is_empty() {
        let note = Line::styled(note, theme.dim());
        block = block.title(note.alignment(Alignment::Right));
    }
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// Draws the text of an empty pane.
pub fn empty(lines: &[String], style: Style, area: Rect, buffer: &mut Buffer) {
    let lines = lines.iter();
    let lines: Vec<Line<'_>> = lines
        .flat_map(|line| wrapped_lines(line, usize::from(area.width), style))
        .collect();
    Paragraph::new(lines).render(area, buffer);
}
