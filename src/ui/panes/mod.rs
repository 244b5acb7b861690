//! Renders the panes as tables of the rows of `app::panes`.
//!
//! A pane is one file here that implements `PaneView`, and one row of `PaneDrawing::for_pane`. What all have
//! in common, the box, the columns that are shown, and why there are no rows, is drawn here.

mod accounts;
mod column;
mod empty;
mod events;
mod namespaces;
mod pods;
mod secrets;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};

use self::{
    column::{Column, PaneView},
    empty::why_empty,
};
use super::{
    draw_context::DrawContext,
    widgets::{
        pane::{self, PaneTitle},
        table::{Cell, ColumnSpec, Table},
    },
};
use crate::{
    app::{
        connection::KindState,
        coverage,
        panes::{
            Pane, PaneState, SortBy, accounts::ServiceAccounts, events::Events,
            namespaces::Namespaces, pods::Pods, secrets::Secrets,
        },
    },
    domain::{k8s::age, store::watch::Scope},
};

impl DrawContext<'_> {
    fn age(&self, since: Option<Timestamp>) -> Cell {
        let text = since.map_or_else(String::new, |since| age::age(since, self.now));
        Cell::new(text, self.theme.dim())
    }

    fn all_namespaces(&self) -> bool {
        self.model.scope == Scope::Cluster
    }
}

/// Drawing functions of a pane, independent of the type of its rows.
struct PaneDrawing {
    draw: fn(DrawContext<'_>, Rect, &mut Buffer),
    headers: fn() -> Vec<&'static str>,
    /// The orders that the columns stand for.
    #[cfg(test)]
    sorts: fn() -> Vec<SortBy>,
}

impl PaneDrawing {
    /// The table of the panes' drawings.
    fn for_pane(pane: Pane) -> Self {
        match pane {
            Pane::Namespaces => Self::new::<Namespaces>(),
            Pane::Pods => Self::new::<Pods>(),
            Pane::ServiceAccounts => Self::new::<ServiceAccounts>(),
            Pane::Secrets => Self::new::<Secrets>(),
            Pane::Events => Self::new::<Events>(),
        }
    }

    fn new<P: PaneView>() -> Self {
        Self {
            draw: draw_pane::<P>,
            headers: || {
                let columns = P::COLUMNS.iter();
                columns.map(|column| column.spec().header).collect()
            },
            #[cfg(test)]
            sorts: || {
                let columns = P::COLUMNS.iter();
                columns.filter_map(|column| column.sort()).collect()
            },
        }
    }
}

/// Draws one pane.
pub fn draw(pane: Pane, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    (PaneDrawing::for_pane(pane).draw)(cx, area, buffer);
}

/// The titles of a pane's columns.
pub fn titles(pane: Pane) -> impl Iterator<Item = &'static str> {
    let headers = (PaneDrawing::for_pane(pane).headers)().into_iter();
    headers.filter(|header| !header.is_empty())
}

/// Draws the box, and the rows or the reason why there are none.
fn draw_pane<P: PaneView>(cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let state = P::state(&cx.model.panes);
    let focused = cx.model.focus == P::PANE;
    let heading = PaneTitle {
        title: title(P::PANE, cx),
        filter: state.query.filter.text(),
        note: note(cx, state),
        focused,
    };
    let inside = pane::block(&heading, cx.theme, area, buffer);
    if state.list.rows().is_empty() {
        let why = why_empty(cx, state);
        pane::empty(&why, cx.theme.dim(), inside, buffer);
        return;
    }
    let (first, rows) = state.list.visible();
    let columns = shown_columns::<P>(cx);
    let specs: Vec<ColumnSpec> = columns.iter().map(|column| column.spec()).collect();
    let cells = |row| -> Vec<Cell> {
        let Some(object) = P::look_up(cx, row, area) else {
            return Vec::new();
        };
        let cell = |column: &P::Column| P::cell(cx, &object, *column);
        columns.iter().map(cell).collect()
    };
    let sort = state.query.sort;
    let mut sorted = columns.iter().zip(&specs);
    let sorted = sorted.find(|(column, _)| column.sort() == Some(sort.by));
    Table {
        columns: &specs,
        rows: rows.iter().map(cells).collect(),
        selected: state
            .list
            .position()
            .and_then(|position| position.checked_sub(first)),
        focused: focused && cx.model.overlays.is_empty(),
        sorted: sorted.map(|(_, spec)| (spec.header, !sort.reversed)),
    }
    .draw(cx.theme, inside, buffer);
}

/// The columns that the user wants, without the namespace where all rows have the same.
fn shown_columns<P: PaneView>(cx: DrawContext<'_>) -> Vec<P::Column> {
    let chosen = cx.model.preferences.columns.get(&P::PANE);
    let is_wanted = |column: &P::Column| {
        chosen.is_none_or(|chosen| {
            let header = column.spec().header.to_lowercase();
            header.is_empty() || chosen.contains(&header)
        })
    };
    let is_shown = |column: &P::Column| {
        let differs = cx.all_namespaces() || column.sort() != Some(SortBy::Namespace);
        differs && is_wanted(column)
    };
    let columns = P::COLUMNS.iter().copied();
    columns.filter(is_shown).collect()
}

fn title(pane: Pane, cx: DrawContext<'_>) -> String {
    let (info, model) = (pane.info(), cx.model);
    if !info.namespaced {
        return info.title.to_owned();
    }
    let state = model.connection.state_of_kinds(info.shows, &model.scope);
    match &model.scope {
        Scope::Cluster => match coverage::shown_namespaces(model, state) {
            Some(some) => format!("{} · {some}", info.title),
            None => format!("{} · all namespaces", info.title),
        },
        Scope::Namespace(namespace) if coverage::is_namespace_missing(model) => {
            format!("{} · {namespace} (does not exist)", info.title)
        }
        Scope::Namespace(namespace) => format!("{} · {namespace}", info.title),
    }
}

fn note<P: PaneView>(cx: DrawContext<'_>, state: &PaneState<P>) -> String {
    let mut parts = Vec::new();
    if state.query.faults_only {
        parts.push(P::FAULTS_ONLY.to_owned());
    }
    parts.extend(state.extra.note(cx));
    let (model, shows) = (cx.model, P::INFO.shows);
    let unreadable = model.connection.unreadable(shows, &model.scope);
    if !unreadable.is_empty() {
        parts.push(format!("{} not read", unreadable.count()));
    }
    match model.connection.state_of_kinds(shows, &model.scope) {
        KindState::Loading { received } if received > 0 => {
            parts.push(format!("listing, {received} so far"));
        }
        KindState::Stale { since, .. } => {
            let age = age::age(since, cx.now);
            let was_read = model.connection.was_listed(shows, &model.scope);
            parts.push(if was_read {
                format!("stale for {age}")
            } else {
                format!("no answer for {age}")
            });
        }
        KindState::Forbidden {
            as_of: Some(at), ..
        } => parts.push(format!("403, as of {} ago", age::age(at, cx.now))),
        KindState::Loading { .. }
        | KindState::Live
        | KindState::Partial { .. }
        | KindState::Forbidden { as_of: None, .. } => {}
    }
    let rows = state.list.rows().len();
    if let Some(position) = state.list.position() {
        parts.push(format!("{}/{rows}", position + 1));
    }
    parts.join(" · ")
}
