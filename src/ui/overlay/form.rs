//! Renders a form: one line per field, messages below it; a list opens when it has the focus.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Widget,
};

use super::window::{self, Window};
use crate::app::action::Action;
use crate::ui::key_hints::BACK;
use crate::{
    app::form::{Field, FieldId, FieldInput, Form, ImportState, MultiSelect, Select},
    domain::plan::FormSpec,
    ui::{draw_context::DrawContext, text},
};

const WIDE: u16 = 100;

/// Width of a label.
const LABEL: usize = 16;

/// Visible rows of a list.
const ROWS: usize = 10;

/// A line of the form, by what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormLine {
    Field(usize),
    Message(usize),
    /// A row of the list of a field.
    Option(usize, usize),
}

pub(super) fn draw(form: &Form, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let hint = hint(form, cx);
    let rows = rows(form);
    let window = Window {
        title: &form.spec.title(),
        hint: &hint,
        wide: WIDE,
    };
    let inside = window.render(rows.len(), cx.theme, area, buffer);
    let room = room(area);
    let shown = rows.iter().skip(first_shown(form, &rows, inside.height));
    for (row, y) in shown.zip(inside.y..inside.bottom()) {
        let place = Rect {
            y,
            height: 1,
            ..inside
        };
        line(form, *row, room, cx).render(place, buffer);
    }
}

/// The keys of the field that has the keyboard.
fn hint(form: &Form, cx: DrawContext<'_>) -> String {
    if form.leave_confirmed {
        return cx.hints(&[(&[Action::Back], "again to discard")]);
    }
    let submit = if form.spec == FormSpec::Export {
        "next, then export"
    } else {
        "next, then preview"
    };
    let submit = (&[Action::Submit][..], submit);
    match form.focused().map(|field| &field.input) {
        Some(FieldInput::MultiSelect(_)) => cx.hints(&[
            (&[Action::Toggle], "toggle"),
            (&[Action::ToggleAll], "all"),
            (&[Action::Submit], "next"),
            BACK,
        ]),
        Some(FieldInput::Select(_)) => cx.hints(&[
            (&[Action::PreviousOption, Action::NextOption], "choose"),
            submit,
            BACK,
        ]),
        Some(FieldInput::Text(_)) | None => {
            cx.hints(&[(&[Action::NextField], "next"), submit, BACK])
        }
    }
}

/// The lines of the form, all of them.
fn rows(form: &Form) -> Vec<FormLine> {
    let mut rows = Vec::new();
    for (index, field) in form.fields.iter().enumerate() {
        if !form.is_visible(field.id) {
            continue;
        }
        rows.push(FormLine::Field(index));
        if let FieldInput::MultiSelect(picks) = &field.input
            && index == form.focus
        {
            let shown = picks.visible_rows();
            let first = (picks.cursor + 1).saturating_sub(ROWS);
            let visible = shown.iter().skip(first).take(ROWS);
            rows.extend(visible.map(|pick| FormLine::Option(index, *pick)));
        }
        rows.push(FormLine::Message(index));
    }
    rows
}

/// Cells for an answer.
fn room(area: Rect) -> usize {
    window::inner_width(WIDE, area).saturating_sub(LABEL + 2)
}

/// The first line that is shown where not all have room: the focused answer and what belongs to it
/// stay in view.
fn first_shown(form: &Form, rows: &[FormLine], height: u16) -> usize {
    let height = usize::from(height);
    let last = rows
        .iter()
        .rposition(|row| match row {
            FormLine::Field(index) | FormLine::Message(index) | FormLine::Option(index, _) => {
                *index == form.focus
            }
        })
        .unwrap_or(0);
    let most = rows.len().saturating_sub(height);
    (last + 1).saturating_sub(height).min(most)
}

fn line(form: &Form, row: FormLine, room: usize, cx: DrawContext<'_>) -> Line<'static> {
    let field = |index: usize| form.fields.get(index);
    match row {
        FormLine::Field(index) => {
            field(index).map(|field| field_line(form, index, field, room, cx))
        }
        FormLine::Message(index) => {
            field(index).map(|field| message_line(form, index, field, room, cx))
        }
        FormLine::Option(index, pick) => {
            field(index).map(|field| option_line(field, pick, room, cx))
        }
    }
    .unwrap_or_default()
}

fn field_line(
    form: &Form,
    index: usize,
    field: &Field,
    room: usize,
    cx: DrawContext<'_>,
) -> Line<'static> {
    let theme = cx.theme;
    let focused = index == form.focus;
    let style = if focused {
        theme.strong()
    } else {
        theme.text()
    };
    let label = if focused { theme.accent() } else { theme.dim() };
    let mut spans = vec![Span::styled(format!("{:LABEL$}", field.id.label()), label)];
    match &field.input {
        FieldInput::Text(input) => {
            let scroll = input.visual_scroll(room);
            let value: String = shown(field).chars().skip(scroll).take(room).collect();
            spans.push(Span::styled(value, style));
        }
        FieldInput::Select(choice) => spans.extend(options(choice, focused, room, cx)),
        FieldInput::MultiSelect(picks) if focused && !picks.filter.value().is_empty() => {
            let filter = text::clean(picks.filter.value()).into_owned();
            spans.push(Span::styled(format!("/{filter}"), style));
        }
        entry @ FieldInput::MultiSelect(_) => {
            let summary = Form::summary(entry);
            let summary = text::truncate(&summary, room, text::Ellipsis::End).into_owned();
            spans.push(Span::styled(summary, style));
        }
    }
    Line::from(spans)
}

