//! The help overlay: key bindings.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::ui::key_hints::{BACK, SCROLL};
use crate::{
    app::{key_config::ActiveBinding, keymap::Context, scroll::Scroll},
    ui::{
        draw_context::DrawContext,
        text::{self, wrapped_lines},
    },
};

const WIDE: u16 = 100;

/// Width of the keys of a binding.
const KEYS: usize = 17;

pub(super) fn draw(scroll: Scroll, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) -> usize {
    let window = Window {
        title: "Keys",
        hint: &cx.hints(&[SCROLL, BACK]),
        wide: WIDE,
    };
    let lines = lines(cx, window::inner_width(WIDE, area));
    window.render_text(lines, scroll, cx.theme, area, buffer)
}

fn lines(cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let mut contexts: Vec<Context> = Vec::new();
    // What holds where the keyboard is comes first.
    let here = Context::In(cx.model.focus);
    let rows = cx.model.preferences.keymap.bindings();
    for context in std::iter::once(here).chain(rows.iter().map(|row| row.binding.context)) {
        if !contexts.contains(&context) {
            contexts.push(context);
        }
    }
    let mut lines = story(cx, room);
    for context in contexts {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(context.title(), cx.theme.strong()));
        for row in rows.iter().filter(|row| row.binding.context == context) {
            lines.extend(binding(row, room, cx));
        }
    }
    lines
}

/// What a demonstration's world is about.
fn story(cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let Some(story) = &cx.model.demo_intro else {
        return Vec::new();
    };
    let mut lines = wrapped_lines(&story.title, room, cx.theme.strong());
    for paragraph in story.text.trim().split("\n\n") {
        let words = paragraph.replace('\n', " ").replace('`', "");
        lines.extend(wrapped_lines(&words, room, cx.theme.text()));
    }
    lines
}

/// The keys, and what they do in as many lines as it takes.
fn binding(row: &ActiveBinding, room: usize, cx: DrawContext<'_>) -> Vec<Line<'static>> {
    let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
    let keys = text::truncate(&keys.join(" "), KEYS, text::Ellipsis::End).into_owned();
    let help = text::wrap(row.binding.help, room.saturating_sub(KEYS + 3));
    let lines = help.into_iter().enumerate().map(|(at, help)| {
        let keys = if at == 0 { &*keys } else { "" };
        Line::from(vec![
            Span::styled(format!("  {keys:KEYS$} "), cx.theme.key()),
            Span::raw(help),
        ])
    });
    lines.collect()
}
