//! The Events table, newest first; pull failures are grouped with cause and fix.

use std::borrow::Cow;

use ratatui::{layout::Rect, style::Style};

use super::{
    DrawContext,
    column::{self, PaneView, columns},
};
use crate::app::{action::Action, keymap::Context, panes::Pane};
use crate::{
    app::panes::{
        SortBy,
        events::{EventGroup, EventGroupId, Events, Row, StartupGroup, StartupStep},
    },
    domain::{
        diagnostics::LABEL_WIDTH,
        diagnostics::grouping::Fault,
        k8s::{
            age,
            objects::{Subject, WorkloadKind},
            pod_status::PodHealth,
            pull_failure,
        },
        store::EventSeries,
    },
    ui::{
        text,
        widgets::table::{Cell, ColumnSpec},
    },
};

columns! {
    Last,
    Symbol,
    Object,
    Reason,
    Message,
    Fix,
    Count,
}

impl column::Column for Column {
    fn spec(self) -> ColumnSpec {
        match self {
            Self::Last => ColumnSpec::new("LAST", 1, 6).align_right(),
            Self::Symbol => ColumnSpec::new("", 0, 1),
            Self::Object => ColumnSpec::new("OBJECT", 2, 44)
                .min_width(18)
                .truncate_name(),
            Self::Reason => ColumnSpec::new("REASON", 1, LABEL_WIDTH).min_width(20),
            Self::Message => ColumnSpec::new("MESSAGE", 0, 400)
                .flex(30)
                .truncate_middle(),
            Self::Fix => ColumnSpec::new("FIX", 3, 60).min_width(20),
            Self::Count => ColumnSpec::new("COUNT", 4, 6).align_right(),
        }
    }

    fn sort(self) -> Option<SortBy> {
        match self {
            Self::Last => Some(SortBy::Age),
            Self::Object => Some(SortBy::Name),
            Self::Reason => Some(SortBy::Status),
            Self::Count => Some(SortBy::Count),
            Self::Symbol | Self::Message | Self::Fix => None,
        }
    }
}

