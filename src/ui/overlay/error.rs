//! The error overlay: what failed, the cause and the next step.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::window::{self, Window};
use crate::app::action::Action;
use crate::ui::key_hints::{BACK, SCROLL};
use crate::{
    app::scroll::Scroll,
    domain::error::UserError,
    ui::{draw_context::DrawContext, text::wrapped_lines, theme::Theme},
};

const WIDE: u16 = 84;

/// Draws an error of an action.
pub(super) fn draw(
    problem: &UserError,
    scroll: Scroll,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let window = Window {
        title: "Problem",
        hint: &cx.hints(&[SCROLL, BACK]),
        wide: WIDE,
    };
    let lines = lines(problem, window::inner_width(WIDE, area), cx.theme);
    window.render_text(lines, scroll, cx.theme, area, buffer)
}

/// Draws the error of a failed connection.
pub(super) fn no_connection(
    problem: &UserError,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let window = Window {
        title: "Not connected",
        hint: &format!(
            "{} · :ctx switch context",
            cx.hints(&[(&[Action::Retry], "retry")])
        ),
        wide: WIDE,
    };
    let lines = lines(problem, window::inner_width(WIDE, area), cx.theme);
    window.render_text(lines, Scroll::TOP, cx.theme, area, buffer);
}

/// Lines of the error, wrapped to this width.
pub(super) fn lines(problem: &UserError, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let what = format!("{} {}", theme.symbols().pull_failing, problem.message);
    let mut lines = wrapped_lines(&what, room, theme.failing());
    for why in &problem.causes {
        lines.extend(wrapped_lines(why, room, theme.text()));
    }
    if let Some(next) = &problem.help {
        lines.push(Line::default());
        lines.extend(wrapped_lines(
            &format!("next: {next}"),
            room,
            theme.strong(),
        ));
    }
    lines
}
