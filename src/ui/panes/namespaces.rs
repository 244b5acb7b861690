//! Namespaces with the number of Pods that fail in each.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{View, listing};
use crate::{
    app::{
        connection::KindState,
        panes::{Pane, namespaces},
    },
    domain::{
        key::Namespace,
        status::Health,
        watch::{Scope, WatchKind},
        world::Tally,
    },
    ui::widgets::table::{Cell, Column},
};

pub(super) const COLUMNS: &[Column] = &[
    Column::new("", 0, 1),
    Column::new("NAME", 0, 63).grows(12).middle(),
    Column::new("FAIL", 1, 8).right(),
    Column::new("AGE", 2, 6).right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.namespaces;
    listing(
        Pane::Namespaces,
        view,
        pane,
        COLUMNS,
        |row| cells(view, row),
        area,
        buffer,
    );
}

fn cells(view: View<'_>, row: &namespaces::Row) -> Vec<Cell> {
    let (theme, world) = (view.theme, &view.model.world);
    let (tally, name, created, terminating) = match row {
        None => (total(view), "all".to_owned(), None, false),
        Some(name) => {
            let object = world.namespace(name);
            (
                namespaces::tally(world, name),
                name.to_string(),
                object.and_then(|namespace| namespace.meta.created),
                object.is_some_and(|namespace| namespace.terminating),
            )
        }
    };
    let read = are_pods_read(view, row.as_ref());
    let (symbol, style) = symbol(view, tally, read);
    let failing = match tally.pull_failing + tally.failing {
        0 if !read => Cell::new("?", theme.dim()),
        0 => Cell::new(theme.symbols().quiet, theme.dim()),
        failing => Cell::new(failing.to_string(), style),
    };
    let name = if terminating {
        format!("{name} (terminating)")
    } else {
        name
    };
    let name_style = if terminating {
        theme.dim()
    } else {
        theme.text()
    };
    vec![
        Cell::new(symbol, style),
        Cell::new(name, name_style),
        failing,
        view.age(created),
    ]
}

/// Whether all Pods of the namespace were read, or of the cluster.
fn are_pods_read(view: View<'_>, namespace: Option<&Namespace>) -> bool {
    let scope = namespace.cloned().map_or(Scope::Cluster, Scope::Namespace);
    let connection = &view.model.connection;
    match connection.of(|kind| kind == WatchKind::Pods, &scope) {
        KindState::Forbidden { .. } | KindState::Partial { .. } => false,
        KindState::Loading { .. } | KindState::Live => true,
        KindState::Stale { .. } => connection.was_read(|kind| kind == WatchKind::Pods, &scope),
    }
}

fn symbol(view: View<'_>, tally: Tally, read: bool) -> (&'static str, Style) {
    if tally.pull_failing > 0 {
        view.theme.health(Health::PullFailing)
    } else if tally.failing > 0 {
        view.theme.health(Health::Failing)
    } else if tally.pods > 0 && read {
        view.theme.health(Health::Healthy)
    } else {
        (view.theme.symbols().quiet, view.theme.dim())
    }
}

fn total(view: View<'_>) -> Tally {
    view.model
        .world
        .tallies()
        .values()
        .fold(Tally::default(), |sum, tally| Tally {
            pods: sum.pods + tally.pods,
            pull_failing: sum.pull_failing + tally.pull_failing,
            failing: sum.failing + tally.failing,
        })
}
