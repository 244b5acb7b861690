//! The hygiene report (guide G9): failed practices per namespace with their fixes, and the scores of its
//! apps.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::app::action::Action;
use crate::ui::key_hints::{BACK, SCROLL};
use crate::{
    app::scroll::Scroll,
    domain::{
        k8s::object_ref::Namespace,
        lint::{Lint, NamespaceScorecard, Practice},
    },
    ui::{
        draw_context::DrawContext,
        text::{self, indented_lines},
    },
};

const WIDE: u16 = 110;

pub(super) fn draw(
    standings: &[NamespaceScorecard],
    scroll: Scroll,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let room = window::inner_width(WIDE, area);
    let mut lines = Vec::new();
    for standing in standings {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(namespace(standing, cx, room));
    }
    let window = Window {
        title: "Hygiene",
        hint: &cx.hints(&[SCROLL, (&[Action::ShowGuide], "practices"), BACK]),
        wide: WIDE,
    };
    window.render_text(lines, scroll, cx.theme, area, buffer)
}

fn namespace(
    standing: &NamespaceScorecard,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let name = text::clean(standing.namespace.as_str()).into_owned();
    let score = format!("   {} checks pass", standing.score());
    let mut lines = vec![Line::from(vec![
        Span::styled(name, theme.strong()),
        Span::styled(score, theme.dim()),
    ])];
    for (practice, lints) in &standing.broken {
        lines.extend(broken(*practice, lints, &standing.namespace, cx, room));
    }
    if !standing.apps.is_empty() {
        let apps = standing.apps.iter();
        let apps: Vec<String> = apps
            .map(|app| format!("{} {}", app.id.key.name, app.score()))
            .collect();
        let apps = format!("apps: {}", apps.join(", "));
        lines.extend(indented_lines(&apps, 2, room, theme.dim()));
    }
    lines
}

/// A practice that does not hold: where, and for each kind of lint what helps.
fn broken(
    practice: Practice,
    lints: &[Lint],
    namespace: &Namespace,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("  {} ", theme.symbols().failing), theme.warning()),
        Span::styled(practice.title(), theme.text()),
    ])];
    let mut advices: Vec<&str> = lints.iter().map(Lint::advice).collect();
    advices.dedup();
    for advice in advices {
        let subjects = lints.iter().filter(|lint| lint.advice() == advice);
        let subjects: Vec<String> = subjects.map(|lint| lint.subject(namespace)).collect();
        lines.extend(indented_lines(&subjects.join("; "), 6, room, theme.text()));
        lines.extend(indented_lines(
            &format!("→ {advice}"),
            6,
            room,
            theme.accent(),
        ));
    }
    lines
}
