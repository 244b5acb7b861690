//! The help overlay: key bindings.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::{
    app::{key_config::ActiveBinding, keymap::Context, scroll::Scroll},
    ui::{draw_context::DrawContext, text, widgets::paragraph::wrapped},
};

const WIDE: u16 = 100;

/// Cells for the keys of a binding.
const KEYS: usize = 17;

pub(super) fn draw(
    scroll: Scroll,
    view: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let window = Window {
        title: "Keys",
        hint: "↑↓ scroll · esc back",
        wide: WIDE,
    };
    let lines = lines(view, window::inner_width(WIDE, area));
    window.render_text(lines, scroll, view.theme, area, buffer)
}

fn lines(view: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let mut contexts: Vec<Context> = Vec::new();
    // What holds where the keyboard is comes first.
    let here = Context::In(view.model.focus);
    let rows = view.model.preferences.keymap.bindings();
    for context in std::iter::once(here).chain(rows.iter().map(|row| row.binding.context)) {
        if !contexts.contains(&context) {
            contexts.push(context);
        }
    }
    let mut lines = story(view, room);
    for context in contexts {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(context.title(), view.theme.strong()));
        for row in rows.iter().filter(|row| row.binding.context == context) {
            lines.extend(binding(row, room, view));
        }
    }
    lines
}

/// What a demonstration's world is about.
fn story(view: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let Some(story) = &view.model.demo_intro else {
        return Vec::new();
    };
    let mut lines = wrapped(&story.title, room, view.theme.strong());
    for paragraph in story.text.trim().split("\n\n") {
        let words = paragraph.replace('\n', " ").replace('`', "");
        lines.extend(wrapped(&words, room, view.theme.text()));
    }
    lines
}

/// The keys, and what they do in as many lines as it takes.
fn binding(row: &ActiveBinding, room: usize, view: DrawContext<'_>) -> Vec<Line<'static>> {
    let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
    let keys = text::truncate(&keys.join(" "), KEYS, text::Ellipsis::End).into_owned();
    let help = text::wrap(row.binding.help, room.saturating_sub(KEYS + 3));
    let lines = help.into_iter().enumerate().map(|(at, help)| {
        let keys = if at == 0 { &*keys } else { "" };
        Line::from(vec![
            Span::styled(format!("  {keys:KEYS$} "), view.theme.key()),
            Span::raw(help),
        ])
    });
    lines.collect()
}
