//! The pull test overlay: nodes to choose from and their results.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::window::{self, Window, render_scrolled};
use crate::{
    app::{
        pull_test::{PullTestRun, PullTestStage},
        scroll::Scroll,
    },
    domain::{k8s::age, pull_test::PullTestResult},
    ui::{
        draw_context::DrawContext,
        text::{self, indented_lines, wrapped_lines},
    },
};

const WIDE: u16 = 110;

/// Maximum width of a node's name.
const NODE: usize = 40;

pub(super) fn draw(trial: &PullTestRun, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let room = window::inner_width(WIDE, area);
    let test = &trial.test;
    let mut lines = vec![
        field(cx, "Image", &test.image, room),
        field(
            cx,
            "As",
            &format!("ServiceAccount {} in {}", test.account, test.namespace),
            room,
        ),
    ];
    let (note, hint) = match &trial.stage {
        PullTestStage::Choosing => (
            "Creates a Pod on each selected node that pulls the image, never runs it, and is deleted.",
            "space toggle · ctrl-a all · enter pull · esc back",
        ),
        PullTestStage::Running { .. } if trial.is_waiting() => {
            ("Pulling.", "esc cancel (deletes the Pods)")
        }
        PullTestStage::Running { .. } => ("Done. Test Pods deleted.", "enter close · esc back"),
    };
    lines.extend(wrapped_lines(note, room, theme.dim()));
    lines.push(Line::default());
    let nodes: Vec<&Arc<str>> = match trial.stage {
        PullTestStage::Choosing => trial.nodes.rows().iter().collect(),
        PullTestStage::Running { .. } => trial.chosen.iter().collect(),
    };
    let names = nodes.iter().map(|node| text::width(node));
    let wide = names.max().unwrap_or(0).min(NODE);
    let selected = trial.nodes.selected();
    // The line of the selected node stays in view.
    let mut seen = 0;
    for node in nodes {
        if selected == Some(node) {
            seen = lines.len();
        }
        match trial.stage {
            PullTestStage::Choosing => lines.push(offered(trial, node, selected == Some(node), cx)),
            PullTestStage::Running { since, .. } => {
                lines.extend(answered(trial.result(node), node, wide, since, cx, room));
            }
        }
    }
    let window = Window {
        title: "Test pull on nodes",
        hint,
        wide: WIDE,
    };
    let inside = window.render(lines.len(), theme, area, buffer);
    let first = (seen + 1).saturating_sub(usize::from(inside.height));
    render_scrolled(lines, Scroll::FromTop(first), inside, buffer);
}

fn field(cx: DrawContext<'_>, name: &str, value: &str, room: usize) -> Line<'static> {
    let value = text::truncate(value, room.saturating_sub(8), text::Ellipsis::Middle).into_owned();
    Line::from(vec![
        Span::styled(format!("{name:8}"), cx.theme.dim()),
        Span::raw(value),
    ])
}

/// A node to choose, or to leave.
fn offered(
    trial: &PullTestRun,
    node: &Arc<str>,
    selected: bool,
    cx: DrawContext<'_>,
) -> Line<'static> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let name = text::truncate(node, NODE, text::Ellipsis::Middle);
    let mark = if trial.chosen.contains(node) {
        symbols.finished
    } else {
        symbols.quiet
    };
    let style = if selected {
        theme.selected(true)
    } else {
        theme.text()
    };
    Line::styled(format!("  {mark} {name}"), style)
}

/// Lines with a node's result, or for how long it has been pulling.
fn answered(
    said: Option<&PullTestResult>,
    node: &str,
    wide: usize,
    since: Timestamp,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let name = text::truncate(node, wide, text::Ellipsis::Middle);
    let (symbol, style, words): (&str, Style, String) = match said {
        None => (
            cx.spinner(),
            theme.accent(),
            format!("for {}", age::age(since, cx.now)),
        ),
        Some(PullTestResult::Pulled { took: Some(took) }) => (
            symbols.finished,
            theme.good(),
            format!("pulled in {}", age::elapsed(*took)),
        ),
        Some(PullTestResult::Pulled { took: None }) => {
            (symbols.finished, theme.good(), "pulled".to_owned())
        }
        Some(PullTestResult::Failed { cause, .. }) => {
            let why = cause.map_or("unknown reason", |cause| cause.label());
            (
                symbols.pull_failing,
                theme.failing(),
                format!("failed: {why}"),
            )
        }
        Some(PullTestResult::Unknown(why)) => (symbols.failing, theme.warning(), why.clone()),
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("  {symbol} "), style),
        Span::raw(format!("{name:wide$}  ")),
        Span::styled(text::clean(&words).into_owned(), style),
    ])];
    if let Some(PullTestResult::Failed { message, .. }) = said {
        lines.extend(indented_lines(message, 6, room, theme.dim()));
    }
    lines
}
