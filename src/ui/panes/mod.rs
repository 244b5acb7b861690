//! The five panes, each a table of what its namesake in `app::panes` lists.

mod accounts;
mod events;
mod namespaces;
mod pods;
mod secrets;

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    view::View,
    widgets::{
        pane::{self, Heading},
        table::{Cell, Column, Table},
    },
};
use crate::{
    app::{
        action::SortBy,
        connection::{KindState, Phase},
        coverage,
        panes::{Pane, PaneState, Sort},
    },
    domain::{age, watch::Scope},
};

impl View<'_> {
    fn age(&self, since: Option<Timestamp>) -> Cell {
        let text = since.map_or_else(String::new, |since| age::age(since, self.now));
        Cell::new(text, self.theme.dim())
    }

    /// These columns, without the namespace where all rows have the same.
    fn columns(&self, all: &[Column]) -> Vec<Column> {
        let wanted = |column: &&Column| self.all_namespaces() || column.title != "NAMESPACE";
        all.iter().filter(wanted).copied().collect()
    }

    fn all_namespaces(&self) -> bool {
        self.model.scope == Scope::Cluster
    }
}

/// Draws one pane.
pub fn draw(pane: Pane, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    match pane {
        Pane::Namespaces => namespaces::draw(view, area, buffer),
        Pane::Pods => pods::draw(view, area, buffer),
        Pane::ServiceAccounts => accounts::draw(view, area, buffer),
        Pane::Secrets => secrets::draw(view, area, buffer),
        Pane::Events => events::draw(view, area, buffer),
    }
}

/// The titles of a pane's columns.
pub fn titles(pane: Pane) -> impl Iterator<Item = &'static str> {
    let columns = match pane {
        Pane::Namespaces => namespaces::COLUMNS,
        Pane::Pods => pods::COLUMNS,
        Pane::ServiceAccounts => accounts::COLUMNS,
        Pane::Secrets => secrets::COLUMNS,
        Pane::Events => events::COLUMNS,
    };
    let titles = columns.iter().map(|column| column.title);
    titles.filter(|title| !title.is_empty())
}

/// Which of the columns the user wants; the symbol of a row has no title and is always there.
fn wanted(pane: Pane, view: View<'_>, columns: &[Column]) -> Vec<bool> {
    let chosen = view.model.preferences.columns.get(&pane);
    let is_wanted = |column: &Column| {
        let title = column.title.to_lowercase();
        title.is_empty() || chosen.is_none_or(|chosen| chosen.contains(&title))
    };
    columns.iter().map(is_wanted).collect()
}

/// What stands where the mask says so.
fn masked<T>(items: impl IntoIterator<Item = T>, mask: &[bool]) -> Vec<T> {
    let shown = items.into_iter().zip(mask).filter(|(_, shown)| **shown);
    shown.map(|(item, _)| item).collect()
}

/// Draws the box, and the rows or the reason why there are none.
fn listing<K: Clone + PartialEq>(
    pane: Pane,
    view: View<'_>,
    state: &PaneState<K>,
    columns: &[Column],
    cells: impl Fn(&K) -> Vec<Cell>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let focused = view.model.focus == pane;
    let heading = Heading {
        title: title(pane, view),
        filter: state.filter.text(),
        note: note(pane, view, state),
        focused,
    };
    let inside = pane::frame(&heading, view.theme, area, buffer);
    if state.list.rows().is_empty() {
        pane::empty(
            &why_empty(pane, view, state),
            view.theme.dim(),
            inside,
            buffer,
        );
        return;
    }
    let (first, rows) = state.list.visible();
    let mask = wanted(pane, view, columns);
    Table {
        columns: &masked(columns.iter().copied(), &mask),
        rows: rows.iter().map(|row| masked(cells(row), &mask)).collect(),
        selected: state
            .list
            .position()
            .and_then(|position| position.checked_sub(first)),
        focused: focused && view.model.overlays.is_empty(),
        sorted: Some((sorted_title(pane, state.sort), !state.sort.reversed)),
    }
    .draw(view.theme, inside, buffer);
}

fn title(pane: Pane, view: View<'_>) -> String {
    let model = view.model;
    let state = model.connection.of(|kind| pane.shows(kind), &model.scope);
    match (pane, &model.scope) {
        (Pane::Namespaces, _) => pane.title().to_owned(),
        (_, Scope::Cluster) => match coverage::shown_namespaces(model, state) {
            Some(some) => format!("{} · {some}", pane.title()),
            None => format!("{} · all namespaces", pane.title()),
        },
        (_, Scope::Namespace(namespace)) if coverage::is_namespace_missing(model) => {
            format!("{} · {namespace} (does not exist)", pane.title())
        }
        (_, Scope::Namespace(namespace)) => format!("{} · {namespace}", pane.title()),
    }
}

