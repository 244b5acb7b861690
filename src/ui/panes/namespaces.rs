//! The Namespaces table: failing Pods per namespace.

use ratatui::{layout::Rect, style::Style};

use super::{
    DrawContext,
    column::{self, PaneView, columns},
};
use crate::{
    app::{
        connection::KindState,
        panes::{
            SortBy,
            namespaces::{Namespaces, Row, namespace_counts},
        },
    },
    domain::{
        k8s::{object_ref::Namespace, objects::NamespaceObject, pod_status::PodHealth},
        store::{
            NamespaceCounts,
            watch::{Scope, WatchKind},
        },
    },
    ui::widgets::table::{Cell, ColumnSpec},
};

columns! {
    Symbol,
    Name,
    Fail,
    Age,
}

impl column::Column for Column {
    fn spec(self) -> ColumnSpec {
        match self {
            Self::Symbol => ColumnSpec::new("", 0, 1),
            Self::Name => ColumnSpec::new("NAME", 0, 63).flex(12).truncate_middle(),
            Self::Fail => ColumnSpec::new("FAIL", 1, 8).align_right(),
            Self::Age => ColumnSpec::new("AGE", 2, 6).align_right(),
        }
    }

    fn sort(self) -> Option<SortBy> {
        match self {
            Self::Symbol => None,
            Self::Name => Some(SortBy::Name),
            Self::Fail => Some(SortBy::Status),
            Self::Age => Some(SortBy::Age),
        }
    }
}

/// A namespace, or all of them.
pub(super) struct RowData<'a> {
    name: Option<&'a Namespace>,
    /// `None` where Namespaces may not be listed.
    listed: Option<&'a NamespaceObject>,
    tally: NamespaceCounts,
    /// Whether all Pods there are listed.
    read: bool,
}

impl PaneView for Namespaces {
    type Column = Column;
    type RowData<'a> = RowData<'a>;

    const COLUMNS: &'static [Column] = Column::ALL;
    const NO_ROWS: &'static str = "no namespaces known";

    fn hint(_cx: DrawContext<'_>) -> Option<String> {
        Some("next: :ns NAME".to_owned())
    }

    fn look_up<'a>(cx: DrawContext<'a>, row: &'a Row, _area: Rect) -> Option<RowData<'a>> {
        let (name, store) = (row.as_ref(), &cx.model.store);
        let listed = name.and_then(|name| store.namespace(name));
        Some(RowData {
            name,
            listed: listed.map(|listed| &**listed),
            tally: name.map_or_else(|| total(cx), |name| namespace_counts(store, name)),
            read: are_pods_read(cx, name),
        })
    }

    fn cell(cx: DrawContext<'_>, object: &RowData<'_>, column: Column) -> Cell {
        let theme = cx.theme;
        match column {
            Column::Symbol => {
                let (symbol, style) = symbol(cx, object);
                Cell::new(symbol, style)
            }
            Column::Name => name(cx, object),
            Column::Fail => match object.tally.pull_failing + object.tally.failing {
                0 if !object.read => Cell::new("?", theme.dim()),
                0 => Cell::new(theme.symbols().quiet, theme.dim()),
                // There may be more in what is not listed.
                failing if !object.read => Cell::new(format!("{failing}+"), symbol(cx, object).1),
                failing => Cell::new(failing.to_string(), symbol(cx, object).1),
            },
            Column::Age => cx.age(object.listed.and_then(|listed| listed.meta.created)),
        }
    }
}

fn name(cx: DrawContext<'_>, object: &RowData<'_>) -> Cell {
    let name = object.name.map_or("all", Namespace::as_str);
    let is_terminating = object.listed.is_some_and(|listed| listed.terminating);
    if is_terminating {
        Cell::new(format!("{name} (terminating)"), cx.theme.dim())
    } else {
        Cell::new(name, cx.theme.text())
    }
}

/// Whether all Pods of the namespace were read, or of the cluster.
fn are_pods_read(cx: DrawContext<'_>, namespace: Option<&Namespace>) -> bool {
    let scope = namespace.cloned().map_or(Scope::Cluster, Scope::Namespace);
    let connection = &cx.model.connection;
    let is_listing = connection.kinds().contains(&WatchKind::Pods);
    if is_listing && !connection.is_watched(WatchKind::Pods, &scope) {
        return false;
    }
    match connection.state_of_kinds(|kind| kind == WatchKind::Pods, &scope) {
        KindState::Forbidden { .. } | KindState::Partial { .. } => false,
        KindState::Loading { .. } | KindState::Live => true,
        KindState::Stale { .. } => connection.was_listed(|kind| kind == WatchKind::Pods, &scope),
    }
}

fn symbol(cx: DrawContext<'_>, object: &RowData<'_>) -> (&'static str, Style) {
    let tally = object.tally;
    if tally.pull_failing > 0 {
        cx.theme.health(PodHealth::PullFailing)
    } else if tally.failing > 0 {
        cx.theme.health(PodHealth::Failing)
    } else if tally.pods > 0 && object.read {
        cx.theme.health(PodHealth::Healthy)
    } else {
        (cx.theme.symbols().quiet, cx.theme.dim())
    }
}

fn total(cx: DrawContext<'_>) -> NamespaceCounts {
    cx.model
        .store
        .tallies()
        .values()
        .fold(NamespaceCounts::default(), |sum, tally| NamespaceCounts {
            pods: sum.pods + tally.pods,
            pull_failing: sum.pull_failing + tally.pull_failing,
            failing: sum.failing + tally.failing,
        })
}
