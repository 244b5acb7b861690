//! Detail views of an object: the detail area shows part of a Pod's, the overlay all.

mod describe;
mod diagnosis;
mod events;
mod probe_result;
mod rollout;
#[cfg(test)]
mod tests;
pub(super) mod text_view;
mod timeline;

use ratatui::{
    buffer::Buffer,
    layout::{Alignment, Rect},
    text::{Line, Span},
    widgets::{Block, BorderType, Padding, Paragraph, Widget},
};

use super::{
    draw_context::DrawContext,
    text::{self, wrapped_lines},
};
use crate::{
    app::{connection::KindState, default_tab, detail::Tab, pod_inspection::PodInspection},
    domain::{
        diagnostics::{Cause, grouping::FaultId},
        k8s::objects::AnyObjectRef,
        store::watch::{Scope, WatchKind},
    },
};

/// Height limit of rendered lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeightBudget {
    /// So many lines; what matters most must be among them.
    Lines(usize),
    /// The reader scrolls.
    All,
}

/// Lines of a tab, none wider than this.
pub(super) fn lines(
    tab: Tab,
    cx: DrawContext<'_>,
    object: &AnyObjectRef,
    inspection: Option<&PodInspection>,
    wide: usize,
    room: HeightBudget,
) -> Vec<Line<'static>> {
    match (tab, inspection, object) {
        (Tab::Diagnosis, Some(inspection), _) => diagnosis::lines(cx, inspection, wide, room),
        (Tab::Timeline, Some(inspection), _) => timeline::lines(cx, inspection, wide),
        (Tab::Rollout, _, AnyObjectRef::Workload(id)) => rollout::lines(id, wide, cx),
        (Tab::Describe, ..) => describe::lines(object, wide, cx),
        (Tab::Events, ..) => events::lines(object, wide, cx),
        (Tab::Diagnosis | Tab::Timeline | Tab::Rollout, ..) => vec![deleted_line(cx)],
        // Drawn by `text_view`, which scrolls them by itself.
        (Tab::Yaml | Tab::Logs, ..) => Vec::new(),
    }
}

/// The line for a deleted object.
fn deleted_line(cx: DrawContext<'_>) -> Line<'static> {
    Line::styled("deleted", cx.theme.dim())
}

/// The stages of a Pod's start.
pub(super) fn timeline(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    wide: usize,
) -> Vec<Line<'static>> {
    timeline::lines(cx, inspection, wide)
}

/// The titles of the tabs, the current one marked.
pub(super) fn tabs(cx: DrawContext<'_>, object: &AnyObjectRef, shown: Tab) -> Line<'static> {
    let theme = cx.theme;
    let mut spans = vec![Span::raw(" ")];
    for (at, tab) in Tab::tabs_for(object).iter().enumerate() {
        let style = if *tab == shown {
            theme.title(true)
        } else {
            theme.dim()
        };
        if at > 0 {
            spans.push(Span::styled(" · ", theme.dim()));
        }
        spans.push(Span::styled(tab.title(), style));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// Confidence of the diagnosis, and number of Pods with the same fault.
pub(super) fn confidence_label(cx: DrawContext<'_>, inspection: &PodInspection) -> String {
    let Some(finding) = inspection.diagnosis.first() else {
        return String::new();
    };
    if is_reading_secrets(cx, inspection) {
        return "still reading Secrets".to_owned();
    }
    let sure = if finding.cause == Cause::CauseNotStated && finding.root.is_none() {
        "unknown"
    } else {
        finding.confidence.as_str()
    };
    let diagnosis = cx.model.diagnoses.for_pod(&inspection.pod);
    match pods(cx, diagnosis.map(|diagnosis| &diagnosis.fault)) {
        0 | 1 => sure.to_owned(),
        pods => format!("{sure} · {pods} Pods"),
    }
}

/// Whether the Secrets of the Pod's namespace are being listed for the first time: they may prove more.
fn is_reading_secrets(cx: DrawContext<'_>, inspection: &PodInspection) -> bool {
    let namespace = Scope::Namespace(inspection.pod.namespace.clone());
    let connection = &cx.model.connection;
    matches!(
        connection.state_of_kinds(|kind| matches!(kind, WatchKind::Secrets(_)), &namespace),
        KindState::Loading { .. }
    )
}

fn pods(cx: DrawContext<'_>, fault: Option<&FaultId>) -> usize {
    fault
        .and_then(|id| cx.model.diagnoses.fault(id))
        .map_or(0, |fault| fault.pods.len())
}

/// Draws the detail area below the panes.
pub(super) fn draw(cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let border = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border(false))
        .padding(Padding::horizontal(1));
    let Some(inspection) = &cx.model.inspection else {
        let border = border.title(Span::styled(" Diagnosis ", theme.title(false)));
        let words = "Select a failing Pod to see why and how to fix it";
        let lines = wrapped_lines(words, usize::from(border.inner(area).width), theme.dim());
        Paragraph::new(lines).block(border).render(area, buffer);
        return;
    };
    let tab = default_tab(Some(inspection));
    let about = format!(" {} · Pod {} ", tab.title(), inspection.pod.name);
    let about = text::truncate(&about, usize::from(area.width / 2), text::Ellipsis::Middle);
    let extent = confidence_label(cx, inspection);
    let mut block = border.title(Span::styled(about.into_owned(), theme.title(false)));
    if !extent.is_empty() {
        let extent = Span::styled(format!(" {extent} "), theme.dim());
        block = block.title(Line::from(extent).alignment(Alignment::Right));
    }
    let inside = block.inner(area);
    block.render(area, buffer);
    let lines = lines(
        tab,
        cx,
        &AnyObjectRef::Pod(inspection.pod.clone()),
        Some(inspection),
        usize::from(inside.width),
        HeightBudget::Lines(usize::from(inside.height)),
    );
    Paragraph::new(lines).render(inside, buffer);
}
