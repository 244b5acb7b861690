//! The footer: a status message, what has changed meanwhile, or the keys that can be used.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::{draw_context::DrawContext, text};
use crate::app::action::Action;
use crate::app::active_contexts;

/// Draws a status message, a notice, or the available keys.
pub(super) fn draw(cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    if let Some(shutdown) = cx.model.shutdown {
        let line = shutdown.line(&cx.model.preferences.keymap, cx.now);
        let line = format!(" {} {line}", theme.symbols().failing);
        let line = text::truncate(&line, usize::from(area.width), text::Ellipsis::End).into_owned();
        Line::styled(line, theme.warning()).render(area, buffer);
        return;
    }
    if let Some(flash) = &cx.model.status {
        let line = text::truncate(
            &format!(" {}", flash.text),
            usize::from(area.width),
            text::Ellipsis::End,
        )
        .into_owned();
        Line::styled(line, theme.strong()).render(area, buffer);
        return;
    }
    if let Some(notice) = cx.model.notices.shown() {
        let (symbol, style) = theme.health(notice.health);
        // What stays until it is seen says how it goes.
        let hides = if notice.stays() {
            format!(" · {} hides", cx.pane_key(Action::Back))
        } else {
            String::new()
        };
        let line = format!(" {symbol} {}{hides}", notice.text);
        let line =
            text::truncate(&line, usize::from(area.width), text::Ellipsis::Middle).into_owned();
        Line::styled(line, style).render(area, buffer);
        return;
    }
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(area.width).saturating_sub(1);
    for row in cx
        .model
        .preferences
        .keymap
        .footer(&active_contexts(cx.model))
    {
        let binding = row.binding;
        if !cx.model.is_action_available(binding.action) {
            continue;
        }
        let key = row
            .keys
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        let wide = text::width(&key) + 1 + text::width(binding.label) + 3;
        if wide > room {
            continue;
        }
        room -= wide;
        spans.push(Span::styled(key, theme.key()));
        spans.push(Span::styled(format!(" {}   ", binding.label), theme.dim()));
    }
    Line::from(spans).render(area, buffer);
}
