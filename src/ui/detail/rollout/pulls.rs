//! Pull times per node for a workload.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use ratatui::text::{Line, Span};

use super::LISTED;
use crate::{
    domain::k8s::{age, rollout::RolloutStatus, timeline::last_pull},
    ui::{draw_context::DrawContext, text},
};

/// Width of the longest bar.
const BAR: u32 = 24;

/// The longest pull on each node, slowest first.
pub(super) fn lines(cx: DrawContext<'_>, progress: &RolloutStatus) -> Vec<Line<'static>> {
    let store = &cx.model.store;
    let mut slowest: BTreeMap<&str, SignedDuration> = BTreeMap::new();
    for key in progress
        .revisions
        .iter()
        .flat_map(|revision| &revision.pods)
    {
        let Some(pod) = store.pod(key) else { continue };
        let Some(node) = pod.node.as_deref() else {
            continue;
        };
        let events = store.events_of_pod(key);
        for pulled in pod
            .containers
            .iter()
            .filter_map(|container| last_pull(container, &events))
        {
            let longest = slowest.entry(node).or_default();
            *longest = pulled.took.max(*longest);
        }
    }
    let mut nodes: Vec<(&str, SignedDuration)> = slowest.into_iter().collect();
    nodes.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
    let Some(longest) = nodes.first().map(|(_, took)| *took) else {
        return Vec::new();
    };
    let heading = Line::styled("Longest pull per node", cx.theme.strong());
    let more = nodes.len().saturating_sub(LISTED);
    let more = (more > 0).then(|| Line::styled(format!("  and {more} more"), cx.theme.dim()));
    let bars = nodes.into_iter().take(LISTED).map(|(node, took)| {
        let node = text::truncate(node, 24, text::Ellipsis::Middle).into_owned();
        let cells = bar(took, longest);
        Line::from(vec![
            Span::styled(format!("  {node:24} "), cx.theme.dim()),
            Span::styled("▇".repeat(cells), cx.theme.accent()),
            Span::raw(format!(" {}", age::elapsed(took))),
        ])
    });
    let heading = [Line::default(), heading].into_iter();
    heading.chain(bars).chain(more).collect()
}

/// Cells of a bar, at least one.
fn bar(took: SignedDuration, longest: SignedDuration) -> usize {
    let (took, longest) = (took.as_millis().max(0), longest.as_millis().max(1));
    let cells = took * i128::from(BAR) / longest;
    usize::try_from(cells).unwrap_or(0).clamp(1, BAR as usize)
}
