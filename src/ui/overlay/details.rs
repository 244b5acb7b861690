//! One object in full, in one of its views.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Span,
    widgets::{Paragraph, Widget},
};

use super::{above_footer, window};
use crate::{
    app::{
        detail::{Details, Tab},
        inquiry::Inquiry,
        shown,
    },
    ui::{
        detail::{self, Room},
        layout::Layout,
        text,
        view::View,
    },
};

const WIDE: u16 = 140;

/// From here on there is room beside the tabs for how sure a diagnosis is.
const WIDE_WITH_EXTENT: u16 = 90;

pub(super) fn draw(details: &Details, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let object = &details.object;
    let inquiry = view
        .model
        .inquiry
        .as_ref()
        .filter(|inquiry| Some(&inquiry.pod) == object.pod());
    let tab = shown(inquiry, details);
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let title = object.to_string();
    let title = text::fit(&title, room * 2 / 3, text::Cut::Middle);
    let inside = window(
        &title,
        "↑↓ scroll · tab next view · esc back",
        view.theme,
        WIDE,
        u16::MAX,
        room_for(area),
        buffer,
    );
    if inside.height < 2 {
        return;
    }
    let head = Rect {
        height: 1,
        ..inside
    };
    detail::tabs(view, object, tab).render(head, buffer);
    extent(view, inquiry, head, buffer);
    let body = Rect {
        y: inside.y + 1,
        height: inside.height - 1,
        ..inside
    };
    if matches!(tab, Tab::Yaml | Tab::Logs) {
        detail::raw::draw(tab, details, view, body, buffer);
        return;
    }
    let lines = detail::lines(tab, view, object, inquiry, room, Room::All);
    let first = details.scroll.first(lines.len(), usize::from(body.height));
    let first = u16::try_from(first).unwrap_or(u16::MAX);
    Paragraph::new(lines)
        .scroll((first, 0))
        .render(body, buffer);
}

/// Everything but the header, whatever is on the page: the window keeps its size while pages are turned.
fn room_for(area: Rect) -> Rect {
    let header = area.height.min(1);
    Rect {
        y: area.y + header,
        height: area.height - header,
        ..area
    }
}

/// How sure the diagnosis is, at the right of the tabs.
fn extent(view: View<'_>, inquiry: Option<&Inquiry>, head: Rect, buffer: &mut Buffer) {
    let extent = inquiry.map_or_else(String::new, |inquiry| detail::extent(view, inquiry));
    let extent = Span::styled(extent, view.theme.dim());
    let wide = u16::try_from(extent.width())
        .unwrap_or(head.width)
        .min(head.width);
    if head.width > WIDE_WITH_EXTENT {
        let place = Rect {
            x: head.right() - wide,
            width: wide,
            ..head
        };
        extent.render(place, buffer);
    }
}

/// Where the cursor stands while words to look for are typed: in the line under the tabs.
pub(super) fn cursor(details: &Details, layout: &Layout) -> Option<Position> {
    let find = details.find.as_ref().filter(|find| find.typing)?;
    let area = room_for(above_footer(layout));
    let left = area.x + (area.width - WIDE.min(area.width)) / 2;
    let typed = u16::try_from(find.input.visual_cursor()).ok()?;
    Some(Position::new(left + 3 + typed, area.y + 2))
}
