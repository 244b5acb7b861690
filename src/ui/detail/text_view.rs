//! Plain text views: an object's YAML, a container's log.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line, widgets::Widget};

use crate::app::action::Action;
use crate::{
    app::{
        detail::{Details, Tab, contains_ignore_case},
        fetched_view::{FetchState, LogState},
    },
    domain::{
        error::UserError,
        k8s::{age, document::VisibleLine},
    },
    ui::{
        draw_context::DrawContext,
        text,
        widgets::scrollable_text::{ScrollableText, TextLine},
    },
};

/// Draws the YAML or log below a status line; returns how far it can be scrolled.
pub(in crate::ui) fn draw(
    tab: Tab,
    details: &Details,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let (state, reader) = match tab {
        Tab::Logs => log(details, cx),
        _ => yaml(details, cx),
    };
    let state = match (&details.find, details.search_term()) {
        (Some(find), _) if find.typing => format!("/{}", find.input.value()),
        (_, Some(sought)) => format!("{state} · {} with {sought:?}", matches(&reader, sought)),
        _ => state,
    };
    let head = Rect { height: 1, ..area };
    let state = text::truncate(&state, usize::from(area.width), text::Ellipsis::End).into_owned();
    Line::styled(state, cx.theme.dim()).render(head, buffer);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    reader.draw(cx.theme, body, buffer)
}

fn matches(reader: &ScrollableText<'_>, sought: &str) -> String {
    let lines = reader.lines.iter();
    match lines
        .filter(|line| contains_ignore_case(&line.text, sought))
        .count()
    {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}

fn yaml<'a>(details: &'a Details, cx: DrawContext<'a>) -> (String, ScrollableText<'a>) {
    let theme = cx.theme;
    let reading = cx
        .model
        .fetched
        .as_ref()
        .filter(|reading| reading.object == details.object);
    let (state, lines) = match reading.map(|reading| &reading.state) {
        None | Some(FetchState::Requested(_)) => (format!("{} loading", cx.spinner()), Vec::new()),
        Some(FetchState::Failed(problem)) => (
            "not read".to_owned(),
            problem_lines(problem, theme.failing()),
        ),
        Some(FetchState::Loaded { document, at }) => (
            format!(
                "fetched {} ago · {}",
                age::age(*at, cx.now),
                cx.hints(&[
                    (&[Action::Refetch], "reload"),
                    (&[Action::Fold], "fold"),
                    (&[Action::Find], "search"),
                ])
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
        ScrollableText {
            lines,
            scroll: details.scroll,
            search_term: details.search_term(),
        },
    )
}

fn yaml_line<'a>(line: &VisibleLine<'a>, style: Style) -> TextLine<'a> {
    let note = match line.hidden_lines {
        0 => String::new(),
        1 => "… 1 line".to_owned(),
        hides => format!("… {hides} lines"),
    };
    TextLine {
        note,
        ..TextLine::plain(line.text, style)
    }
}

fn log<'a>(details: &'a Details, cx: DrawContext<'a>) -> (String, ScrollableText<'a>) {
    let theme = cx.theme;
    let Some(log) = &cx.model.log else {
        let none = "the Pod has no container".to_owned();
        return (
            none,
            ScrollableText {
                lines: Vec::new(),
                scroll: details.scroll,
                search_term: None,
            },
        );
    };
    let run = if log.source.previous {
        "previous"
    } else {
        "current"
    };
    let state = match &log.state {
        LogState::Opening => format!("{} opening", cx.spinner()),
        // The log of the run before ends where that run ended: it is read, and nothing is added to it.
        LogState::Open if log.source.previous => format!("{} loading", cx.spinner()),
        LogState::Open => "following".to_owned(),
        LogState::Ended => "end".to_owned(),
        LogState::Failed(_) => "not read".to_owned(),
    };
    let dropped = match log.tail.dropped {
        0 => String::new(),
        lines => format!(" · {lines} older lines dropped"),
    };
    let keys = cx.hints(&[
        (&[Action::PreviousLog], "previous"),
        (&[Action::NextContainer], "next container"),
    ]);
    let state = format!(
        "container {}, {run} logs · {state}{dropped} · {keys}",
        log.source.container
    );
    let mut lines: Vec<TextLine<'a>> = log
        .tail
        .lines()
        .iter()
        .map(|line| TextLine::plain(&**line, theme.text()))
        .collect();
    match &log.state {
        LogState::Failed(problem) => lines.extend(problem_lines(problem, theme.failing())),
        LogState::Ended if lines.is_empty() => {
            lines.push(TextLine::plain("no logs", theme.dim()));
        }
        LogState::Opening | LogState::Open | LogState::Ended => {}
    }
    (
        state,
        ScrollableText {
            lines,
            scroll: details.scroll,
            search_term: details.search_term(),
        },
    )
}

fn problem_lines(problem: &UserError, style: Style) -> Vec<TextLine<'_>> {
    let reasons = std::iter::once(&problem.message).chain(&problem.causes);
    let reasons = reasons.map(|reason| TextLine::plain(reason.as_str(), style));
    let next = problem.help.as_ref();
    let next = next.map(|next| TextLine::plain(format!("next: {next}"), style));
    reasons.chain(next).collect()
}
