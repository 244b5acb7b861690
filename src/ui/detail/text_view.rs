//! Texts that are shown as they are: an object's YAML, a container's log.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line, widgets::Widget};

use crate::{
    app::{
        detail::{Details, Tab, has},
        fetched_view::{LogState, ReadingState},
    },
    domain::{
        error::UserError,
        k8s::{age, document::VisibleLine},
    },
    ui::{
        draw_context::View,
        text,
        widgets::scrollable_text::{Reader, ReaderLine},
    },
};

/// Draws the YAML or the log under a line that says how it stands; returns how far it can be scrolled.
pub(in crate::ui) fn draw(
    tab: Tab,
    details: &Details,
    view: View<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let (state, reader) = match tab {
        Tab::Logs => log(details, view),
        _ => yaml(details, view),
    };
    let state = match (&details.find, details.sought()) {
        (Some(find), _) if find.typing => format!("/{}", find.input.value()),
        (_, Some(sought)) => format!("{state} · {} with {sought:?}", matches(&reader, sought)),
        _ => state,
    };
    let head = Rect { height: 1, ..area };
    let state = text::fit(&state, usize::from(area.width), text::Cut::End).into_owned();
    Line::styled(state, view.theme.dim()).render(head, buffer);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    reader.draw(view.theme, body, buffer)
}

fn matches(reader: &Reader<'_>, sought: &str) -> String {
    let lines = reader.lines.iter();
    match lines.filter(|line| has(&line.text, sought)).count() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}

fn yaml<'a>(details: &'a Details, view: View<'a>) -> (String, Reader<'a>) {
    let theme = view.theme;
    let reading = view
        .model
        .reading
        .as_ref()
        .filter(|reading| reading.object == details.object);
    let (state, lines) = match reading.map(|reading| &reading.state) {
        None | Some(ReadingState::Asked(_)) => (format!("{} reading", view.spinner()), Vec::new()),
        Some(ReadingState::Failed(problem)) => (
            "not read".to_owned(),
            problem_lines(problem, theme.failing()),
        ),
        Some(ReadingState::Here { document, at }) => (
            format!(
                "as of {} ago · ctrl-r reads it again · z folds · / finds",
                age::age(*at, view.now)
            ),
            document
                .folded(details.fold)
                .iter()
                .map(|line| yaml_line(line, theme.text()))
                .collect(),
        ),
    };
    (
        state,
        Reader {
            lines,
            scroll: details.scroll,
            sought: details.sought(),
        },
    )
}

fn yaml_line<'a>(line: &VisibleLine<'a>, style: Style) -> ReaderLine<'a> {
    let note = match line.hidden_lines {
        0 => String::new(),
        1 => "… 1 line".to_owned(),
        hides => format!("… {hides} lines"),
    };
    ReaderLine {
        note,
        ..ReaderLine::plain(line.text, style)
    }
}

fn log<'a>(details: &'a Details, view: View<'a>) -> (String, Reader<'a>) {
    let theme = view.theme;
    let Some(log) = &view.model.log else {
        let none = "the Pod has no container".to_owned();
        return (
            none,
            Reader {
                lines: Vec::new(),
                scroll: details.scroll,
                sought: None,
            },
        );
    };
    let run = if log.source.previous {
        "the run before"
    } else {
        "this run"
    };
    let state = match &log.state {
        LogState::Opening => format!("{} opening", view.spinner()),
        LogState::Open if log.source.previous => "there is more".to_owned(),
        LogState::Open => "followed".to_owned(),
        LogState::Ended => "its end".to_owned(),
        LogState::Failed(_) => "not read".to_owned(),
    };
    let dropped = match log.tail.dropped {
        0 => String::new(),
        lines => format!(" · {lines} older lines dropped"),
    };
    let state = format!(
        "container {}, {run} · {state}{dropped} · p run before · o next container",
        log.source.container
    );
    let mut lines: Vec<ReaderLine<'a>> = log
        .tail
        .lines()
        .iter()
        .map(|line| ReaderLine::plain(&**line, theme.text()))
        .collect();
    match &log.state {
        LogState::Failed(problem) => lines.extend(problem_lines(problem, theme.failing())),
        LogState::Ended if lines.is_empty() => {
            lines.push(ReaderLine::plain("nothing was written", theme.dim()));
        }
        LogState::Opening | LogState::Open | LogState::Ended => {}
    }
    (
        state,
        Reader {
            lines,
            scroll: details.scroll,
            sought: details.sought(),
        },
    )
}

fn problem_lines(problem: &UserError, style: Style) -> Vec<ReaderLine<'_>> {
    let reasons = std::iter::once(&problem.message).chain(&problem.causes);
    let reasons = reasons.map(|reason| ReaderLine::plain(reason.as_str(), style));
    let next = problem.help.as_ref();
    let next = next.map(|next| ReaderLine::plain(format!("next: {next}"), style));
    reasons.chain(next).collect()
}
