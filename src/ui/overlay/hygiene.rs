//! What to put in order before it fails (guide G9): namespace by namespace, which practices do not hold,
//! where, and what helps; and how its apps fare.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{scrolled, window};
use crate::{
    domain::{
        hygiene::{Lint, Practice, Standing},
        key::Namespace,
    },
    ui::{text, view::View},
};

const WIDE: u16 = 110;

pub(super) fn draw(
    standings: &[Standing],
    scroll: usize,
    view: View<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let mut lines = Vec::new();
    for standing in standings {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(namespace(standing, view, room));
    }
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let hint = "↑↓ scroll · L the practices · esc back";
    let inside = window(
        "To put in order before it fails",
        hint,
        view.theme,
        WIDE,
        high,
        area,
        buffer,
    );
    scrolled(lines, scroll, inside, buffer);
}

fn namespace(standing: &Standing, view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let name = text::clean(standing.namespace.as_str()).into_owned();
    let score = format!("   {} practices hold", standing.score());
    let mut lines = vec![Line::from(vec![
        Span::styled(name, theme.strong()),
        Span::styled(score, theme.dim()),
    ])];
    for (practice, lints) in &standing.broken {
        lines.extend(broken(*practice, lints, &standing.namespace, view, room));
    }
    if !standing.apps.is_empty() {
        let apps = standing.apps.iter();
        let apps: Vec<String> = apps
            .map(|app| format!("{} {}", app.id.key.name, app.score()))
            .collect();
        let apps = text::wrap(
            &format!("apps: {}", apps.join(", ")),
            room.saturating_sub(2),
        );
        lines.extend(
            apps.into_iter()
                .map(|line| Line::styled(format!("  {line}"), theme.dim())),
        );
    }
    lines
}

/// A practice that does not hold: where, and for each kind of lint what helps.
fn broken(
    practice: Practice,
    lints: &[Lint],
    namespace: &Namespace,
    view: View<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = view.theme;
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("  {} ", theme.symbols().failing), theme.warning()),
        Span::styled(practice.title(), theme.text()),
    ])];
    let mut advices: Vec<&str> = lints.iter().map(Lint::advice).collect();
    advices.dedup();
    for advice in advices {
        let subjects = lints.iter().filter(|lint| lint.advice() == advice);
        let subjects: Vec<String> = subjects.map(|lint| lint.subject(namespace)).collect();
        let wrapped = text::wrap(&subjects.join("; "), room.saturating_sub(6)).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(format!("      {line}"), theme.text())));
        let wrapped = text::wrap(&format!("→ {advice}"), room.saturating_sub(6)).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(format!("      {line}"), theme.accent())));
    }
    lines
}
