//! An error: what, why, what next.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{scrolled, window};
use crate::{
    domain::problem::Problem,
    ui::{text, view::View},
};

const WIDE: u16 = 84;

pub(super) fn draw(
    problem: &Problem,
    scroll: usize,
    view: View<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = view.theme;
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let wrapped = |text: &str, style| {
        text::wrap(text, room)
            .into_iter()
            .map(move |line| Line::styled(line, style))
            .collect::<Vec<_>>()
    };
    let mut lines = wrapped(&problem.what, theme.failing());
    for why in &problem.why {
        lines.extend(wrapped(why, theme.text()));
    }
    if let Some(next) = &problem.next {
        lines.push(Line::default());
        lines.extend(wrapped(&format!("next: {next}"), theme.strong()));
    }
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let hint = "ctrl-r try again · :ctx other context · esc back";
    let inside = window("Problem", hint, theme, WIDE, high, area, buffer);
    scrolled(lines, scroll, inside, buffer);
}
