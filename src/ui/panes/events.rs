//! Events, newest first; pull failures by symbol and colour, folded into stories with cause and fix.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::panes::{
        Pane,
        events::{self, Start, Step, StoryId},
    },
    domain::{
        age,
        objects::{Subject, WorkloadKind},
        pull,
        status::Health,
        world::Line,
    },
    ui::{
        text,
        widgets::table::{Cell, ColumnSpec},
    },
};

pub(super) const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("LAST", 1, 6).align_right(),
    ColumnSpec::new("", 0, 1),
    ColumnSpec::new("OBJECT", 2, 44)
        .min_width(18)
        .truncate_name(),
    ColumnSpec::new("REASON", 1, 24).min_width(10),
    ColumnSpec::new("MESSAGE", 0, 400)
        .flex(30)
        .truncate_middle(),
    ColumnSpec::new("FIX", 3, 60).min_width(20),
    ColumnSpec::new("COUNT", 4, 6).align_right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.events;
    listing(
        Pane::Events,
        view,
        pane,
        COLUMNS,
        |row| cells(view, row, area.width < NARROW),
        area,
        buffer,
    );
}

/// Below this many columns objects are named without their kinds.
const NARROW: u16 = 100;

fn cells(view: View<'_>, row: &events::Row, narrow: bool) -> Vec<Cell> {
    match row {
        events::Row::Line(key) => match view.model.world.event_line(key) {
            Some(line) => line_cells(view, line, narrow),
            None => Vec::new(),
        },
        events::Row::Story(id) => story_cells(view, id, narrow),
        events::Row::Start(owner) => start_cells(view, owner, narrow),
    }
}

fn line_cells(view: View<'_>, line: &Line, narrow: bool) -> Vec<Cell> {
    let theme = view.theme;
    let (symbol, style) = theme.event(line);
    let words = if line.pull_failure {
        style
    } else {
        theme.text()
    };
    vec![
        view.age(line.last),
        Cell::new(symbol, style),
        Cell::new(object(view, line, narrow), theme.text()),
        Cell::new(&*line.event.reason, words),
        Cell::new(&*line.event.message, words),
        Cell::new("", theme.dim()),
        Cell::new(times(line.count), theme.dim()),
    ]
}

/// One fault of one workload: what it is, what was said, what helps.
fn story_cells(view: View<'_>, id: &StoryId, narrow: bool) -> Vec<Cell> {
    let theme = view.theme;
    let told = view.model.panes.stories.told.get(id);
    let (Some(story), Some(fault)) = (told, view.model.verdicts.fault(&id.fault)) else {
        return Vec::new();
    };
    let (symbol, style) = theme.health(Health::PullFailing);
    let message = story.error.as_deref().map_or_else(
        || fault.finding.summary(),
        |error| pull::essence(error).to_owned(),
    );
    let fix = fault.finding.first_fix().unwrap_or_default();
    let last = match story.last {
        Some(_) => view.age(story.last),
        // Its events have expired; the statuses of its Pods still say it.
        None => Cell::new("status", theme.dim()),
    };
    vec![
        last,
        Cell::new(symbol, style),
        Cell::new(
            owner(view, &id.owner, story.pods.len(), narrow),
            theme.text(),
        ),
        Cell::new(fault.finding.title(), style),
        Cell::new(message, theme.text()),
        Cell::new(fix, theme.accent()),
        Cell::new(times(story.count), theme.dim()),
    ]
}

/// The Pods of one workload on their way up: how far they are, and how long the pull took.
fn start_cells(view: View<'_>, id: &Subject, narrow: bool) -> Vec<Cell> {
    let theme = view.theme;
    let Some(start) = view.model.panes.stories.starts.get(id) else {
        return Vec::new();
    };
    let newest = start.newest.as_ref();
    let newest = newest.and_then(|key| view.model.world.event_line(key));
    let event = newest.map(|line| &*line.event);
    let reached = match (start.pods.len(), event) {
        (0, Some(event)) => event.reason.to_string(),
        (pods, _) => reached(start, pods),
    };
    let message = pulled(start).or_else(|| event.map(|event| event.message.to_string()));
    vec![
        view.age(start.last),
        Cell::new(theme.symbols().quiet, theme.dim()),
        Cell::new(owner(view, id, start.pods.len(), narrow), theme.text()),
        Cell::new(reached, theme.text()),
        Cell::new(message.unwrap_or_default(), theme.text()),
        Cell::new("", theme.dim()),
        Cell::new("", theme.dim()),
    ]
}

fn reached(start: &Start, pods: usize) -> String {
    match start.slowest() {
        Some(Step::Started) => Step::Started.title().to_owned(),
        Some(step) if pods == 1 => step.title().to_owned(),
        _ => format!("{} of {pods} started", start.started()),
    }
}

/// `pulled in 2.9 s to 3.4 s (88 MB): ghcr.io/acme/search:3.1`; where it is cut in the middle, both how long
/// and which tag are left.
fn pulled(start: &Start) -> Option<String> {
    let image = start.image.as_deref()?;
    let Some((least, most)) = start.pulls else {
        return Some(match start.slowest()? {
            Step::Scheduled | Step::Pulling => image.to_owned(),
            Step::Pulled | Step::Created | Step::Started => {
                format!("on the node already: {image}")
            }
        });
    };
    let took = match (age::took(least.took), age::took(most.took)) {
        (least, most) if least == most => most,
        (least, most) => format!("{least} to {most}"),
    };
    let size = most
        .size
        .map_or_else(String::new, |bytes| format!(" ({})", text::size(bytes)));
    Some(format!("pulled in {took}{size}: {image}"))
}

/// Whose Pods a folded row is about, and how many of them.
fn owner(view: View<'_>, owner: &Subject, pods: usize, narrow: bool) -> String {
    let short = match owner {
        Subject::Pod(key) if narrow => key.name.to_string(),
        Subject::Pod(key) => format!("pod/{}", key.name),
        Subject::Workload(id) if narrow => id.key.name.to_string(),
        Subject::Workload(id) => id.short(),
    };
    let owner = if view.all_namespaces() {
        format!("{} {short}", owner.namespace())
    } else {
        short
    };
    match pods {
        0 | 1 => owner,
        pods => format!("{owner} ×{pods}"),
    }
}

fn times(count: u32) -> String {
    if count > 1 {
        format!("×{count}")
    } else {
        String::new()
    }
}

fn object(view: View<'_>, line: &Line, narrow: bool) -> String {
    let subject = &line.event.subject;
    let name = if narrow {
        subject.name.to_string()
    } else {
        format!("{}/{}", short(&subject.kind), subject.name)
    };
    match &subject.namespace {
        Some(namespace) if view.all_namespaces() => format!("{namespace} {name}"),
        _ => name,
    }
}

/// A kind as kubectl takes it on its command line.
fn short(kind: &str) -> String {
    let known = WorkloadKind::ALL
        .into_iter()
        .find(|known| known.as_str() == kind);
    known.map_or_else(|| kind.to_lowercase(), |known| known.short().to_owned())
}