/// The subject of a row.
enum EventRow<'a> {
    Line(&'a EventSeries),
    /// One fault of one workload: what it is, what was said, what helps.
    Group(&'a EventGroupId, &'a EventGroup, &'a Fault),
    /// The Pods of one workload on their way up, and the newest line of it: how far they are, and how long
    /// the pull took.
    Startup(&'a Subject, &'a StartupGroup, Option<&'a EventSeries>),
}

pub(super) struct RowData<'a> {
    row: EventRow<'a>,
    /// Objects are named without their kinds.
    narrow: bool,
}

/// Width below which objects are named without their kinds.
const NARROW: u16 = 100;

impl PaneView for Events {
    type Column = Column;
    type RowData<'a> = RowData<'a>;

    const COLUMNS: &'static [Column] = Column::ALL;
    const NO_ROWS: &'static str = "no events";
    const FAULTS_ONLY: &'static str = "pull failures only";
    const NO_FAULTS: &'static str = "no pull failures";

    fn look_up<'a>(cx: DrawContext<'a>, row: &'a Row, area: Rect) -> Option<RowData<'a>> {
        let model = cx.model;
        let events = &model.panes.events.extra;
        let of = match row {
            Row::Line(key) => EventRow::Line(model.store.event_line(key)?),
            Row::Group(id) => {
                let fault = model.diagnoses.fault(&id.fault)?;
                EventRow::Group(id, events.groups.get(id)?, fault)
            }
            Row::Startup(owner) => {
                let start = events.startups.get(owner)?;
                let newest = start.newest.as_ref();
                let newest = newest.and_then(|key| model.store.event_line(key));
                EventRow::Startup(owner, start, newest)
            }
        };
        let narrow = area.width < NARROW;
        Some(RowData { row: of, narrow })
    }

    fn cell(cx: DrawContext<'_>, object: &RowData<'_>, column: Column) -> Cell {
        let theme = cx.theme;
        match column {
            Column::Last => last(cx, object),
            Column::Symbol => {
                let (symbol, style) = symbol(cx, object);
                Cell::new(symbol, style)
            }
            Column::Object => Cell::new(name(cx, object), theme.text()),
            Column::Reason => reason(cx, object),
            Column::Message => message(cx, object),
            Column::Fix => match object.row {
                EventRow::Group(_, _, fault) => Cell::new(
                    fault.finding.first_fix().unwrap_or_default(),
                    theme.accent(),
                ),
                EventRow::Line(_) | EventRow::Startup(..) => Cell::new("", theme.dim()),
            },
            Column::Count => Cell::new(count(object), theme.dim()),
        }
    }

    fn hint(_cx: DrawContext<'_>) -> Option<String> {
        Some("events expire after an hour".to_owned())
    }

    fn note(&self, cx: DrawContext<'_>) -> Option<String> {
        let keymap = &cx.model.preferences.keymap;
        let contexts = [Context::In(Pane::Events), Context::Panes];
        let key = keymap.key_for(Action::PauseEvents, &contexts);
        self.paused.then(|| {
            key.map_or_else(
                || "paused".to_owned(),
                |key| format!("paused: {key} resumes"),
            )
        })
    }
}

fn last(cx: DrawContext<'_>, object: &RowData<'_>) -> Cell {
    match object.row {
        EventRow::Line(line) => cx.age(line.last),
        // Its events have expired; the statuses of its Pods still say it.
        EventRow::Group(_, story, _) if story.last.is_none() => Cell::new("status", cx.theme.dim()),
        EventRow::Group(_, story, _) => cx.age(story.last),
        EventRow::Startup(_, start, _) => cx.age(start.last),
    }
}

fn symbol(cx: DrawContext<'_>, object: &RowData<'_>) -> (&'static str, Style) {
    let theme = cx.theme;
    match object.row {
        EventRow::Line(line) => theme.event(line),
        EventRow::Group(..) => theme.health(PodHealth::PullFailing),
        EventRow::Startup(..) => (theme.symbols().quiet, theme.dim()),
    }
}

fn name(cx: DrawContext<'_>, object: &RowData<'_>) -> String {
    match object.row {
        EventRow::Line(line) => subject(cx, line, object.narrow),
        EventRow::Group(id, story, _) => owner(cx, &id.owner, story.pods.len(), object.narrow),
        EventRow::Startup(id, start, _) => owner(cx, id, start.pods.len(), object.narrow),
    }
}

/// The style of an event's own words.
fn text_style(cx: DrawContext<'_>, line: &EventSeries) -> Style {
    if line.pull_failure {
        cx.theme.event(line).1
    } else {
        cx.theme.text()
    }
}

fn reason(cx: DrawContext<'_>, object: &RowData<'_>) -> Cell {
    match object.row {
        EventRow::Line(line) => Cell::new(&*line.event.reason, text_style(cx, line)),
        EventRow::Group(_, _, fault) => Cell::new(fault.finding.title(), symbol(cx, object).1),
        EventRow::Startup(_, start, newest) => {
            let reached = match (start.pods.len(), newest) {
                (0, Some(line)) => line.event.reason.to_string(),
                (pods, _) => reached(start, pods),
            };
            Cell::new(reached, cx.theme.text())
        }
    }
}

fn message(cx: DrawContext<'_>, object: &RowData<'_>) -> Cell {
    let theme = cx.theme;
    match object.row {
        EventRow::Line(line) => Cell::new(&*line.event.message, text_style(cx, line)),
        EventRow::Group(_, story, fault) => {
            let message = story.error.as_deref().map_or_else(
                || Cow::Owned(fault.finding.summary()),
                |error| Cow::Borrowed(pull_failure::innermost_message(error)),
            );
            Cell::new(message, theme.text())
        }
        EventRow::Startup(_, start, newest) => {
            let newest = || Some(newest?.event.message.to_string());
            let message = pulled(start).or_else(newest);
            Cell::new(message.unwrap_or_default(), theme.text())
        }
    }
}

fn count(object: &RowData<'_>) -> String {
    match object.row {
        EventRow::Line(line) => times(line.count),
        EventRow::Group(_, story, _) => times(story.count),
        EventRow::Startup(..) => String::new(),
    }
}

fn reached(start: &StartupGroup, pods: usize) -> String {
    match start.slowest() {
        Some(StartupStep::Started) => StartupStep::Started.title().to_owned(),
        Some(step) if pods == 1 => step.title().to_owned(),
        _ => format!("{} of {pods} started", start.started()),
    }
}

/// `pulled in 2.9 s to 3.4 s (88 MB): ghcr.io/acme/search:3.1`; where it is cut in the middle, both how long
/// and which tag are left.
fn pulled(start: &StartupGroup) -> Option<String> {
    let image = start.image.as_deref()?;
    let Some((least, most)) = start.pulls else {
        return Some(match start.slowest()? {
            StartupStep::Scheduled | StartupStep::Pulling => image.to_owned(),
            StartupStep::Pulled | StartupStep::Created | StartupStep::Started => {
                format!("already on the node: {image}")
            }
        });
    };
    let took = match (age::elapsed(least.took), age::elapsed(most.took)) {
        (least, most) if least == most => most,
        (least, most) => format!("{least} to {most}"),
    };
    let size = most
        .size
        .map_or_else(String::new, |bytes| format!(" ({})", text::size(bytes)));
    Some(format!("pulled in {took}{size}: {image}"))
}

/// Whose Pods a folded row is about, and how many of them.
fn owner(cx: DrawContext<'_>, owner: &Subject, pods: usize, narrow: bool) -> String {
    let short = match owner {
        Subject::Pod(key) if narrow => key.name.to_string(),
        Subject::Pod(key) => format!("pod/{}", key.name),
        Subject::Workload(id) if narrow => id.key.name.to_string(),
        Subject::Workload(id) => id.short_name(),
    };
    let owner = if cx.all_namespaces() {
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

/// The object that an event is about.
fn subject(cx: DrawContext<'_>, line: &EventSeries, narrow: bool) -> String {
    let subject = &line.event.regarding;
    let name = if narrow {
        subject.name.to_string()
    } else {
        format!("{}/{}", short(&subject.kind), subject.name)
    };
    match &subject.namespace {
        Some(namespace) if cx.all_namespaces() => format!("{namespace} {name}"),
        _ => name,
    }
}

/// A kind as kubectl takes it on its command line.
fn short(kind: &str) -> String {
    let known = WorkloadKind::ALL
        .into_iter()
        .find(|known| known.as_str() == kind);
    known.map_or_else(
        || kind.to_lowercase(),
        |known| known.short_name().to_owned(),
    )
}
