//! The keys, out of the one table.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{scrolled, window};
use crate::{
    app::keymap::Context,
    ui::{text, view::View},
};

/// Cells for the keys of a binding.
const KEYS: usize = 18;

pub(super) fn draw(scroll: usize, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let lines = lines(view);
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inside = window(
        "Keys",
        "↑↓ scroll · esc back",
        view.theme,
        90,
        high,
        area,
        buffer,
    );
    scrolled(lines, scroll, inside, buffer);
}

fn lines(view: View<'_>) -> Vec<Line<'static>> {
    let mut contexts: Vec<Context> = Vec::new();
    // What holds where the keyboard is comes first.
    let here = Context::In(view.model.focus);
    let rows = view.model.preferences.keymap.rows();
    for context in std::iter::once(here).chain(rows.iter().map(|row| row.binding.context)) {
        if !contexts.contains(&context) {
            contexts.push(context);
        }
    }
    let mut lines = Vec::new();
    for context in contexts {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(context.title(), view.theme.strong()));
        for row in rows.iter().filter(|row| row.binding.context == context) {
            let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
            let keys = text::fit(&keys.join(" "), KEYS, text::Cut::End).into_owned();
            lines.push(Line::from(vec![
                Span::styled(format!("  {keys:KEYS$} "), view.theme.key()),
                Span::raw(row.binding.help),
            ]));
        }
    }
    lines
}