fn note<K: Clone + PartialEq>(pane: Pane, view: View<'_>, state: &PaneState<K>) -> String {
    let mut parts = Vec::new();
    if state.faults_only {
        parts.push(if pane == Pane::Events {
            "pull failures only".to_owned()
        } else {
            "faults only".to_owned()
        });
    }
    if pane == Pane::Events && view.model.panes.stories.hold {
        parts.push("paused: p goes on".to_owned());
    }
    let model = view.model;
    let unreadable = model
        .connection
        .unreadable(|kind| pane.shows(kind), &model.scope);
    if !unreadable.is_empty() {
        parts.push(format!("{} not read", unreadable.count()));
    }
    match model.connection.of(|kind| pane.shows(kind), &model.scope) {
        KindState::Loading { received } if received > 0 => {
            parts.push(format!("listing, {received} so far"));
        }
        KindState::Stale { since, .. } => {
            let age = age::age(since, view.now);
            let was_read = model
                .connection
                .was_read(|kind| pane.shows(kind), &model.scope);
            parts.push(if was_read {
                format!("stale for {age}")
            } else {
                format!("no answer for {age}")
            });
        }
        KindState::Forbidden {
            as_of: Some(at), ..
        } => parts.push(format!("403, as of {} ago", age::age(at, view.now))),
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

/// The heading of the column that the pane is sorted by.
fn sorted_title(pane: Pane, sort: Sort) -> &'static str {
    match (pane, sort.by) {
        (Pane::Events, SortBy::Age) => "LAST",
        (Pane::Events, SortBy::Name) => "OBJECT",
        (Pane::Events, SortBy::Count) => "COUNT",
        (Pane::Events, SortBy::Status) => "REASON",
        (Pane::Namespaces, SortBy::Status) => "FAIL",
        (Pane::ServiceAccounts, SortBy::Status) => "PULL SECRETS",
        (Pane::Secrets, SortBy::Status) => "CREDENTIAL",
        (Pane::Pods, SortBy::Count) => "RESTARTS",
        (Pane::ServiceAccounts, SortBy::Count) => "PODS",
        (_, SortBy::Count) => "USED BY",
        (_, SortBy::Name) => "NAME",
        (_, SortBy::Namespace) => "NAMESPACE",
        (_, SortBy::Status) => "STATUS",
        (_, SortBy::Age) => "AGE",
    }
}

/// Why the pane has no rows, and what to press.
fn why_empty<K: Clone + PartialEq>(
    pane: Pane,
    view: View<'_>,
    pane_state: &PaneState<K>,
) -> Vec<String> {
    let model = view.model;
    match &model.connection.phase {
        Phase::Connecting { .. } => return vec!["connecting…".to_owned()],
        Phase::Failed { .. } => return vec!["not connected".to_owned()],
        Phase::Connected(_) => {}
    }
    let state = model.connection.of(|kind| pane.shows(kind), &model.scope);
    match state {
        KindState::Forbidden { missing, .. } => {
            return vec![
                format!("forbidden: you may not {missing}"),
                "next: :ns NAME for a namespace where you may, or ask for a Role:".to_owned(),
                missing.role_command(),
            ];
        }
        KindState::Loading { .. } => return vec!["listing…".to_owned()],
        KindState::Stale { why, .. }
            if !model
                .connection
                .was_read(|kind| pane.shows(kind), &model.scope) =>
        {
            return vec![
                format!("not read yet: {why}"),
                "it is tried again".to_owned(),
            ];
        }
        KindState::Live | KindState::Partial { .. } | KindState::Stale { .. } => {}
    }
    if !pane_state.filter.is_empty() {
        return vec![
            format!("nothing fits /{}", pane_state.filter.text()),
            "next: esc drops the filter".to_owned(),
        ];
    }
    if pane_state.faults_only {
        let what = match pane {
            Pane::Events => "no pull failure here",
            _ => "nothing fails here",
        };
        return vec![what.to_owned(), "next: ctrl-z shows all".to_owned()];
    }
    let place = match &model.scope {
        Scope::Namespace(namespace)
            if pane != Pane::Namespaces && coverage::is_namespace_missing(model) =>
        {
            return vec![
                format!("Namespace {namespace} does not exist"),
                "next: :ns NAME".to_owned(),
            ];
        }
        Scope::Cluster => "in any namespace".to_owned(),
        Scope::Namespace(namespace) => format!("in namespace {namespace}"),
    };
    let what = match pane {
        Pane::Namespaces => {
            return vec![
                "no namespace is known".to_owned(),
                "next: :ns NAME".to_owned(),
            ];
        }
        Pane::Pods => "no Pods",
        Pane::ServiceAccounts => "no ServiceAccounts",
        Pane::Secrets => "no pull Secrets",
        Pane::Events => "no events",
    };
    if let KindState::Partial { missing, .. } = state {
        return vec![
            format!("{what} in the namespaces that you may list"),
            "next: :ns NAME for another one, or ask for a Role:".to_owned(),
            missing.role_command(),
        ];
    }
    let unreadable = model
        .connection
        .unreadable(|kind| pane.shows(kind), &model.scope);
    if !unreadable.is_empty() {
        return vec![
            format!("{what} {place} that could be read"),
            format!("not read: {unreadable}"),
        ];
    }
    let mut lines = vec![format!("{what} {place}")];
    match pane {
        Pane::Events => lines.push("they expire after an hour".to_owned()),
        Pane::Pods => lines.push("next: + sets up a private image, step by step".to_owned()),
        Pane::Secrets => lines.push("next: + makes one".to_owned()),
        Pane::Namespaces | Pane::ServiceAccounts => {}
    }
    if model.scope != Scope::Cluster {
        lines.push("next: 0 shows all namespaces".to_owned());
    }
    lines
}
