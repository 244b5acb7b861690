//! The screen, drawn from the model part by part.

use jiff::Timestamp;
use ratatui::{Frame, buffer::Buffer};

use super::{chain, chrome, detail, layout::Layout, overlay, panes, theme::Theme, view::View};
use crate::app::model::Model;

/// Draws the model.
pub fn draw(model: &Model, theme: &Theme, now: Timestamp, frame: &mut Frame<'_>) {
    let layout = Layout::of(frame.area(), model.focus);
    let view = View { model, theme, now };
    paint(view, &layout, frame.buffer_mut());
    if let Some(position) = overlay::cursor(view, &layout) {
        frame.set_cursor_position(position);
    }
}

/// Draws the model into a buffer.
pub fn paint(view: View<'_>, layout: &Layout, buffer: &mut Buffer) {
    if layout.area.is_empty() {
        return;
    }
    chrome::header(view, layout.header, buffer);
    if let Some(tabs) = layout.tabs {
        chrome::tabs(view, tabs, buffer);
    }
    for (pane, area) in &layout.panes {
        panes::draw(*pane, view, *area, buffer);
    }
    if let Some(area) = layout.chain {
        chain::draw(view, area, buffer);
    }
    if let Some(area) = layout.detail {
        detail::draw(view, area, buffer);
    }
    chrome::footer(view, layout.footer, buffer);
    overlay::draw(view, layout, buffer);
    view.theme.finish(buffer);
}
