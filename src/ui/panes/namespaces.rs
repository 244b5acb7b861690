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
    const NO_ROWS: &'static str = "no namespace is known";
    const HINT: Option<&'static str> = Some("next: :ns NAME");

    fn look_up<'a>(view: DrawContext<'a>, row: &'a Row, _area: Rect) -> Option<RowData<'a>> {
        let (name, world) = (row.as_ref(), &view.model.store);
        let listed = name.and_then(|name| world.namespace(name));
        Some(RowData {
            name,
            listed: listed.map(|listed| &**listed),
            tally: name.map_or_else(|| total(view), |name| namespace_counts(world, name)),
            read: are_pods_read(view, name),
        })
    }

    fn cell(view: DrawContext<'_>, object: &RowData<'_>, column: Column) -> Cell {
        let theme = view.theme;
        match column {
            Column::Symbol => {
                let (symbol, style) = symbol(view, object);
                Cell::new(symbol, style)
            }
            Column::Name => name(view, object),
            Column::Fail => match object.tally.pull_failing + object.tally.failing {
                0 if !object.read => Cell::new("?", theme.dim()),
                0 => Cell::new(theme.symbols().quiet, theme.dim()),
                failing => Cell::new(failing.to_string(), symbol(view, object).1),
            },
            Column::Age => view.age(object.listed.and_then(|listed| listed.meta.created)),
        }
    }
}

fn name(view: DrawContext<'_>, object: &RowData<'_>) -> Cell {
    let name = object.name.map_or("all", Namespace::as_str);
    let is_terminating = object.listed.is_some_and(|listed| listed.terminating);
    if is_terminating {
        Cell::new(format!("{name} (terminating)"), view.theme.dim())
    } else {
        Cell::new(name, view.theme.text())
    }
}

/// Whether all Pods of the namespace were read, or of the cluster.
fn are_pods_read(view: DrawContext<'_>, namespace: Option<&Namespace>) -> bool {
    let scope = namespace.cloned().map_or(Scope::Cluster, Scope::Namespace);
    let connection = &view.model.connection;
    match connection.state_of_kinds(|kind| kind == WatchKind::Pods, &scope) {
        KindState::Forbidden { .. } | KindState::Partial { .. } => false,
        KindState::Loading { .. } | KindState::Live => true,
        KindState::Stale { .. } => connection.was_listed(|kind| kind == WatchKind::Pods, &scope),
    }
}

fn symbol(view: DrawContext<'_>, object: &RowData<'_>) -> (&'static str, Style) {
    let tally = object.tally;
    if tally.pull_failing > 0 {
        view.theme.health(PodHealth::PullFailing)
    } else if tally.failing > 0 {
        view.theme.health(PodHealth::Failing)
    } else if tally.pods > 0 && object.read {
        view.theme.health(PodHealth::Healthy)
    } else {
        (view.theme.symbols().quiet, view.theme.dim())
    }
}

fn total(view: DrawContext<'_>) -> NamespaceCounts {
    view.model
        .store
        .tallies()
        .values()
        .fold(NamespaceCounts::default(), |sum, tally| NamespaceCounts {
            pods: sum.pods + tally.pods,
            pull_failing: sum.pull_failing + tally.pull_failing,
            failing: sum.failing + tally.failing,
        })
}
