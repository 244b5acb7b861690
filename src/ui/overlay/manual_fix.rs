//! The overlay of a manual fix: steps, place and commands.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::window::{self, Window};
use crate::app::action::Action;
use crate::ui::key_hints::BACK;
use crate::{
    app::scroll::Scroll,
    domain::diagnostics::Fix,
    ui::{
        draw_context::DrawContext,
        text::{indented_lines, wrapped_lines},
    },
};

const WIDE: u16 = 100;

pub(super) fn draw(
    why: &str,
    fix: &Fix,
    scroll: Scroll,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let copies = if fix.commands.is_empty() {
        "copy steps"
    } else {
        "copy commands"
    };
    let hint = cx.hints(&[
        (&[Action::Copy], copies),
        (&[Action::ShowGuide], "explain"),
        BACK,
    ]);
    let window = Window {
        title: &fix.title,
        hint: &hint,
        wide: WIDE,
    };
    let lines = lines(why, fix, cx, window::inner_width(WIDE, area));
    window.render_text(lines, scroll, cx.theme, area, buffer)
}

fn lines(why: &str, fix: &Fix, cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let mut lines = wrapped_lines(why, room, theme.strong());
    let words = "pullscope can't fix this. Manual steps:";
    lines.push(Line::default());
    lines.extend(wrapped_lines(words, room, theme.dim()));
    if !fix.steps.is_empty() {
        lines.push(Line::default());
    }
    for step in &fix.steps {
        lines.extend(wrapped_lines(step, room, theme.text()));
    }
    if !fix.commands.is_empty() {
        lines.push(Line::default());
    }
    for command in &fix.commands {
        lines.extend(indented_lines(
            &format!("$ {command}"),
            2,
            room,
            theme.accent(),
        ));
    }
    lines
}
