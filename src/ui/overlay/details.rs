//! One Pod in full: diagnosis, timeline, description, events.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use super::{scrolled, window};
use crate::{
    app::{detail::Tab, shown},
    domain::key::Key,
    domain::objects::Pod,
    ui::{
        detail::{self, Room},
        panes::View,
        text,
    },
};

const WIDE: u16 = 140;

pub(super) fn draw(
    key: &Key<Pod>,
    chosen: Option<Tab>,
    scroll: usize,
    view: View<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let inquiry = view
        .model
        .inquiry
        .as_ref()
        .filter(|inquiry| inquiry.pod == *key);
    let tab = shown(inquiry, chosen);
    let (lines, extent) = match inquiry {
        Some(inquiry) => (
            detail::lines(tab, view, inquiry, room, Room::All),
            detail::extent(view, inquiry),
        ),
        None => (
            vec![Line::styled("the Pod is gone", view.theme.dim())],
            String::new(),
        ),
    };
    // The window keeps its size while its pages are turned.
    let high = area.height.saturating_sub(2).max(1);
    let title = format!(
        "Pod {}",
        text::fit(&key.to_string(), room / 2, text::Cut::Middle)
    );
    let inside = window(
        &title,
        "↑↓ scroll · tab next view · esc back",
        view.theme,
        WIDE,
        high,
        area,
        buffer,
    );
    if inside.height < 2 {
        return;
    }
    let head = Rect {
        height: 1,
        ..inside
    };
    Clear.render(head, buffer);
    detail::tabs(view, tab).render(head, buffer);
    let extent = Span::styled(extent, view.theme.dim());
    let wide = u16::try_from(extent.width())
        .unwrap_or(head.width)
        .min(head.width);
    if usize::from(head.width) > usize::from(wide) + 50 {
        extent.render(
            Rect {
                x: head.right() - wide,
                width: wide,
                ..head
            },
            buffer,
        );
    }
    let body = Rect {
        y: inside.y + 1,
        height: inside.height - 1,
        ..inside
    };
    scrolled(lines, scroll, body, buffer);
}
