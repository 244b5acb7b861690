//! Renders the screen from the model.

use jiff::Timestamp;
use ratatui::{Frame, buffer::Buffer};

use super::{
    chain, detail, draw_context::DrawContext, footer, header, layout::Layout, overlay, panes, tabs,
    theme::Theme,
};
use crate::app::{contexts_of, model::Model};

/// Draws the model; returns how far the topmost text can be scrolled, which is only known while drawing.
pub fn draw(model: &Model, theme: &Theme, now: Timestamp, frame: &mut Frame<'_>) -> Option<usize> {
    let layout = Layout::new(frame.area(), model.focus);
    let contexts = contexts_of(model, None);
    let cx = DrawContext {
        model,
        theme,
        now,
        contexts: &contexts,
    };
    let end = render(cx, &layout, frame.buffer_mut());
    if let Some(position) = overlay::cursor(cx, &layout) {
        frame.set_cursor_position(position);
    }
    end
}

/// Renders the model into a buffer; returns the same.
pub fn render(cx: DrawContext<'_>, layout: &Layout, buffer: &mut Buffer) -> Option<usize> {
    if layout.area.is_empty() {
        return None;
    }
    header::draw(cx, layout.header, buffer);
    if let Some(area) = layout.tabs {
        tabs::draw(cx, area, buffer);
    }
    for (pane, area) in layout.visible_panes() {
        panes::draw(pane, cx, area, buffer);
    }
    if let Some(area) = layout.chain {
        chain::draw(cx, area, buffer);
    }
    if let Some(area) = layout.detail {
        detail::draw(cx, area, buffer);
    }
    footer::draw(cx, layout.footer, buffer);
    let end = overlay::draw(cx, layout, buffer);
    cx.theme.finish(buffer);
    end
}
