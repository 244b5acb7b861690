//! Events, newest first; pull failures by symbol and colour, folded into stories with cause and fix.

use std::borrow::Cow;

use ratatui::{layout::Rect, style::Style};

use super::{
    View,
    column::{self, PaneView, columns},
};
use crate::{
    app::panes::{
        SortBy,
        events::{Events, Row, Start, Step, Story, StoryId},
    },
    domain::{
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
            Self::Reason => ColumnSpec::new("REASON", 1, 24).min_width(10),
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

/// What a row is about.
enum Of<'a> {
    Line(&'a EventSeries),
    /// One fault of one workload: what it is, what was said, what helps.
    Story(&'a StoryId, &'a Story, &'a Fault),
    /// The Pods of one workload on their way up, and the newest line of it: how far they are, and how long
    /// the pull took.
    Start(&'a Subject, &'a Start, Option<&'a EventSeries>),
}

pub(super) struct Object<'a> {
    of: Of<'a>,
    /// Objects are named without their kinds.
    narrow: bool,
}

/// Below this many columns objects are named without their kinds.
const NARROW: u16 = 100;

impl PaneView for Events {
    type Column = Column;
    type Object<'a> = Object<'a>;

    const COLUMNS: &'static [Column] = Column::ALL;
    const NO_ROWS: &'static str = "no events";
    const HINT: Option<&'static str> = Some("they expire after an hour");
    const FAULTS_ONLY: &'static str = "pull failures only";
    const NO_FAULTS: &'static str = "no pull failure here";

    fn look_up<'a>(view: View<'a>, row: &'a Row, area: Rect) -> Option<Object<'a>> {
        let model = view.model;
        let events = &model.panes.events.extra;
        let of = match row {
            Row::Line(key) => Of::Line(model.world.event_line(key)?),
            Row::Story(id) => {
                let fault = model.verdicts.fault(&id.fault)?;
                Of::Story(id, events.stories.get(id)?, fault)
            }
            Row::Start(owner) => {
                let start = events.starts.get(owner)?;
                let newest = start.newest.as_ref();
                let newest = newest.and_then(|key| model.world.event_line(key));
                Of::Start(owner, start, newest)
            }
        };
        let narrow = area.width < NARROW;
        Some(Object { of, narrow })
    }

    fn cell(view: View<'_>, object: &Object<'_>, column: Column) -> Cell {
        let theme = view.theme;
        match column {
            Column::Last => last(view, object),
            Column::Symbol => {
                let (symbol, style) = symbol(view, object);
                Cell::new(symbol, style)
            }
            Column::Object => Cell::new(name(view, object), theme.text()),
            Column::Reason => reason(view, object),
            Column::Message => message(view, object),
            Column::Fix => match object.of {
                Of::Story(_, _, fault) => Cell::new(
                    fault.finding.first_fix().unwrap_or_default(),
                    theme.accent(),
                ),
                Of::Line(_) | Of::Start(..) => Cell::new("", theme.dim()),
            },
            Column::Count => Cell::new(count(object), theme.dim()),
        }
    }

    fn note(&self) -> Option<&'static str> {
        self.paused.then_some("paused: p goes on")
    }
}

fn last(view: View<'_>, object: &Object<'_>) -> Cell {
    match object.of {
        Of::Line(line) => view.age(line.last),
        // Its events have expired; the statuses of its Pods still say it.
        Of::Story(_, story, _) if story.last.is_none() => Cell::new("status", view.theme.dim()),
        Of::Story(_, story, _) => view.age(story.last),
        Of::Start(_, start, _) => view.age(start.last),
    }
}

fn symbol(view: View<'_>, object: &Object<'_>) -> (&'static str, Style) {
    let theme = view.theme;
    match object.of {
        Of::Line(line) => theme.event(line),
        Of::Story(..) => theme.health(PodHealth::PullFailing),
        Of::Start(..) => (theme.symbols().quiet, theme.dim()),
    }
}

fn name(view: View<'_>, object: &Object<'_>) -> String {
    match object.of {
        Of::Line(line) => subject(view, line, object.narrow),
        Of::Story(id, story, _) => owner(view, &id.owner, story.pods.len(), object.narrow),
        Of::Start(id, start, _) => owner(view, id, start.pods.len(), object.narrow),
    }
}

/// The style of an event's own words.
fn words(view: View<'_>, line: &EventSeries) -> Style {
    if line.pull_failure {
        view.theme.event(line).1
    } else {
        view.theme.text()
    }
}

fn reason(view: View<'_>, object: &Object<'_>) -> Cell {
    match object.of {
        Of::Line(line) => Cell::new(&*line.event.reason, words(view, line)),
        Of::Story(_, _, fault) => Cell::new(fault.finding.title(), symbol(view, object).1),
        Of::Start(_, start, newest) => {
            let reached = match (start.pods.len(), newest) {
                (0, Some(line)) => line.event.reason.to_string(),
                (pods, _) => reached(start, pods),
            };
            Cell::new(reached, view.theme.text())
        }
    }
}

fn message(view: View<'_>, object: &Object<'_>) -> Cell {
    let theme = view.theme;
    match object.of {
        Of::Line(line) => Cell::new(&*line.event.message, words(view, line)),
        Of::Story(_, story, fault) => {
            let message = story.error.as_deref().map_or_else(
                || Cow::Owned(fault.finding.summary()),
                |error| Cow::Borrowed(pull_failure::innermost_message(error)),
            );
            Cell::new(message, theme.text())
        }
        Of::Start(_, start, newest) => {
            let newest = || Some(newest?.event.message.to_string());
            let message = pulled(start).or_else(newest);
            Cell::new(message.unwrap_or_default(), theme.text())
        }
    }
}

fn count(object: &Object<'_>) -> String {
    match object.of {
        Of::Line(line) => times(line.count),
        Of::Story(_, story, _) => times(story.count),
        Of::Start(..) => String::new(),
    }
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
fn owner(view: View<'_>, owner: &Subject, pods: usize, narrow: bool) -> String {
    let short = match owner {
        Subject::Pod(key) if narrow => key.name.to_string(),
        Subject::Pod(key) => format!("pod/{}", key.name),
        Subject::Workload(id) if narrow => id.key.name.to_string(),
        Subject::Workload(id) => id.short_name(),
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

/// The object that an event is about.
fn subject(view: View<'_>, line: &EventSeries, narrow: bool) -> String {
    let subject = &line.event.regarding;
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
    known.map_or_else(
        || kind.to_lowercase(),
        |known| known.short_name().to_owned(),
    )
}
