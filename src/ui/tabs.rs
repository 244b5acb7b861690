//! The panes as tabs, for a screen that has room for one of them.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::draw_context::DrawContext;
use crate::app::panes::Pane;

/// Draws the titles of all panes, the focused one marked.
pub(super) fn draw(cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let mut spans = vec![Span::raw(" ")];
    for pane in Pane::ALL {
        let style = if pane == cx.model.focus {
            theme.selected(true)
        } else {
            theme.dim()
        };
        spans.push(Span::styled(format!(" {} ", pane.title()), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans).render(area, buffer);
}
