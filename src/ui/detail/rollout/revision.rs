//! One revision of a workload: its Pods with stage and problem.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::LISTED;
use crate::{
    domain::k8s::{
        age,
        object_ref::ObjectRef,
        objects::{Container, Event, Pod},
        pod_status::pod_status,
        rollout::RevisionStatus,
        timeline::{StageStatus, last_pull, timeline},
    },
    ui::{draw_context::DrawContext, text},
};

pub(super) fn lines(
    cx: DrawContext<'_>,
    revision: &RevisionStatus,
    newest: bool,
    wide: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let mut words = Vec::new();
    if let Some(number) = revision.number {
        let which = if newest { "" } else { ", being replaced" };
        words.push(format!("revision {number}{which}"));
    }
    if let Some(set) = &revision.replica_set {
        words.push(set.to_string());
    }
    words.push(format!("{} of {} ready", revision.ready, revision.desired));
    let images: Vec<&str> = revision.images.iter().map(|(_, image)| &**image).collect();
    words.push(images.join(", "));
    let heading = text::truncate(&words.join(" · "), wide, text::Ellipsis::Middle).into_owned();
    let mut lines = vec![Line::styled(heading, theme.strong())];
    lines.extend(
        revision
            .pods
            .iter()
            .take(LISTED)
            .filter_map(|pod| line(cx, pod, wide)),
    );
    let more = revision.pods.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(Line::styled(format!("  and {more} more"), theme.dim()));
    }
    lines
}

/// A Pod's stage, for how long, and what is wrong.
fn line(cx: DrawContext<'_>, key: &ObjectRef<Pod>, wide: usize) -> Option<Line<'static>> {
    let theme = cx.theme;
    let store = &cx.model.store;
    let pod = store.pod(key)?;
    let status = pod_status(pod);
    let (symbol, style) = theme.health(status.health);
    let container = pod
        .containers
        .iter()
        .find(|container| !container.ready)
        .or(pod.containers.first())?;
    let events = store.events_of_pod(key);
    let (stage, lasts) = stage(cx, pod, container, &events);
    let about = match cx.model.diagnoses.for_pod(key) {
        Some(diagnosis) => diagnosis.finding.title().to_owned(),
        None => pulled(container, &events),
    };
    let name_room = (wide / 3).clamp(16, 44);
    // Symbol, node, stage and duration take 4, 15, 17 and 10 cells.
    let about_room = wide.saturating_sub(name_room + 47);
    let about = text::truncate(&about, about_room, text::Ellipsis::End).into_owned();
    let name = text::truncate(key.name.as_str(), name_room, text::Ellipsis::Middle).into_owned();
    let node = text::truncate(
        pod.node.as_deref().unwrap_or("no node"),
        14,
        text::Ellipsis::Middle,
    )
    .into_owned();
    Some(Line::from(vec![
        Span::styled(format!("  {symbol} "), style),
        Span::raw(format!("{name:name_room$} ")),
        Span::styled(format!("{node:14} "), theme.dim()),
        Span::raw(format!("{stage:16} ")),
        Span::styled(format!("{lasts:9} "), theme.dim()),
        Span::styled(about, style),
    ]))
}

/// What the Pod is doing, and for how long.
fn stage(
    cx: DrawContext<'_>,
    pod: &Pod,
    container: &Container,
    events: &[Arc<Event>],
) -> (&'static str, String) {
    if pod.meta.deleting.is_some() {
        return ("terminating", String::new());
    }
    let steps = timeline(pod, container, events, cx.now);
    let mut steps = steps.iter();
    let current =
        steps.find(|step| matches!(step.status, StageStatus::InProgress | StageStatus::Stuck));
    let Some(step) = current else {
        return ("ready", String::new());
    };
    let lasts = step.took.map_or_else(String::new, |took| {
        format!("for {}", age::duration(took.as_secs()))
    });
    (step.stage.doing(), lasts)
}

/// `pulled in 3.1s (88 MB)`
fn pulled(container: &Container, events: &[Arc<Event>]) -> String {
    let Some(pull) = last_pull(container, events) else {
        return String::new();
    };
    let took = age::elapsed(pull.took);
    match pull.size {
        Some(bytes) => format!("pulled in {took} ({})", text::size(bytes)),
        None => format!("pulled in {took}"),
    }
}
