//! Events, newest first; pull failures by symbol and colour.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::panes::{Pane, events},
    domain::{status::Health, world::Line},
    ui::widgets::table::{Cell, Column},
};

const COLUMNS: &[Column] = &[
    Column::new("LAST", 1, 6).right(),
    Column::new("", 0, 1),
    Column::new("OBJECT", 2, 44).gives(18).middle(),
    Column::new("REASON", 3, 24).gives(10),
    Column::new("MESSAGE", 0, 400).grows(40).middle(),
    Column::new("COUNT", 4, 6).right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.events;
    listing(
        Pane::Events,
        view,
        pane,
        COLUMNS,
        |row| cells(view, row),
        area,
        buffer,
    );
}

fn cells(view: View<'_>, row: &events::Row) -> Vec<Cell> {
    let theme = view.theme;
    let Some(line) = view.model.world.event_line(row) else {
        return Vec::new();
    };
    let (symbol, style) = if line.pull_failure {
        theme.health(Health::PullFailing)
    } else if line.warning() {
        theme.health(Health::Failing)
    } else {
        (theme.symbols().quiet, theme.dim())
    };
    let words = if line.pull_failure {
        style
    } else {
        theme.text()
    };
    let count = if line.count > 1 {
        format!("×{}", line.count)
    } else {
        String::new()
    };
    vec![
        view.age(line.last),
        Cell::new(symbol, style),
        Cell::new(object(view, line), theme.text()),
        Cell::new(&*line.event.reason, words),
        Cell::new(&*line.event.message, words),
        Cell::new(count, theme.dim()),
    ]
}

fn object(view: View<'_>, line: &Line) -> String {
    let subject = &line.event.subject;
    match &subject.namespace {
        Some(namespace) if view.all_namespaces() => {
            format!("{namespace} {}/{}", subject.kind, subject.name)
        }
        _ => format!("{}/{}", subject.kind, subject.name),
    }
}
