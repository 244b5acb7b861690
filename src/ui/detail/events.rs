//! Events of an object, newest first.

use ratatui::text::{Line, Span};

use crate::{
    domain::k8s::{age, objects::AnyObjectRef},
    ui::{draw_context::DrawContext, text},
};

/// Width before the message.
const LEAD: usize = 10;

pub(super) fn lines(object: &AnyObjectRef, wide: usize, cx: DrawContext<'_>) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let store = &cx.model.store;
    let mut said: Vec<_> = store
        .events_about(object.kind(), object.namespace(), object.name())
        .collect();
    if said.is_empty() {
        return vec![Line::styled(
            "no events: they expire after an hour",
            theme.dim(),
        )];
    }
    said.sort_by_key(|line| std::cmp::Reverse(line.last));
    let mut lines = Vec::new();
    for line in said {
        let (symbol, style) = theme.event(line);
        let words = if line.warning() { style } else { theme.text() };
        let last = line
            .last
            .map_or_else(String::new, |at| age::age(at, cx.now));
        let times = if line.count > 1 {
            format!(" ×{}", line.count)
        } else {
            String::new()
        };
        let reason = text::clean(&line.event.reason).into_owned();
        lines.push(Line::from(vec![
            Span::styled(format!("{last:>6}  "), theme.dim()),
            Span::styled(format!("{symbol} "), style),
            Span::styled(reason, words),
            Span::styled(times, theme.dim()),
        ]));
        for line in text::wrap(&line.event.message, wide.saturating_sub(LEAD)) {
            lines.push(Line::from(format!("{:LEAD$}{line}", "")));
        }
    }
    lines
}
