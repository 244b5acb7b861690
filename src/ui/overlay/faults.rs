//! The fault list over all namespaces: each fault once, with the affected workloads and the fix.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::Widget,
};

use super::window::{Window, render_list};
use crate::app::action::Action;
use crate::ui::key_hints::BACK;
use crate::{
    app::{coverage, list::List},
    domain::{
        diagnostics::LABEL_WIDTH,
        diagnostics::grouping::{Fault, FaultId},
        k8s::{age, pod_status::PodHealth},
    },
    ui::{
        draw_context::DrawContext,
        text,
        widgets::table::{Cell, ColumnSpec},
    },
};

const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("", 0, 1),
    ColumnSpec::new("PROBLEM", 0, LABEL_WIDTH),
    ColumnSpec::new("WHERE", 0, 80)
        .min_width(20)
        .truncate_middle(),
    ColumnSpec::new("PODS", 1, 6).align_right(),
    ColumnSpec::new("SINCE", 3, 6).align_right(),
    ColumnSpec::new("FIX", 4, 100).flex(26),
];

const WIDE: u16 = 160;

/// Width below which only the selected fault shows its fix, on a line of its own.
const NARROW: u16 = 100;

pub(super) fn draw(list: &List<FaultId>, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let rows = list.rows();
    let gaps = coverage::missing_summary(cx.model, cx.now);
    let window = Window {
        title: "Problems",
        hint: &cx.hints(&[(&[Action::Open], "go there"), BACK]),
        wide: WIDE,
    };
    let narrow = area.width < NARROW;
    let inside = window.render(
        rows.len() + 1 + usize::from(narrow) + usize::from(gaps.is_some()),
        cx.theme,
        area,
        buffer,
    );
    let inside = match gaps {
        None => inside,
        Some(gaps) => {
            let areas = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]);
            let [rest, line] = areas.areas(inside);
            let gaps = text::truncate(&gaps, usize::from(line.width), text::Ellipsis::End);
            Line::styled(gaps, cx.theme.warning()).render(line, buffer);
            rest
        }
    };
    let cells = |id: &FaultId| cells(cx, id, place(id, rows));
    let chosen = list.position();
    if !narrow {
        render_list(COLUMNS, rows, chosen, cells, cx.theme, inside, buffer);
        return;
    }
    let [table, fix] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inside);
    render_list(COLUMNS, rows, chosen, cells, cx.theme, table, buffer);
    if let Some(fault) = list.selected().and_then(|id| cx.model.diagnoses.fault(id)) {
        let words = format!("Fix: {}", first_fix(fault));
        let words = text::truncate(&words, usize::from(fix.width), text::Ellipsis::End);
        Line::styled(words, cx.theme.accent()).render(fix, buffer);
    }
}

fn first_fix(fault: &Fault) -> &'static str {
    fault.finding.first_fix().unwrap_or_default()
}

/// The object to blame; for which registry, where another row blames it for the same.
fn place(id: &FaultId, rows: &[FaultId]) -> String {
    let is_alike = |other: &&FaultId| {
        *other != id && other.blame == id.blame && other.root == id.root && other.host != id.host
    };
    if rows.iter().any(|other| is_alike(&other)) {
        id.object_label()
    } else {
        id.blame.to_string()
    }
}

fn cells(cx: DrawContext<'_>, id: &FaultId, place: String) -> Vec<Cell> {
    let theme = cx.theme;
    let Some(fault) = cx.model.diagnoses.fault(id) else {
        let gone = [
            theme.symbols().finished,
            id.title(),
            &place,
            "",
            "fixed",
            "",
        ];
        return gone.map(|text| Cell::new(text, theme.good())).to_vec();
    };
    let (symbol, style) = theme.health(if fault.is_pull() {
        PodHealth::PullFailing
    } else {
        PodHealth::Failing
    });
    let since = fault
        .since
        .map_or_else(String::new, |since| age::age(since, cx.now));
    vec![
        Cell::new(symbol, style),
        Cell::new(fault.finding.title(), style),
        Cell::new(place, theme.text()),
        Cell::new(pods(fault), theme.text()),
        Cell::new(since, theme.dim()),
        Cell::new(first_fix(fault), theme.text()),
    ]
}

fn pods(fault: &Fault) -> String {
    fault.pods.len().to_string()
}
