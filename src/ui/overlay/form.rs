//! A form: a line per answer, and below it what there is to say of it; a list opens when it has the
//! keyboard.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Widget,
};

use super::window::{self, Window};
use crate::{
    app::form::{Answer, Choice, Entry, Field, Form, Import, Picks},
    domain::plan::FormSpec,
    ui::{draw_context::View, text},
};

const WIDE: u16 = 100;

/// Cells before an answer.
const LABEL: usize = 16;

/// Rows of a list that are seen at once.
const ROWS: usize = 10;

/// A line of the form, by what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Answer(usize),
    Word(usize),
    /// A row of the list of a field.
    Pick(usize, usize),
}

pub(super) fn draw(form: &Form, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let hint = if form.leaving {
        "esc again drops what you typed"
    } else {
        match form.focused().map(|field| &field.entry) {
            Some(Entry::Many(_)) => "space take or leave · ctrl-space all · enter next · esc back",
            Some(Entry::One(_)) if form.ask == FormSpec::Export => {
                "←→ choose · enter next, then export · esc back"
            }
            Some(Entry::One(_)) => "←→ choose · enter next, then the plan · esc back",
            Some(Entry::Text(_)) | None => "tab next · enter next, then the plan · esc back",
        }
    };
    let rows = rows(form);
    let window = Window {
        title: &form.ask.title(),
        hint,
        wide: WIDE,
    };
    let inside = window.open(rows.len(), view.theme, area, buffer);
    let room = room(area);
    let shown = rows.iter().skip(first_shown(form, &rows, inside.height));
    for (row, y) in shown.zip(inside.y..inside.bottom()) {
        let place = Rect {
            y,
            height: 1,
            ..inside
        };
        line(form, *row, room, view).render(place, buffer);
    }
}

/// The lines of the form, all of them.
fn rows(form: &Form) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, field) in form.fields.iter().enumerate() {
        if !form.asks(field.answer) {
            continue;
        }
        rows.push(Row::Answer(index));
        if let Entry::Many(picks) = &field.entry
            && index == form.focus
        {
            let shown = picks.shown();
            let first = (picks.cursor + 1).saturating_sub(ROWS);
            let visible = shown.iter().skip(first).take(ROWS);
            rows.extend(visible.map(|pick| Row::Pick(index, *pick)));
        }
        rows.push(Row::Word(index));
    }
    rows
}

/// Cells for an answer.
fn room(area: Rect) -> usize {
    window::room(WIDE, area).saturating_sub(LABEL + 2)
}

/// The first line that is shown where not all have room: the focused answer and what belongs to it
/// stay in view.
fn first_shown(form: &Form, rows: &[Row], height: u16) -> usize {
    let height = usize::from(height);
    let last = rows
        .iter()
        .rposition(|row| match row {
            Row::Answer(index) | Row::Word(index) | Row::Pick(index, _) => *index == form.focus,
        })
        .unwrap_or(0);
    let most = rows.len().saturating_sub(height);
    (last + 1).saturating_sub(height).min(most)
}

