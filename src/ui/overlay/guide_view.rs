//! The guide overlay: the finding, the credential chain and the guide text.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::app::action::Action;
use crate::ui::key_hints::{BACK, KeyHint, SCROLL};
use crate::{
    app::{
        guide,
        guide_view::{FindingSummary, GuideView},
    },
    domain::guide::{Section, Substitutions},
    ui::{
        draw_context::DrawContext,
        text::{self, indented_lines},
        widgets::markdown,
    },
};

const WIDE: u16 = 100;

const SECTIONS: KeyHint<'static> = (
    &[Action::PreviousSection, Action::NextSection],
    "other sections",
);

pub(super) fn draw(
    guide: &GuideView,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let room = window::inner_width(WIDE, area);
    let own = guide::substitutions(cx.model);
    let mut lines = Vec::new();
    if let Some(about) = guide.about {
        lines.extend(self::about(about, cx, room));
        lines.push(Line::default());
    }
    if guide.section == Section::BIG_PICTURE {
        lines.extend(picture(&own, cx, room));
        lines.push(Line::default());
    }
    let heading = Line::styled(guide.section.title(), cx.theme.title(true));
    if guide.about.is_some() {
        lines.push(heading);
        lines.push(Line::default());
    }
    lines.extend(markdown::lines(
        guide.section.body(),
        room,
        cx.theme,
        |line| own.render(line),
    ));
    let title = match guide.about {
        Some(about) => format!("Explained: {}", about.title),
        None => guide.section.title().to_owned(),
    };
    let window = Window {
        title: &title,
        hint: &cx.hints(&[SCROLL, SECTIONS, BACK]),
        wide: WIDE,
    };
    window.render_text(lines, guide.scroll, cx.theme, area, buffer)
}

/// What the catalogue has of a cause, and why it is so for this Pod.
fn about(about: FindingSummary, cx: DrawContext<'_>, wide: usize) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let entry = about.cause.text();
    let mut lines = Vec::new();
    let mut told = |heading: &'static str, words: &str| {
        lines.push(Line::styled(heading, theme.strong()));
        lines.extend(indented_lines(words, 2, wide, theme.text()));
    };
    told("Meaning", entry.summary);
    if let Some(root) = about.root {
        told("Cause here", root.explanation());
    }
    told("How to confirm", entry.how_to_confirm);
    lines.push(Line::styled("Fixes", theme.strong()));
    for fix in about.cause.info().fixes {
        let quiet = theme.symbols().quiet;
        lines.push(Line::from(vec![
            Span::styled(format!("  {quiet} "), theme.dim()),
            Span::raw(
                text::truncate(fix.title(), wide.saturating_sub(4), text::Ellipsis::End)
                    .into_owned(),
            ),
        ]));
    }
    lines
}

/// The chain from the registry to the Pod, with the user's own objects.
fn picture(own: &Substitutions, cx: DrawContext<'_>, wide: usize) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let links = [
        ("registry", own.server.as_deref(), "stores the image"),
        ("Secret", own.secret.as_deref(), "credential"),
        (
            "ServiceAccount",
            own.account.as_deref(),
            "identity: lists the pull secret",
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
        let name = text::truncate(
            name.unwrap_or("none"),
            wide.saturating_sub(64).max(24),
            text::Ellipsis::Middle,
        );
        lines.push(Line::from(vec![
            Span::styled(format!("{kind:>14}   "), theme.dim()),
            Span::styled(format!("{name}   "), theme.strong()),
            Span::styled(what, theme.dim()),
        ]));
    }
    lines
}
