//! Screen layout: the areas of panes, header and footer for a terminal size, independent of model and cells.

use ratatui::layout::{Constraint, Layout as Split, Position, Rect};

use crate::app::{
    panes::{Pane, PerPane},
    refresh::Heights,
};

/// Width from which all panes are side by side.
const WIDE: u16 = 100;
const HIGH: u16 = 30;

/// Height from which the detail area is shown.
const HIGH_WITH_DETAIL: u16 = 36;

/// The areas of a screen of this size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub area: Rect,
    pub header: Rect,
    pub tabs: Option<Rect>,
    /// `None`: the pane is not shown.
    pub panes: PerPane<Option<Rect>>,
    /// One row, from the registry to the Pod.
    pub chain: Option<Rect>,
    pub detail: Option<Rect>,
    pub footer: Rect,
}

impl Layout {
    /// Divides the screen; a narrow one shows only the focused pane.
    pub fn new(area: Rect, focus: Pane) -> Self {
        if area.width >= WIDE && area.height >= HIGH {
            wide(area)
        } else {
            narrow(area, focus)
        }
    }

    /// Number of rows that fit in each pane, without border and heading.
    pub fn heights(&self) -> Heights {
        PerPane::from_fn(|pane| {
            let area = self.panes.get(pane);
            area.map_or(0, |area| usize::from(area.height.saturating_sub(3)))
        })
    }

    /// The visible panes.
    pub fn visible_panes(&self) -> impl Iterator<Item = (Pane, Rect)> {
        let area = |pane| Some((pane, (*self.panes.get(pane))?));
        Pane::ALL.into_iter().filter_map(area)
    }

    /// The pane at a cell, and the row below its heading.
    pub fn hit_test(&self, column: u16, row: u16) -> Option<(Pane, Option<usize>)> {
        let mut panes = self.visible_panes();
        let (pane, area) = panes.find(|(_, area)| area.contains(Position::new(column, row)))?;
        let first = area.y + 2;
        let inside = row >= first && row + 1 < area.bottom();
        Some((pane, inside.then(|| usize::from(row - first))))
    }
}

/// ```text
/// header
/// ╭ Namespaces ╮╭ Pods ──────────────────╮
/// ╰────────────╯╰────────────────────────╯
/// ╭ ServiceAccounts ──╮╭ Secrets ────────╮
/// ╰───────────────────╯╰─────────────────╯
///  registry ◂── Secret ◂── ServiceAccount
/// ╭ Diagnosis ───────────────────────────╮
/// ╰──────────────────────────────────────╯
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
    let about = if area.height >= HIGH_WITH_DETAIL {
        8
    } else {
        0
    };
    let [top, middle, chain, detail, events] = Split::vertical([
        Constraint::Fill(10),
        Constraint::Fill(6),
        Constraint::Length(1),
        Constraint::Length(about + body.height.saturating_sub(40) / 5),
        Constraint::Fill(7),
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
        panes: PerPane {
            namespaces: Some(namespaces),
            pods: Some(pods),
            accounts: Some(accounts),
            secrets: Some(secrets),
            events: Some(events),
        },
        chain: Some(chain),
        detail: (detail.height > 0).then_some(detail),
        footer,
    }
}

/// ```text
/// header
///  Namespaces  Pods  ServiceAccounts  …
/// ╭ the focused pane ────────────────────╮
/// ╰──────────────────────────────────────╯
///  registry ◂── Secret ◂── ServiceAccount
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
    let strip = u16::from(area.height >= 22);
    let [header, tabs, pane, chain, events, footer] = Split::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(strip),
        Constraint::Length(below),
        Constraint::Length(1),
    ])
    .areas(area);
    let mut panes = PerPane::default();
    *panes.get_mut(focus) = Some(pane);
    if below > 0 {
        panes.events = Some(events);
    }
    Layout {
        area,
        header,
        tabs: Some(tabs),
        panes,
        chain: (strip > 0).then_some(chain),
        detail: None,
        footer,
    }
}