fn line(form: &Form, row: Row, room: usize, view: View<'_>) -> Line<'static> {
    let field = |index: usize| form.fields.get(index);
    match row {
        Row::Answer(index) => field(index).map(|field| answer(form, index, field, room, view)),
        Row::Word(index) => field(index).map(|field| word(form, index, field, room, view)),
        Row::Pick(index, pick) => field(index).map(|field| picked(field, pick, room, view)),
    }
    .unwrap_or_default()
}

fn answer(form: &Form, index: usize, field: &Field, room: usize, view: View<'_>) -> Line<'static> {
    let theme = view.theme;
    let focused = index == form.focus;
    let style = if focused {
        theme.strong()
    } else {
        theme.text()
    };
    let label = if focused { theme.accent() } else { theme.dim() };
    let mut spans = vec![Span::styled(
        format!("{:LABEL$}", field.answer.label()),
        label,
    )];
    match &field.entry {
        Entry::Text(input) => {
            let scroll = input.visual_scroll(room);
            let value: String = shown(field).chars().skip(scroll).take(room).collect();
            spans.push(Span::styled(value, style));
        }
        Entry::One(choice) => spans.extend(options(choice, focused, room, view)),
        Entry::Many(picks) if focused && !picks.filter.value().is_empty() => {
            let filter = text::clean(picks.filter.value()).into_owned();
            spans.push(Span::styled(format!("/{filter}"), style));
        }
        entry @ Entry::Many(_) => {
            let summary = Form::summary(entry);
            let summary = text::fit(&summary, room, text::Cut::End).into_owned();
            spans.push(Span::styled(summary, style));
        }
    }
    Line::from(spans)
}

/// ` ‹ chosen › 2 of 4`
fn options(choice: &Choice, focused: bool, room: usize, view: View<'_>) -> Vec<Span<'static>> {
    let theme = view.theme;
    let value = text::fit(choice.value(), room.saturating_sub(12), text::Cut::End).into_owned();
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

fn picked(field: &Field, pick: usize, room: usize, view: View<'_>) -> Line<'static> {
    let theme = view.theme;
    let Entry::Many(picks) = &field.entry else {
        return Line::default();
    };
    let Some(row) = picks.rows.get(pick) else {
        return Line::default();
    };
    let longest = picks.rows.iter().map(|row| text::width(&row.name)).max();
    let wide = longest.unwrap_or(0).min(NAME).min(room);
    let here = picks.shown().get(picks.cursor) == Some(&pick);
    let mark = if row.taken { "[x]" } else { "[ ]" };
    let name = text::fit(&row.name, wide, text::Cut::Middle).into_owned();
    let note = text::fit(&row.note, room.saturating_sub(wide + 6), text::Cut::End).into_owned();
    let style = match (here, row.taken) {
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

/// Most cells for the name of a row.
const NAME: usize = 34;

/// What may be seen of an answer: of a token its length.
fn shown(field: &Field) -> String {
    if field.answer.is_masked() {
        // Counted where it is: a copy would stay behind in memory.
        "•".repeat(field.value().chars().count())
    } else {
        text::clean(field.value()).into_owned()
    }
}

fn word(form: &Form, index: usize, field: &Field, room: usize, view: View<'_>) -> Line<'static> {
    let theme = view.theme;
    let symbols = theme.symbols();
    let world = &view.model.world;
    let open = matches!(&field.entry, Entry::Text(input) if input.value().is_empty());
    let complaint = form.complaint(field.answer, world);
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
        _ => (form.hint(field.answer, world), theme.dim()),
    };
    let reads = matches!(form.import, Import::Reading(_)) && field.answer == Answer::Source;
    let text = if reads {
        format!("{} {text}", view.spinner())
    } else {
        text
    };
    let text = text::fit(&text, room, text::Cut::End).into_owned();
    Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(text, style),
    ])
}

/// Where the cursor stands; in a choice there is nothing to type.
pub(super) fn cursor(form: &Form, area: Rect) -> Option<Position> {
    let rows = rows(form);
    let place = window::place(WIDE, rows.len(), area);
    let first = first_shown(form, &rows, place.height.saturating_sub(2));
    let row = rows
        .iter()
        .position(|row| *row == Row::Answer(form.focus))?;
    let row = row.checked_sub(first)?;
    let room = room(area);
    let x = match &form.focused()?.entry {
        Entry::Text(input) => {
            let scroll = input.visual_scroll(room);
            input.visual_cursor().saturating_sub(scroll)
        }
        Entry::Many(Picks { filter, .. }) if !filter.value().is_empty() => {
            filter.visual_cursor() + 1
        }
        Entry::Many(_) | Entry::One(_) => return None,
    };
    Some(Position::new(
        place.x + 2 + u16::try_from(LABEL + x).ok()?,
        place.y + 1 + u16::try_from(row).ok()?,
    ))
}
