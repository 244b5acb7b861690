//! A form: a line per answer, and below it what there is to say of it.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Widget,
};

use super::window;
use crate::{
    app::form::{Field, Form},
    ui::{panes::View, text},
};

const WIDE: u16 = 96;

/// Cells before an answer.
const LABEL: usize = 16;

pub(super) fn draw(form: &Form, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    let hint = if form.leaving {
        "esc again drops what you typed"
    } else {
        "tab next · enter next, then the plan · esc back"
    };
    let title = form.ask.title();
    let title = text::fit(
        &title,
        usize::from(WIDE.min(area.width)).saturating_sub(6),
        text::Cut::Middle,
    );
    let inside = window(&title, hint, theme, WIDE, high(form), area, buffer);
    let room = usize::from(inside.width).saturating_sub(LABEL + 2);
    let first = first_shown(form, inside.height);
    for (row, (index, field)) in form.fields.iter().enumerate().skip(first).enumerate() {
        let y = inside.y + u16::try_from(row * 2).unwrap_or(u16::MAX / 2);
        if y >= inside.bottom() {
            break;
        }
        let line = Rect {
            y,
            height: 1,
            ..inside
        };
        answer(form, index, field, room, view).render(line, buffer);
        if y + 1 < inside.bottom() {
            let below = Rect { y: y + 1, ..line };
            word(form, index, field, room, view).render(below, buffer);
        }
    }
}

/// Two lines per answer, and the border.
fn high(form: &Form) -> u16 {
    u16::try_from(form.fields.len() * 2 + 2).unwrap_or(u16::MAX)
}

/// The first field that is shown where not all have room.
fn first_shown(form: &Form, height: u16) -> usize {
    let fit = usize::from(height / 2).max(1);
    (form.focus + 1).saturating_sub(fit)
}

fn answer(form: &Form, index: usize, field: &Field, room: usize, view: View<'_>) -> Line<'static> {
    let theme = view.theme;
    let focused = index == form.focus;
    let value = shown(field);
    let scroll = field.input.visual_scroll(room);
    let value: String = value.chars().skip(scroll).take(room).collect();
    let label = if focused { theme.accent() } else { theme.dim() };
    let value = Span::styled(
        value,
        if focused {
            theme.strong()
        } else {
            theme.text()
        },
    );
    Line::from(vec![
        Span::styled(format!("{:LABEL$}", field.answer.label()), label),
        value,
    ])
}

/// What may be seen of an answer: of a token its length.
fn shown(field: &Field) -> String {
    let value = text::clean(field.input.value()).into_owned();
    if field.answer.is_masked() {
        "•".repeat(value.chars().count())
    } else {
        value
    }
}

fn word(form: &Form, index: usize, field: &Field, room: usize, view: View<'_>) -> Line<'static> {
    let theme = view.theme;
    let symbols = theme.symbols();
    let empty = field.input.value().is_empty();
    let complaint = form.complaint(field.answer);
    let (text, style) = match complaint {
        // What was not asked yet is not complained about.
        Some(complaint) if !empty || index < form.focus => {
            let symbol = if complaint.refuses {
                symbols.pull_failing
            } else {
                symbols.failing
            };
            let style = if complaint.refuses {
                theme.failing()
            } else {
                theme.warning()
            };
            (format!("{symbol} {}", complaint.text), style)
        }
        _ => (form.hint(field.answer), theme.dim()),
    };
    let text = text::fit(&text, room, text::Cut::End).into_owned();
    Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(text, style),
    ])
}

/// Where the cursor stands.
pub(super) fn cursor(form: &Form, area: Rect) -> Option<Position> {
    let width = WIDE.min(area.width);
    let height = high(form).min(area.height);
    let left = area.x + (area.width - width) / 2 + 2;
    let top = area.y + (area.height - height) / 2 + 1;
    let inside = height.saturating_sub(2);
    let row = form.focus.checked_sub(first_shown(form, inside))?;
    let field = form.fields.get(form.focus)?;
    let room = usize::from(width.saturating_sub(4)).saturating_sub(LABEL + 2);
    let scroll = field.input.visual_scroll(room);
    let x = LABEL + field.input.visual_cursor().saturating_sub(scroll);
    Some(Position::new(
        left + u16::try_from(x).ok()?,
        top + u16::try_from(row * 2).ok()?,
    ))
}
