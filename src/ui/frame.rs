//! The screen: divided by its size, then drawn from the model.

use jiff::Timestamp;
use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Position, Rect},
};

use super::{
    chrome, overlay,
    panes::{self, View},
    theme::Theme,
};
use crate::app::{model::Model, panes::Pane, refresh::Heights};

/// From here on all five panes are side by side.
const WIDE: u16 = 100;
const HIGH: u16 = 30;

/// Where everything is on a screen of this size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub area: Rect,
    pub header: Rect,
    pub tabs: Option<Rect>,
    pub panes: Vec<(Pane, Rect)>,
    pub footer: Rect,
}

/// Divides the screen.
pub fn layout(area: Rect, focus: Pane) -> Layout {
    if area.width >= WIDE && area.height >= HIGH {
        wide(area)
    } else {
        narrow(area, focus)
    }
}

/// ```text
/// header
/// ╭ Namespaces ╮╭ Pods ──────────────────╮
/// ╰────────────╯╰────────────────────────╯
/// ╭ ServiceAccounts ──╮╭ Secrets ────────╮
/// ╰───────────────────╯╰─────────────────╯
/// ╭ Events ──────────────────────────────╮
/// ╰──────────────────────────────────────╯
/// footer
/// ```
fn wide(area: Rect) -> Layout {
    let [header, body, footer] = Split::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let [top, middle, events] = Split::vertical([
        Constraint::Fill(9),
        Constraint::Fill(5),
        Constraint::Fill(6),
    ])
    .areas(body);
    let [namespaces, pods] =
        Split::horizontal([Constraint::Max(28), Constraint::Fill(3)]).areas(Rect {
            width: area.width,
            ..top
        });
    let [accounts, secrets] =
        Split::horizontal([Constraint::Fill(9), Constraint::Fill(11)]).areas(middle);
    Layout {
        area,
        header,
        tabs: None,
        panes: vec![
            (Pane::Namespaces, namespaces),
            (Pane::Pods, pods),
            (Pane::ServiceAccounts, accounts),
            (Pane::Secrets, secrets),
            (Pane::Events, events),
        ],
        footer,
    }
}

/// ```text
/// header
///  Namespaces  Pods  ServiceAccounts  …
/// ╭ the focused pane ────────────────────╮
/// ╰──────────────────────────────────────╯
/// ╭ Events (when there is room) ─────────╮
/// ╰──────────────────────────────────────╯
/// footer
/// ```
fn narrow(area: Rect, focus: Pane) -> Layout {
    let below = if focus != Pane::Events && area.height >= 18 {
        (area.height / 3).min(9)
    } else {
        0
    };
    let [header, tabs, pane, events, footer] = Split::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(below),
        Constraint::Length(1),
    ])
    .areas(area);
    let mut panes = vec![(focus, pane)];
    if below > 0 {
        panes.push((Pane::Events, events));
    }
    Layout {
        area,
        header,
        tabs: Some(tabs),
        panes,
        footer,
    }
}

impl Layout {
    /// Rows that each pane has room for: its box less border and heading.
    pub fn heights(&self) -> Heights {
        Pane::ALL.map(|pane| {
            self.panes
                .iter()
                .find(|(shown, _)| *shown == pane)
                .map_or(0, |(_, area)| usize::from(area.height.saturating_sub(3)))
        })
    }

    /// The pane at a cell, and the row below its heading.
    pub fn hit(&self, column: u16, row: u16) -> Option<(Pane, Option<usize>)> {
        let (pane, area) = self
            .panes
            .iter()
            .find(|(_, area)| area.contains(Position::new(column, row)))?;
        let first = area.y + 2;
        let inside = row >= first && row + 1 < area.bottom();
        Some((*pane, inside.then(|| usize::from(row - first))))
    }
}

/// Draws the model.
pub fn draw(model: &Model, theme: &Theme, now: Timestamp, frame: &mut Frame<'_>) {
    let layout = layout(frame.area(), model.focus);
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
    chrome::footer(view, layout.footer, buffer);
    overlay::draw(view, layout, buffer);
}
