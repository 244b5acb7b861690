//! A pull test: the nodes to choose from, and what their kubelets say.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{scrolled, window};
use crate::{
    app::pull_test::{Stage, Trial},
    domain::{age, pull_test::Pulled},
    ui::{text, view::View},
};

const WIDE: u16 = 110;

pub(super) fn draw(trial: &Trial, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let test = &trial.test;
    let mut lines = vec![
        field(view, "Image", &test.image, room),
        field(
            view,
            "As",
            &format!("ServiceAccount {} in {}", test.account, test.namespace),
            room,
        ),
    ];
    let (note, hint) = match &trial.stage {
        Stage::Choosing => (
            "A Pod for each chosen node pulls the image and is deleted. It never runs the image's program.",
            "space take · ctrl-a all · enter pull · esc back",
        ),
        Stage::Running { .. } if trial.waits() => (
            "The kubelets are pulling.",
            "esc leaves; the Pods are deleted",
        ),
        Stage::Running { .. } => (
            "All have answered; the Pods are deleted.",
            "enter close · esc back",
        ),
    };
    lines.extend(
        text::wrap(note, room)
            .into_iter()
            .map(|line| Line::styled(line, theme.dim())),
    );
    lines.push(Line::default());
    for (at, node) in trial.nodes.rows().iter().enumerate() {
        let chosen = trial.chosen.contains(node);
        if !chosen && !matches!(trial.stage, Stage::Choosing) {
            continue;
        }
        let selected = trial.nodes.position() == Some(at);
        lines.extend(node_lines(trial, node, chosen, selected, view, room));
    }
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inside = window(
        "Let the kubelet pull",
        hint,
        theme,
        WIDE,
        high,
        area,
        buffer,
    );
    let shown = trial.nodes.position().unwrap_or(0) + lines.len()
        - trial.nodes.rows().len().min(lines.len());
    let scroll = (shown + 1).saturating_sub(usize::from(inside.height));
    scrolled(lines, scroll, inside, buffer);
}

fn field(view: View<'_>, name: &str, value: &str, room: usize) -> Line<'static> {
    let value = text::fit(value, room.saturating_sub(8), text::Cut::Middle).into_owned();
    Line::from(vec![
        Span::styled(format!("{name:8}"), view.theme.dim()),
        Span::raw(value),
    ])
}

fn node_lines(
    trial: &Trial,
    node: &str,
    chosen: bool,
    selected: bool,
    view: View<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let (theme, symbols) = (view.theme, view.theme.symbols());
    let name = text::fit(node, 40, text::Cut::Middle).into_owned();
    let Stage::Running { since, .. } = &trial.stage else {
        let mark = if chosen {
            symbols.finished
        } else {
            symbols.quiet
        };
        let style = if selected {
            theme.selected(true)
        } else {
            theme.text()
        };
        return vec![Line::styled(format!("  {mark} {name}"), style)];
    };
    let (symbol, style, words): (&str, Style, String) = match trial.said(node) {
        None => (
            view.spinner(),
            theme.accent(),
            format!("for {}", age::age(*since, view.now)),
        ),
        Some(Pulled::Yes { took: Some(took) }) => (
            symbols.finished,
            theme.good(),
            format!("pulled in {}", age::took(*took)),
        ),
        Some(Pulled::Yes { took: None }) => (symbols.finished, theme.good(), "pulled".to_owned()),
        Some(Pulled::No { cause, .. }) => {
            let why = cause.map_or("for a reason not known here", |cause| cause.title());
            (
                symbols.pull_failing,
                theme.failing(),
                format!("refused: {why}"),
            )
        }
        Some(Pulled::Unknown(why)) => (symbols.failing, theme.warning(), why.clone()),
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("  {symbol} "), style),
        Span::raw(format!("{name:20} ")),
        Span::styled(text::clean(&words).into_owned(), style),
    ])];
    if let Some(Pulled::No { message, .. }) = trial.said(node) {
        let wrapped = text::wrap(message, room.saturating_sub(6));
        lines.extend(
            wrapped
                .into_iter()
                .map(|line| Line::styled(format!("      {line}"), theme.dim())),
        );
    }
    lines
}
