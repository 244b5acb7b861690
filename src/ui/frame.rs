//! Renders the screen from the model.

use jiff::Timestamp;
use ratatui::{Frame, buffer::Buffer};

use super::{
    chain, detail, draw_context::DrawContext, footer, header, layout::Layout, overlay, panes, tabs,
    theme::Theme,
};
use crate::app::model::Model;

/// Draws the model; returns how far the text on top can be scrolled, which only shows while it is drawn.
pub fn draw(model: &Model, theme: &Theme, now: Timestamp, frame: &mut Frame<'_>) -> Option<usize> {
    let layout = Layout::new(frame.area(), model.focus);
    let view = DrawContext { model, theme, now };
    let end = render(view, &layout, frame.buffer_mut());
    if let Some(position) = overlay::cursor(view, &layout) {
        frame.set_cursor_position(position);
    }
    end
}

/// Draws the model into a buffer; returns the same.
pub fn render(view: DrawContext<'_>, layout: &Layout, buffer: &mut Buffer) -> Option<usize> {
    if layout.area.is_empty() {
        return None;
    }
    header::draw(view, layout.header, buffer);
    if let Some(area) = layout.tabs {
        tabs::draw(view, area, buffer);
    }
    for (pane, area) in layout.visible_panes() {
        panes::draw(pane, view, area, buffer);
    }
    if let Some(area) = layout.chain {
        chain::draw(view, area, buffer);
    }
    if let Some(area) = layout.detail {
        detail::draw(view, area, buffer);
    }
    footer::draw(view, layout.footer, buffer);
    let end = overlay::draw(view, layout, buffer);
    view.theme.finish(buffer);
    end
}
