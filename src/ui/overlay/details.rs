//! The details overlay: one object in one of its tabs.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Span,
    widgets::Widget,
};

use super::{
    above_footer,
    window::{self, Window, render_scrolled},
};
use crate::app::action::Action;
use crate::ui::key_hints::{BACK, SCROLL};
use crate::{
    app::{
        detail::{Details, Tab},
        pod_inspection::PodInspection,
        shown,
    },
    ui::{
        detail::{self, HeightBudget},
        draw_context::DrawContext,
        layout::Layout,
    },
};

const WIDE: u16 = 140;

/// No limit of rows.
const FULL: usize = usize::MAX;

/// Width from which the confidence of a diagnosis fits beside the tabs.
const WIDE_WITH_EXTENT: u16 = 90;

/// Draws the overlay; returns how far its text can be scrolled.
pub(super) fn draw(
    details: &Details,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<usize> {
    let object = &details.object;
    let inspection = cx
        .model
        .inspection
        .as_ref()
        .filter(|inspection| Some(&inspection.pod) == object.pod());
    let tab = shown(inspection, details);
    let title = object.to_string();
    let window = Window {
        title: &title,
        hint: &cx.hints(&[SCROLL, (&[Action::NextTab], "next view"), BACK]),
        wide: WIDE,
    };
    let inside = window.render(FULL, cx.theme, room_for(area), buffer);
    if inside.height < 2 {
        return None;
    }
    let head = Rect {
        height: 1,
        ..inside
    };
    detail::tabs(cx, object, tab).render(head, buffer);
    extent(cx, inspection, head, buffer);
    let body = Rect {
        y: inside.y + 1,
        height: inside.height - 1,
        ..inside
    };
    if matches!(tab, Tab::Yaml | Tab::Logs) {
        return Some(detail::text_view::draw(tab, details, cx, body, buffer));
    }
    let room = usize::from(body.width);
    let lines = detail::lines(tab, cx, object, inspection, room, HeightBudget::All);
    Some(render_scrolled(lines, details.scroll, body, buffer))
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
fn extent(
    cx: DrawContext<'_>,
    inspection: Option<&PodInspection>,
    head: Rect,
    buffer: &mut Buffer,
) {
    let extent = inspection.map_or_else(String::new, |inspection| {
        detail::confidence_label(cx, inspection)
    });
    let extent = Span::styled(extent, cx.theme.dim());
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

/// Position of the cursor in the search field below the tabs.
pub(super) fn cursor(details: &Details, layout: &Layout) -> Option<Position> {
    let find = details.find.as_ref().filter(|find| find.typing)?;
    let place = window::centered(WIDE, FULL, room_for(above_footer(layout)));
    let typed = u16::try_from(find.input.visual_cursor()).ok()?;
    // Behind border, blank and slash.
    Some(Position::new(place.x + 3 + typed, place.y + 2))
}
