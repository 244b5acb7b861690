//! One line for the result of a registry probe or pull test, with its age.

use ratatui::style::Style;

use crate::{
    app::probe_cache::ProbeState,
    domain::{diagnostics::EvidenceSource, k8s::age, probe::PullAnswer},
    ui::draw_context::DrawContext,
};

/// Symbol, colour and text.
pub(super) fn describe(cx: DrawContext<'_>, state: &ProbeState) -> (&'static str, Style, String) {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    match state {
        ProbeState::Pending(_) => (
            symbols.progressing,
            theme.accent(),
            "testing the registry".to_owned(),
        ),
        ProbeState::Done(said) => {
            let (symbol, style) = match said.conclusion.answer {
                PullAnswer::Ok => (symbols.finished, theme.good()),
                PullAnswer::No => (symbols.pull_failing, theme.failing()),
                PullAnswer::Unknown => (symbols.failing, theme.warning()),
            };
            let ago = age::age(said.at, cx.now);
            let from = match said.source {
                EvidenceSource::PullTest => "tried",
                _ => "tested from this machine",
            };
            let text = format!("{from} {ago} ago: {}", said.conclusion.summary);
            (symbol, style, text)
        }
        ProbeState::Failed(problem) => (symbols.failing, theme.warning(), problem.to_string()),
    }
}