/// ` ‹ chosen › 2 of 4`
fn options(choice: &Select, focused: bool, room: usize, cx: DrawContext<'_>) -> Vec<Span<'static>> {
    let theme = cx.theme;
    let value =
        text::truncate(choice.label(), room.saturating_sub(12), text::Ellipsis::End).into_owned();
    if !focused || choice.options.len() < 2 {
        return vec![Span::styled(value, theme.text())];
    }
    vec![
        Span::styled("‹ ", theme.key()),
        Span::styled(value, theme.strong()),
        Span::styled(" ›", theme.key()),
        Span::styled(
            format!("  {} of {}", choice.chosen + 1, choice.options.len()),
            theme.dim(),
        ),
    ]
}

fn option_line(field: &Field, pick: usize, room: usize, cx: DrawContext<'_>) -> Line<'static> {
    let theme = cx.theme;
    let FieldInput::MultiSelect(picks) = &field.input else {
        return Line::default();
    };
    let Some(row) = picks.rows.get(pick) else {
        return Line::default();
    };
    let longest = picks.rows.iter().map(|row| text::width(&row.name)).max();
    let wide = longest.unwrap_or(0).min(NAME).min(room);
    let here = picks.visible_rows().get(picks.cursor) == Some(&pick);
    let mark = if row.selected { "[x]" } else { "[ ]" };
    let name = text::truncate(&row.name, wide, text::Ellipsis::Middle).into_owned();
    let note = text::truncate(
        &row.note,
        room.saturating_sub(wide + 6),
        text::Ellipsis::End,
    )
    .into_owned();
    let style = match (here, row.selected) {
        (true, _) => theme.selected(true),
        (false, true) => theme.text(),
        (false, false) => theme.dim(),
    };
    Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(format!("{mark} {name:wide$} "), style),
        Span::styled(note, theme.dim()),
    ])
}

/// Maximum width of a row's name.
const NAME: usize = 34;

/// The displayed value of a field; of a token its length.
fn shown(field: &Field) -> String {
    if field.id.is_masked() {
        // Counted where it is: a copy would stay behind in memory.
        "•".repeat(field.value().chars().count())
    } else {
        text::clean(field.value()).into_owned()
    }
}

fn message_line(
    form: &Form,
    index: usize,
    field: &Field,
    room: usize,
    cx: DrawContext<'_>,
) -> Line<'static> {
    let theme = cx.theme;
    let symbols = theme.symbols();
    let store = &cx.model.store;
    let open = matches!(&field.input, FieldInput::Text(input) if input.value().is_empty());
    let complaint = form.validate(field.id, store);
    let (text, style) = match complaint {
        // What was not asked yet is not complained about.
        Some(complaint) if !open || index < form.focus => {
            let symbol = if complaint.is_error {
                symbols.pull_failing
            } else {
                symbols.failing
            };
            let style = if complaint.is_error {
                theme.failing()
            } else {
                theme.warning()
            };
            (format!("{symbol} {}", complaint.text), style)
        }
        _ => (form.hint(field.id, store), theme.dim()),
    };
    let reads = matches!(form.import, ImportState::Reading(_)) && field.id == FieldId::Source;
    let text = if reads {
        format!("{} {text}", cx.spinner())
    } else {
        text
    };
    let text = text::truncate(&text, room, text::Ellipsis::End).into_owned();
    Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(text, style),
    ])
}

/// Position of the cursor; `None` in a choice.
pub(super) fn cursor(form: &Form, area: Rect) -> Option<Position> {
    let rows = rows(form);
    let place = window::centered(WIDE, rows.len(), area);
    let first = first_shown(form, &rows, place.height.saturating_sub(2));
    let row = rows
        .iter()
        .position(|row| *row == FormLine::Field(form.focus))?;
    let row = row.checked_sub(first)?;
    let room = room(area);
    let x = match &form.focused()?.input {
        FieldInput::Text(input) => {
            let scroll = input.visual_scroll(room);
            input.visual_cursor().saturating_sub(scroll)
        }
        FieldInput::MultiSelect(MultiSelect { filter, .. }) if !filter.value().is_empty() => {
            filter.visual_cursor() + 1
        }
        FieldInput::MultiSelect(_) | FieldInput::Select(_) => return None,
    };
    Some(Position::new(
        place.x + 2 + u16::try_from(LABEL + x).ok()?,
        place.y + 1 + u16::try_from(row).ok()?,
    ))
}
