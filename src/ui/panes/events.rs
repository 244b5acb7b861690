//! Events, newest first; pull failures by symbol and colour, folded into stories with cause and fix.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::panes::{
        Pane,
        events::{self, StoryId},
    },
    domain::{pull, status::Health, world::Line},
    ui::widgets::table::{Cell, Column},
};

pub(super) const COLUMNS: &[Column] = &[
    Column::new("LAST", 1, 6).right(),
    Column::new("", 0, 1),
    Column::new("OBJECT", 2, 44).gives(18).middle(),
    Column::new("REASON", 1, 24).gives(10),
    Column::new("MESSAGE", 0, 400).grows(30).middle(),
    Column::new("FIX", 3, 60).gives(20),
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
    match row {
        events::Row::Line(key) => match view.model.world.event_line(key) {
            Some(line) => line_cells(view, line),
            None => Vec::new(),
        },
        events::Row::Story(id) => story_cells(view, id),
    }
}

fn line_cells(view: View<'_>, line: &Line) -> Vec<Cell> {
    let theme = view.theme;
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
    vec![
        view.age(line.last),
        Cell::new(symbol, style),
        Cell::new(object(view, line), theme.text()),
        Cell::new(&*line.event.reason, words),
        Cell::new(&*line.event.message, words),
        Cell::new("", theme.dim()),
        Cell::new(times(line.count), theme.dim()),
    ]
}

/// One fault of one workload: what it is, what was said, what helps.
fn story_cells(view: View<'_>, id: &StoryId) -> Vec<Cell> {
    let theme = view.theme;
    let told = view.model.panes.stories.told.get(id);
    let (Some(story), Some(fault)) = (told, view.model.verdicts.fault(&id.fault)) else {
        return Vec::new();
    };
    let (symbol, style) = theme.health(Health::PullFailing);
    let owner = match (&id.owner, story.pods.len()) {
        (owner, 0 | 1) => owner.to_string(),
        (owner, pods) => format!("{owner} ×{pods}"),
    };
    let owner = if view.all_namespaces() {
        format!("{} {owner}", id.owner.namespace())
    } else {
        owner
    };
    let message = story.error.as_deref().map_or_else(
        || fault.finding.summary(),
        |error| pull::essence(error).to_owned(),
    );
    let fix = fault.finding.fixes.first().map_or("", |fix| fix.title());
    let last = match story.last {
        Some(_) => view.age(story.last),
        // Its events have expired; the statuses of its Pods still say it.
        None => Cell::new("status", theme.dim()),
    };
    vec![
        last,
        Cell::new(symbol, style),
        Cell::new(owner, theme.text()),
        Cell::new(fault.finding.title(), style),
        Cell::new(message, theme.text()),
        Cell::new(fix, theme.accent()),
        Cell::new(times(story.count), theme.dim()),
    ]
}

fn times(count: u32) -> String {
    if count > 1 {
        format!("×{count}")
    } else {
        String::new()
    }
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
