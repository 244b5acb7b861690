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
        action::Action,
        pull_test::{PullTestDialog, PullTestSetup, StartedTest},
        scroll::Scroll,
    },
    domain::{
        k8s::age,
        pull_test::{PullTest, PullTestOutcome, PullTestResult},
    },
    ui::{
        draw_context::DrawContext,
        key_hints::BACK,
        text::{self, indented_lines, wrapped_lines},
    },
};

const WIDE: u16 = 110;

/// Maximum width of a node's name.
const NODE: usize = 40;

pub(super) fn draw(dialog: &PullTestDialog, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let room = window::inner_width(WIDE, area);
    let (lines, selected, hint) = match dialog {
        PullTestDialog::Choosing(setup) => choosing(setup, cx, room),
        PullTestDialog::Started(request_id) => match cx.model.pull_tests.get(*request_id) {
            Some(test) => started(test, cx, room),
            None => return,
        },
    };
    let window = Window {
        title: "Test pull on nodes",
        hint: &hint,
        wide: WIDE,
    };
    let inside = window.render(lines.len(), cx.theme, area, buffer);
    // The line of the selected node stays in view.
    let first = (selected + 1).saturating_sub(usize::from(inside.height));
    render_scrolled(lines, Scroll::FromTop(first), inside, buffer);
}

/// The nodes to choose from: the lines, the number of the selected one, and the keys.
fn choosing(
    setup: &PullTestSetup,
    cx: DrawContext<'_>,
    room: usize,
) -> (Vec<Line<'static>>, usize, String) {
    let note =
        "Creates a Pod on each selected node that pulls the image, never runs it, and is deleted.";
    let mut lines = head(&setup.test, note, cx, room);
    let (mut at, selected) = (0, setup.nodes.selected());
    for node in setup.nodes.rows() {
        if selected == Some(node) {
            at = lines.len();
        }
        lines.push(offered(setup, node, selected == Some(node), cx));
    }
    let hint = cx.hints(&[
        (&[Action::Toggle], "toggle"),
        (&[Action::ToggleAll], "all"),
        (&[Action::StartPullTest], "pull"),
        BACK,
    ]);
    (lines, at, hint)
}

/// The nodes with what has become of each.
fn started(
    test: &StartedTest,
    cx: DrawContext<'_>,
    room: usize,
) -> (Vec<Line<'static>>, usize, String) {
    let (note, hints) = match (test.is_waiting(), test.is_cancelled) {
        (true, false) => (
            "Pulling.".to_owned(),
            [
                (&[Action::StartPullTest][..], "run in background"),
                (&[Action::Back][..], "cancel (deletes the Pods)"),
            ],
        ),
        (true, true) => (
            "Cancelled: deleting the test Pods.".to_owned(),
            [(&[Action::StartPullTest][..], "run in background"), BACK],
        ),
        (false, is_cancelled) => {
            let end = if is_cancelled { "Cancelled" } else { "Done" };
            let note = format!("{end}. {}", test.pods_line());
            (note, [(&[Action::StartPullTest][..], "close"), BACK])
        }
    };
    let mut lines = head(&test.test, &note, cx, room);
    let names = test.nodes.iter().map(|(node, _)| text::width(node));
    let wide = names.max().unwrap_or(0).min(NODE);
    for (node, outcome) in &test.nodes {
        lines.extend(answered(outcome.as_ref(), node, wide, test.since, cx, room));
    }
    (lines, 0, cx.hints(&hints))
}

fn head(test: &PullTest, note: &str, cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let account = format!("ServiceAccount {} in {}", test.account, test.namespace);
    let mut lines = vec![
        field(cx, "Image", &test.image, room),
        field(cx, "As", &account, room),
    ];
    lines.extend(wrapped_lines(note, room, cx.theme.dim()));
    lines.push(Line::default());
    lines
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
    setup: &PullTestSetup,
    node: &Arc<str>,
    selected: bool,
    cx: DrawContext<'_>,
) -> Line<'static> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let name = text::truncate(node, NODE, text::Ellipsis::Middle);
    let mark = if setup.chosen.contains(node) {
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
    outcome: Option<&PullTestOutcome>,
    node: &str,
    wide: usize,
    since: Timestamp,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let name = text::truncate(node, wide, text::Ellipsis::Middle);
    let pulled = outcome.map(|outcome| &outcome.pulled);
    let (symbol, style, words): (&str, Style, String) = match pulled {
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
    if let Some(PullTestResult::Failed { message, .. }) = pulled {
        lines.extend(indented_lines(message, 6, room, theme.dim()));
    }
    if outcome.is_some_and(|outcome| !outcome.is_deleted) {
        lines.extend(indented_lines(
            "The test Pod is not deleted.",
            6,
            room,
            theme.warning(),
        ));
    }
    lines
}
