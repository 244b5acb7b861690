//! The overlay with a Secret's values: a warning first, then the values with a countdown.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    error,
    window::{self, Window},
};
use crate::app::action::{Action, Motion};
use crate::ui::key_hints::BACK;
use crate::{
    app::{
        reveal::{Reveal, RevealStage, RevealedSecret, SHOWN_FOR},
        scroll::Scroll,
    },
    domain::registry_auth::docker_config::AuthConfig,
    ui::{
        draw_context::DrawContext,
        text::{self, wrapped_lines},
    },
};

const WIDE: u16 = 100;

/// Width of a value's name.
const NAME: usize = 10;

pub(super) fn draw(reveal: &Reveal, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let room = window::inner_width(WIDE, area);
    let mut selected = 0;
    let (lines, hint) = match (&reveal.stage, reveal.revealed(cx.now)) {
        (RevealStage::Shown(_), Some((shown, seconds))) => {
            let (lines, at) = values(shown, cx, room);
            selected = at;
            let keys = cx.hints(&[
                (
                    &[Action::Move(Motion::Up), Action::Move(Motion::Down)],
                    "entry",
                ),
                (&[Action::CopyPassword], "copy password"),
                (&[Action::Back], "hide"),
            ]);
            let hint = format!("hidden in {seconds} s · {keys}");
            (lines, hint)
        }
        // Its time is over, and the model has not been told yet.
        (RevealStage::Hidden | RevealStage::Shown(_), _) => (
            wrapped_lines("The values are hidden again.", room, theme.text()),
            cx.hints(&[(&[Action::Reveal], "show again"), BACK]),
        ),
        (RevealStage::Warning, _) => (
            warning(cx, room),
            cx.hints(&[(&[Action::Reveal], "show the values"), BACK]),
        ),
        (RevealStage::Fetching(_), _) => (
            vec![Line::styled(
                format!("{} fetching the Secret", cx.spinner()),
                theme.accent(),
            )],
            cx.hints(&[BACK]),
        ),
        (RevealStage::Failed(problem), _) => {
            let lines = error::lines(problem, room, theme);
            (lines, cx.hints(&[BACK]))
        }
    };
    let window = Window {
        title: &format!("Values of Secret {}", reveal.secret),
        hint: &hint,
        wide: WIDE,
    };
    // The selected entry stands at the top when there is not room for all.
    window.render_text(lines, Scroll::FromTop(selected), theme, area, buffer);
}

fn warning(cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let mut lines = wrapped_lines(
        &format!(
            "{} The user names and passwords in this Secret will be shown in plain text.",
            theme.symbols().failing
        ),
        room,
        theme.warning(),
    );
    lines.push(Line::default());
    let rest = format!(
        "Anyone who can see your screen, a screen share or a recording can read them. They are fetched \
         when you press enter, hidden after {} s or with esc, and not kept.",
        SHOWN_FOR.as_secs()
    );
    lines.extend(wrapped_lines(&rest, room, theme.text()));
    lines
}

/// The entries, and the line at which the selected one begins.
fn values(shown: &RevealedSecret, cx: DrawContext<'_>, room: usize) -> (Vec<Line<'static>>, usize) {
    let theme = cx.theme;
    let Some(config) = &shown.config else {
        let words = "This is not a pull secret: the kubelet reads no credential from it. Other values are not \
                     shown.";
        return (wrapped_lines(words, room, theme.text()), 0);
    };
    let mut lines = Vec::new();
    if let Some(malformation) = &config.malformed {
        let words = format!("The kubelet cannot parse it and ignores it: {malformation}");
        lines.extend(wrapped_lines(&words, room, theme.failing()));
    }
    for oddity in &config.warnings {
        lines.extend(wrapped_lines(&oddity.to_string(), room, theme.warning()));
    }
    if config.entries.is_empty() && lines.is_empty() {
        lines.extend(wrapped_lines("It has no entries.", room, theme.text()));
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
        lines.extend(entry_lines(entry, chosen, cx, room));
    }
    (lines, at)
}

fn entry_lines(
    entry: &AuthConfig,
    chosen: bool,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let server = text::truncate(
        &entry.server,
        room.saturating_sub(NAME),
        text::Ellipsis::Middle,
    )
    .into_owned();
    let style = if chosen {
        theme.selected(true)
    } else {
        theme.strong()
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{:NAME$}", "registry"), theme.dim()),
        Span::styled(server, style),
    ])];
    lines.extend(value("user", &entry.username, cx, room));
    lines.extend(value("password", entry.password.expose(), cx, room));
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

/// A value with every blank in it: one too many is what may be wrong with it.
fn value(name: &str, value: &str, cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = cx.theme;
    if value.is_empty() {
        return vec![Line::styled(format!("{name:NAME$}none"), theme.dim())];
    }
    text::split_at_width(value, room.saturating_sub(NAME))
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
