//! What to put in order before it fails (guide G9): each thing with its advice.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{scrolled, window};
use crate::{
    domain::hygiene::Lint,
    ui::{panes::View, text},
};

const WIDE: u16 = 110;

pub(super) fn draw(lints: &[Lint], scroll: usize, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let mut lines = Vec::new();
    for lint in lints {
        let sentence = lint.to_string();
        let sentence = text::fit(&sentence, room.saturating_sub(2), text::Cut::Middle);
        let advice = text::fit(lint.advice(), room.saturating_sub(4), text::Cut::End);
        lines.push(Line::from(vec![
            Span::styled(format!("{} ", theme.symbols().failing), theme.warning()),
            Span::styled(sentence.into_owned(), theme.text()),
        ]));
        lines.push(Line::styled(format!("    {advice}"), theme.dim()));
    }
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let title = match lints.len() {
        1 => "1 thing to put in order".to_owned(),
        count => format!("{count} things to put in order"),
    };
    let hint = "↑↓ scroll · esc back";
    let inside = window(&title, hint, theme, WIDE, high, area, buffer);
    scrolled(lines, scroll, inside, buffer);
}
