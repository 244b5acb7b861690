//! What the user looks at, explained: the cause, the big picture with the user's objects, the guide.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::{
    app::{
        explain,
        learn::{About, Learn},
    },
    domain::guide::{Section, Substitutions},
    ui::{
        text,
        view::View,
        widgets::{markdown, paragraph::indented},
    },
};

const WIDE: u16 = 100;

pub(super) fn draw(learn: &Learn, view: View<'_>, area: Rect, buffer: &mut Buffer) -> usize {
    let room = window::room(WIDE, area);
    let own = explain::own(view.model);
    let mut lines = Vec::new();
    if let Some(about) = learn.about {
        lines.extend(self::about(about, view, room));
        lines.push(Line::default());
    }
    if learn.section == Section::BIG_PICTURE {
        lines.extend(picture(&own, view, room));
        lines.push(Line::default());
    }
    let heading = Line::styled(learn.section.title(), view.theme.title(true));
    if learn.about.is_some() {
        lines.push(heading);
        lines.push(Line::default());
    }
    lines.extend(markdown::lines(
        learn.section.body(),
        room,
        view.theme,
        |line| own.render(line),
    ));
    let title = match learn.about {
        Some(about) => format!("Explained: {}", about.title),
        None => learn.section.title().to_owned(),
    };
    let window = Window {
        title: &title,
        hint: "↑↓ scroll · ←→ other sections · esc back",
        wide: WIDE,
    };
    window.lines(lines, learn.scroll, view.theme, area, buffer)
}

/// What the catalogue has of a cause, and why it is so for this Pod.
fn about(about: About, view: View<'_>, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let entry = about.cause.text();
    let mut lines = Vec::new();
    let mut told = |heading: &'static str, words: &str| {
        lines.push(Line::styled(heading, theme.strong()));
        lines.extend(indented(words, 2, wide, theme.text()));
    };
    told("What the message means", entry.summary);
    if let Some(root) = about.root {
        told("Why it is so here", root.explanation());
    }
    told("How to tell it from its look-alikes", entry.how_to_confirm);
    lines.push(Line::styled("What is done about it", theme.strong()));
    for fix in about.cause.info().fixes {
        let quiet = theme.symbols().quiet;
        lines.push(Line::from(vec![
            Span::styled(format!("  {quiet} "), theme.dim()),
            Span::raw(text::fit(fix.title(), wide.saturating_sub(4), text::Cut::End).into_owned()),
        ]));
    }
    lines
}

/// The chain from the registry to the Pod, with the user's own objects.
fn picture(own: &Substitutions, view: View<'_>, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let links = [
        ("registry", own.server.as_deref(), "has the image"),
        ("Secret", own.secret.as_deref(), "the credentials"),
        (
            "ServiceAccount",
            own.account.as_deref(),
            "the identity: lists the Secret",
        ),
        (
            "Pod",
            own.pod.as_deref(),
            "uses the identity; the kubelet pulls for it",
        ),
    ];
    let mut lines = Vec::new();
    for (at, (kind, name, what)) in links.into_iter().enumerate() {
        if at > 0 {
            lines.push(Line::styled(format!("{:17}↑", ""), theme.dim()));
        }
        let name = text::fit(
            name.unwrap_or("none"),
            wide.saturating_sub(64).max(24),
            text::Cut::Middle,
        );
        lines.push(Line::from(vec![
            Span::styled(format!("{kind:>14}   "), theme.dim()),
            Span::styled(format!("{name}   "), theme.strong()),
            Span::styled(what, theme.dim()),
        ]));
    }
    lines
}
