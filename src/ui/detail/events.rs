//! What was said of the Pod, newest first.

use ratatui::text::{Line, Span};

use crate::{
    app::inquiry::Inquiry,
    domain::{age, objects::EventKind, pull},
    ui::{panes::View, text},
};

/// Cells before the message.
const LEAD: usize = 10;

pub(super) fn lines(view: View<'_>, inquiry: &Inquiry, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    if inquiry.case.events.is_empty() {
        return vec![Line::styled(
            "no events: they expire after an hour",
            theme.dim(),
        )];
    }
    let mut lines = Vec::new();
    for event in inquiry.case.events.iter().rev() {
        let style = if pull::is_pull_failure_event(event) {
            theme.failing()
        } else if event.kind == EventKind::Warning {
            theme.warning()
        } else {
            theme.text()
        };
        let last = event
            .last
            .map_or_else(String::new, |at| age::age(at, view.now));
        let times = if event.count > 1 {
            format!(" ×{}", event.count)
        } else {
            String::new()
        };
        let reason = text::clean(&event.reason).into_owned();
        lines.push(Line::from(vec![
            Span::styled(format!("{last:>8}  "), theme.dim()),
            Span::styled(reason, style),
            Span::styled(times, theme.dim()),
        ]));
        for line in text::wrap(&event.message, wide.saturating_sub(LEAD)) {
            lines.push(Line::from(format!("{:LEAD$}{line}", "")));
        }
    }
    lines
}
