//! Pods as `kubectl get pods` has them, with what fails marked.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{View, listing};
use crate::{
    app::panes::{Pane, pods},
    domain::{
        age,
        key::Key,
        objects::{Pod, WorkloadKey},
        pull,
        status::{Health, pod_status},
    },
    ui::{
        retry::{self, Next},
        widgets::table::{Cell, ColumnSpec},
    },
};

pub(super) const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("", 0, 1),
    ColumnSpec::new("NAMESPACE", 1, 24)
        .min_width(9)
        .truncate_middle(),
    ColumnSpec::new("NAME", 0, 63).flex(20).truncate_name(),
    ColumnSpec::new("READY", 2, 9).align_right(),
    ColumnSpec::new("STATUS", 1, 26).min_width(16),
    ColumnSpec::new("WHY", 1, 18).min_width(14),
    ColumnSpec::new("RETRY", 5, 7).align_right(),
    ColumnSpec::new("RESTARTS", 6, 9).align_right(),
    ColumnSpec::new("AGE", 3, 6).align_right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.pods;
    listing(
        Pane::Pods,
        view,
        pane,
        &view.columns(COLUMNS),
        |row| cells(view, row),
        area,
        buffer,
    );
}

fn cells(view: View<'_>, row: &pods::Row) -> Vec<Cell> {
    let mut cells = match row {
        pods::Row::Pod(key) => match view.model.world.pod(key) {
            Some(pod) => pod_cells(view, pod),
            None => return Vec::new(),
        },
        pods::Row::Workload(id) => workload_cells(view, id),
    };
    if !view.all_namespaces() {
        cells.remove(1);
    }
    cells
}

fn pod_cells(view: View<'_>, pod: &Pod) -> Vec<Cell> {
    let theme = view.theme;
    let status = pod_status(pod);
    let (symbol, style) = theme.health(status.health);
    let word_style = if status.health < Health::Progressing {
        style
    } else {
        theme.text()
    };
    let indent = if view.model.panes.folding.folded && pod.meta.owner.is_some() {
        "  "
    } else {
        ""
    };
    vec![
        Cell::new(symbol, style),
        Cell::new(pod.key.namespace.as_str(), theme.dim()),
        Cell::new(format!("{indent}{}", pod.key.name), theme.text()),
        Cell::new(
            format!("{}/{}", status.ready, status.containers),
            theme.text(),
        ),
        Cell::new(status.word, word_style),
        why(view, &pod.key, style),
        retry(view, pod),
        restarts(view, status.restarts),
        view.age(pod.meta.created),
    ]
}

fn restarts(view: View<'_>, count: u32) -> Cell {
    let style = if count > 0 {
        view.theme.text()
    } else {
        view.theme.dim()
    };
    Cell::new(count.to_string(), style)
}

/// The cause in two words.
fn why(view: View<'_>, pod: &Key<Pod>, style: Style) -> Cell {
    let verdict = view.model.verdicts.of_pod(pod);
    Cell::new(verdict.map_or("", |verdict| verdict.finding.title()), style)
}

/// When the kubelet tries again.
fn retry(view: View<'_>, pod: &Pod) -> Cell {
    let failing = pull::failures(pod).next();
    let next = failing.and_then(|failure| {
        let events = view.model.world.events_of_pod(&pod.key);
        retry::next(failure.attempt, &events, view.now)
    });
    let text = match next {
        Some(Next::In(seconds)) => format!("in {}", age::span(seconds)),
        Some(Next::Due) => "due".to_owned(),
        None => String::new(),
    };
    Cell::new(text, view.theme.dim())
}

fn workload_cells(view: View<'_>, id: &WorkloadKey) -> Vec<Cell> {
    let theme = view.theme;
    let Some(group) = view.model.panes.folding.groups.get(id) else {
        return vec![Cell::new("", theme.dim()); COLUMNS.len()];
    };
    let (symbol, style) = theme.health(group.health);
    let worst = view.model.world.pod(&group.worst);
    let word = worst.map_or_else(String::new, |pod| pod_status(pod).word.into_owned());
    let created = view
        .model
        .world
        .workload(id)
        .and_then(|workload| workload.meta.created);
    vec![
        Cell::new(symbol, style),
        Cell::new(id.key.namespace.as_str(), theme.dim()),
        Cell::new(format!("{} ×{}", id.short(), group.pods), theme.text()),
        Cell::new(format!("{}/{}", group.ready, group.pods), theme.text()),
        Cell::new(
            word,
            if group.health < Health::Progressing {
                style
            } else {
                theme.text()
            },
        ),
        why(view, &group.worst, style),
        worst.map_or_else(|| Cell::new("", theme.dim()), |pod| retry(view, pod)),
        restarts(view, group.restarts),
        view.age(created),
    ]
}
