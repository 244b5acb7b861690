//! The values of a Secret, behind a warning and before a clock.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{scrolled, window};
use crate::{
    app::reveal::{Reveal, SHOWN_FOR, Shown, Stage},
    domain::dockerconfig::Entry,
    ui::{text, view::View},
};

const WIDE: u16 = 100;

/// Cells for the name of a value.
const NAME: usize = 10;

pub(super) fn draw(reveal: &Reveal, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let mut selected = 0;
    let (lines, hint) = match (&reveal.stage, reveal.shown(view.now)) {
        (Stage::Shown(_), Some((shown, seconds))) => {
            let (lines, at) = values(shown, view, room);
            selected = at;
            let hint = format!("hidden in {seconds} s · ↑↓ entry · c copy password · esc hide");
            (lines, hint)
        }
        // Its time is over, and the model has not been told yet.
        (Stage::Hidden | Stage::Shown(_), _) => (
            wrapped("The values are hidden again.", theme.text(), room),
            "enter show them once more · esc back".to_owned(),
        ),
        (Stage::Warning, _) => (
            warning(view, room),
            "enter show the values · esc back".to_owned(),
        ),
        (Stage::Fetching(_), _) => (
            vec![Line::styled(
                format!("{} asking the cluster", view.spinner()),
                theme.accent(),
            )],
            "esc back".to_owned(),
        ),
        (Stage::Failed(problem), _) => {
            let mut lines = wrapped(&problem.what, theme.failing(), room);
            for why in &problem.why {
                lines.extend(wrapped(why, theme.text(), room));
            }
            if let Some(next) = &problem.next {
                lines.push(Line::default());
                lines.extend(wrapped(&format!("next: {next}"), theme.strong(), room));
            }
            (lines, "esc back".to_owned())
        }
    };
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let title = format!("Values of Secret {}", reveal.secret);
    let title = text::fit(&title, room, text::Cut::Middle);
    let inside = window(&title, &hint, theme, WIDE, high, area, buffer);
    // The selected entry stands at the top when there is not room for all.
    scrolled(lines, selected, inside, buffer);
}

fn wrapped(words: &str, style: Style, room: usize) -> Vec<Line<'static>> {
    text::wrap(words, room)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

fn warning(view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let mut lines = wrapped(
        "The user names and passwords in this Secret will stand on the screen in plain text.",
        theme.warning(),
        room,
    );
    lines.push(Line::default());
    let rest = format!(
        "Whoever looks over your shoulder, shares this screen or records this terminal sees them. They \
         are fetched when you press enter, hidden after {} s or with esc, and then forgotten.",
        SHOWN_FOR.as_secs()
    );
    lines.extend(wrapped(&rest, theme.text(), room));
    lines
}

/// The entries, and the line at which the selected one begins.
fn values(shown: &Shown, view: View<'_>, room: usize) -> (Vec<Line<'static>>, usize) {
    let theme = view.theme;
    let Some(config) = &shown.config else {
        let words = "It is no pull Secret with content: the kubelet reads no credential from it, and \
                     other values are not shown here.";
        return (wrapped(words, theme.text(), room), 0);
    };
    let mut lines = Vec::new();
    if let Some(malformation) = &config.malformed {
        let words = format!("The kubelet cannot read it and uses none of it: {malformation}");
        lines.extend(wrapped(&words, theme.failing(), room));
    }
    for oddity in &config.oddities {
        lines.extend(wrapped(&oddity.to_string(), theme.warning(), room));
    }
    if config.entries.is_empty() && lines.is_empty() {
        lines.extend(wrapped("It holds no entry.", theme.text(), room));
    }
    let mut at = 0;
    for (place, entry) in config.entries.iter().enumerate() {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let chosen = shown.list.position() == Some(place);
        if chosen && place > 0 {
            at = lines.len();
        }
        lines.extend(of_entry(entry, chosen, view, room));
    }
    (lines, at)
}

fn of_entry(entry: &Entry, chosen: bool, view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let server =
        text::fit(&entry.server, room.saturating_sub(NAME), text::Cut::Middle).into_owned();
    let style = if chosen {
        theme.selected(true)
    } else {
        theme.strong()
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{:NAME$}", "registry"), theme.dim()),
        Span::styled(server, style),
    ])];
    lines.extend(value("user", &entry.username, view, room));
    lines.extend(value("password", entry.password.expose(), view, room));
    for problem in entry.problems.iter() {
        let words = text::wrap(&problem.to_string(), room.saturating_sub(NAME));
        lines.extend(words.into_iter().map(|line| {
            Line::from(vec![
                Span::raw(" ".repeat(NAME)),
                Span::styled(line, theme.warning()),
            ])
        }));
    }
    lines
}

fn value(name: &str, value: &str, view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    if value.is_empty() {
        return vec![Line::styled(format!("{name:NAME$}none"), theme.dim())];
    }
    text::wrap(value, room.saturating_sub(NAME))
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            let name = if at == 0 { name } else { "" };
            Line::from(vec![
                Span::styled(format!("{name:NAME$}"), theme.dim()),
                Span::styled(line, theme.text()),
            ])
        })
        .collect()
}
