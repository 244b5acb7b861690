//! The Pods table: the columns of `kubectl get pods`, failing Pods marked.

use std::borrow::Cow;

use ratatui::{layout::Rect, style::Style};

use super::{
    DrawContext,
    column::{self, PaneView, columns},
};
use crate::app::action::Action;
use crate::{
    app::panes::{
        PaneRows, SortBy,
        pods::{PodGroup, Pods, Row},
    },
    domain::diagnostics::LABEL_WIDTH,
    domain::k8s::{
        age,
        objects::{Pod, WorkloadRef},
        pod_status::{PodHealth, PodStatus, pod_status},
        pull_failure,
    },
    ui::{
        retry::{self, RetryCountdown},
        widgets::table::{Cell, ColumnSpec},
    },
};

columns! {
    Symbol,
    Namespace,
    Name,
    Ready,
    Status,
    Why,
    Retry,
    Restarts,
    Age,
}

impl column::Column for Column {
    fn spec(self) -> ColumnSpec {
        match self {
            Self::Symbol => ColumnSpec::new("", 0, 1),
            Self::Namespace => ColumnSpec::new("NAMESPACE", 1, 24)
                .min_width(9)
                .truncate_middle(),
            Self::Name => ColumnSpec::new("NAME", 0, 63).flex(20).truncate_name(),
            Self::Ready => ColumnSpec::new("READY", 2, 9).align_right(),
            Self::Status => ColumnSpec::new("STATUS", 1, 26).min_width(12),
            Self::Why => ColumnSpec::new("WHY", 0, LABEL_WIDTH).min_width(22),
            Self::Retry => ColumnSpec::new("RETRY", 5, 7).align_right(),
            Self::Restarts => ColumnSpec::new("RESTARTS", 6, 9).align_right(),
            Self::Age => ColumnSpec::new("AGE", 3, 6).align_right(),
        }
    }

    fn sort(self) -> Option<SortBy> {
        match self {
            Self::Namespace => Some(SortBy::Namespace),
            Self::Name => Some(SortBy::Name),
            Self::Status => Some(SortBy::Status),
            Self::Restarts => Some(SortBy::Count),
            Self::Age => Some(SortBy::Age),
            Self::Symbol | Self::Ready | Self::Why | Self::Retry => None,
        }
    }
}

/// The Pods of a row.
enum PodRow<'a> {
    One(&'a Pod, PodStatus<'a>),
    Workload(&'a WorkloadRef, &'a PodGroup),
}

/// The data of a row.
pub(super) struct RowData<'a> {
    row: PodRow<'a>,
    health: PodHealth,
    /// The Pod of the row; for a workload the least healthy of its Pods.
    pod: Option<&'a Pod>,
}

impl PaneView for Pods {
    type Column = Column;
    type RowData<'a> = RowData<'a>;

    const COLUMNS: &'static [Column] = Column::ALL;
    const NO_ROWS: &'static str = "no Pods";

    fn hint(cx: DrawContext<'_>) -> Option<String> {
        let key = cx.pane_key(Action::New);
        Some(format!("next: {key} sets up a private image step by step"))
    }

    fn look_up<'a>(cx: DrawContext<'a>, row: &'a Row, _area: Rect) -> Option<RowData<'a>> {
        let store = &cx.model.store;
        Some(match row {
            Row::Pod(key) => {
                let pod = &**store.pod(key)?;
                let status = pod_status(pod);
                RowData {
                    health: status.health,
                    row: PodRow::One(pod, status),
                    pod: Some(pod),
                }
            }
            Row::Workload(id) => {
                let group = cx.model.panes.pods.extra.groups.get(id)?;
                RowData {
                    health: group.health,
                    row: PodRow::Workload(id, group),
                    pod: store.pod(&group.worst).map(|pod| &**pod),
                }
            }
        })
    }

    fn cell(cx: DrawContext<'_>, object: &RowData<'_>, column: Column) -> Cell {
        let theme = cx.theme;
        let (symbol, style) = theme.health(object.health);
        match column {
            Column::Symbol => Cell::new(symbol, style),
            Column::Namespace => Cell::new(namespace(object), theme.dim()),
            Column::Name => Cell::new(name(cx, object), theme.text()),
            Column::Ready => Cell::new(ready(object), theme.text()),
            Column::Status if object.health < PodHealth::Progressing => {
                Cell::new(status(object), style)
            }
            Column::Status => Cell::new(status(object), theme.text()),
            Column::Why => Cell::new(why(cx, object), style),
            Column::Retry => Cell::new(retry(cx, object.pod), theme.dim()),
            Column::Restarts => restarts(object, theme.text(), theme.dim()),
            Column::Age => cx.age(match &object.row {
                PodRow::One(pod, _) => pod.meta.created,
                PodRow::Workload(id, _) => {
                    let workload = cx.model.store.workload(id);
                    workload.and_then(|workload| workload.meta.created)
                }
            }),
        }
    }
}

fn namespace<'a>(object: &'a RowData<'_>) -> &'a str {
    match &object.row {
        PodRow::One(pod, _) => pod.key.namespace.as_str(),
        PodRow::Workload(id, _) => id.key.namespace.as_str(),
    }
}

fn name(cx: DrawContext<'_>, object: &RowData<'_>) -> String {
    match &object.row {
        PodRow::One(pod, _) => {
            let folded = cx.model.panes.pods.extra.is_folded();
            let indent = if folded && pod.meta.owner.is_some() {
                "  "
            } else {
                ""
            };
            format!("{indent}{}", pod.key.name)
        }
        PodRow::Workload(id, group) => format!("{} ×{}", id.short_name(), group.pods),
    }
}

/// Ready containers of a Pod, or ready Pods of a workload.
fn ready(object: &RowData<'_>) -> String {
    match &object.row {
        PodRow::One(_, status) => format!("{}/{}", status.ready, status.containers),
        PodRow::Workload(_, group) => format!("{}/{}", group.ready, group.pods),
    }
}

fn status(object: &RowData<'_>) -> String {
    match (&object.row, object.pod) {
        (PodRow::One(_, status), _) => status.status.clone().into_owned(),
        (PodRow::Workload(..), Some(worst)) => pod_status(worst).status.into_owned(),
        (PodRow::Workload(..), None) => String::new(),
    }
}

/// The cause in two words.
fn why(cx: DrawContext<'_>, object: &RowData<'_>) -> &'static str {
    let pod = match &object.row {
        PodRow::One(pod, _) => &pod.key,
        PodRow::Workload(_, group) => &group.worst,
    };
    let diagnosis = cx.model.diagnoses.for_pod(pod);
    diagnosis.map_or("", |diagnosis| diagnosis.finding.title())
}

/// When the kubelet tries again.
fn retry(cx: DrawContext<'_>, pod: Option<&Pod>) -> Cow<'static, str> {
    let next = pod.and_then(|pod| {
        let failure = pull_failure::pull_failures(pod).next()?;
        let events = cx.model.store.events_of_pod(&pod.key);
        retry::countdown(failure.attempt, &events, cx.now)
    });
    match next {
        Some(RetryCountdown::In(seconds)) => Cow::Owned(format!("in {}", age::duration(seconds))),
        Some(RetryCountdown::Due) => Cow::Borrowed("due"),
        None => Cow::Borrowed(""),
    }
}

fn restarts(object: &RowData<'_>, some: Style, none: Style) -> Cell {
    let count = match &object.row {
        PodRow::One(_, status) => status.restarts,
        PodRow::Workload(_, group) => group.restarts,
    };
    Cell::new(count.to_string(), if count > 0 { some } else { none })
}
