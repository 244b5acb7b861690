//! A workload's rollout, live: numbers, what holds it up, each Pod's stage, and how long nodes pulled.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use ratatui::text::{Line, Span};

use crate::{
    domain::{
        age,
        faults::Subject,
        key::Key,
        objects::{Pod, WorkloadKey},
        progress::{Outlook, Progress, Revision, progress},
        rollout::{Progress as StepProgress, pull, timeline},
        status::{Health, pod_status},
    },
    ui::{text, view::View},
};

/// Pods that are listed of one revision; who has more wants their number.
const LISTED: usize = 40;

/// Cells of the longest bar.
const BAR: u32 = 24;

pub(super) fn lines(id: &WorkloadKey, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let Some(progress) = progress(&view.model.world, id) else {
        return vec![Line::styled("it is gone", view.theme.dim())];
    };
    let mut lines = no_pods(id, wide, view);
    lines.extend(outlook(view, &progress, wide));
    lines.push(numbers(view, &progress));
    for (at, revision) in progress.revisions.iter().enumerate() {
        // Revisions that have no Pods any more are history.
        if at > 0 && revision.pods.is_empty() {
            continue;
        }
        lines.push(Line::default());
        lines.extend(self::revision(view, revision, at == 0, wide));
    }
    lines.extend(pull_times(view, &progress));
    lines
}

/// Why the workload makes no Pods, and what helps.
fn no_pods(id: &WorkloadKey, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let subject = Subject::Workload(id.clone());
    let Some(verdict) = view.model.verdicts.of(&subject) else {
        return Vec::new();
    };
    let (finding, theme) = (&verdict.finding, view.theme);
    let (symbol, style) = theme.health(Health::Failing);
    let text = format!("{symbol} {}: {}", finding.title(), finding.summary());
    let wrapped = text::wrap(&text, wide).into_iter();
    let mut lines: Vec<Line<'static>> = wrapped.map(|line| Line::styled(line, style)).collect();
    for (number, fix) in finding.filled_fixes().iter().enumerate() {
        let lead = if number == 0 {
            "Fix ctrl-x "
        } else {
            "           "
        };
        lines.push(Line::from(vec![
            Span::styled(lead, theme.key()),
            Span::raw(text::fit(&fix.title, wide.saturating_sub(11), text::Cut::End).into_owned()),
        ]));
    }
    lines.push(Line::default());
    lines
}

fn outlook(view: View<'_>, progress: &Progress, wide: usize) -> Vec<Line<'static>> {
    let (theme, symbols) = (view.theme, view.theme.symbols());
    let (symbol, style, words) = match &progress.outlook {
        Outlook::Complete => (
            symbols.finished,
            theme.good(),
            "complete: every Pod is of this revision and available".to_owned(),
        ),
        Outlook::Paused => (
            symbols.failing,
            theme.warning(),
            "paused: nothing goes on before it is resumed".to_owned(),
        ),
        Outlook::Unseen => (
            symbols.progressing,
            theme.accent(),
            "the controller has not seen the last change yet".to_owned(),
        ),
        Outlook::Advancing => (symbols.progressing, theme.accent(), "under way".to_owned()),
        Outlook::Blocked(pod) => (
            symbols.pull_failing,
            theme.failing(),
            blocked(view, progress, pod),
        ),
        Outlook::Refused(reason, message) => (
            symbols.pull_failing,
            theme.failing(),
            format!("{reason}: {message}"),
        ),
    };
    let mut lines: Vec<Line<'static>> = text::wrap(&format!("{symbol} {words}"), wide)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect();
    if let Some(deadline) = progress.deadline {
        let left = age::seconds(view.now, deadline);
        let words = if left > 0 {
            format!(
                "without progress it counts as failed in {}",
                age::span(left)
            )
        } else {
            "the progress deadline has passed; the controller goes on trying".to_owned()
        };
        lines.push(Line::styled(format!("  {words}"), theme.dim()));
    }
    if matches!(progress.outlook, Outlook::Blocked(_))
        && let Some(before) = progress.healthy_before()
        && let Some(number) = before.number
    {
        let images: Vec<&str> = before.images.iter().map(|(_, image)| &**image).collect();
        let words = format!(
            "  revision {number} had {}, {} ready",
            images.join(", "),
            before.ready
        );
        let words = text::fit(&words, wide, text::Cut::Middle).into_owned();
        lines.push(Line::styled(words, theme.dim()));
    }
    lines
}

fn blocked(view: View<'_>, progress: &Progress, pod: &Key<Pod>) -> String {
    let verdict = view.model.verdicts.of_pod(pod);
    let why = verdict.map_or("it fails", |verdict| verdict.finding.title());
    let rest = if progress.workload.rollout.ready > 0 {
        "it will not end by itself; the Pods before it go on serving"
    } else {
        "it will not end by itself, and no Pod is ready"
    };
    format!("held up by Pod {}: {why}; {rest}", pod.name)
}

/// `desired 12   updated 3   ready 9   available 9     surge 25%, unavailable 25%`
fn numbers(view: View<'_>, progress: &Progress) -> Line<'static> {
    let theme = view.theme;
    let rollout = &progress.workload.rollout;
    let mut spans = vec![Span::raw("  ")];
    for (name, number) in [
        ("desired", rollout.desired),
        ("updated", rollout.updated),
        ("ready", rollout.ready),
        ("available", rollout.available),
    ] {
        let style = if number >= rollout.desired {
            theme.text()
        } else {
            theme.warning()
        };
        spans.push(Span::styled(format!("{name} "), theme.dim()));
        spans.push(Span::styled(format!("{number}   "), style));
    }
    let limits = [
        ("surge", &rollout.surge),
        ("unavailable", &rollout.unavailable),
    ];
    let limits: Vec<String> = limits
        .into_iter()
        .filter_map(|(name, amount)| Some(format!("{name} {}", amount.as_ref()?)))
        .collect();
    spans.push(Span::styled(
        text::clean(&limits.join(", ")).into_owned(),
        theme.dim(),
    ));
    Line::from(spans)
}

fn revision(view: View<'_>, revision: &Revision, newest: bool, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let mut words = Vec::new();
    if let Some(number) = revision.number {
        let which = if newest { "" } else { ", being replaced" };
        words.push(format!("revision {number}{which}"));
    }
    if let Some(set) = &revision.set {
        words.push(set.to_string());
    }
    words.push(format!("{} of {} ready", revision.ready, revision.wanted));
    let images: Vec<&str> = revision.images.iter().map(|(_, image)| &**image).collect();
    words.push(images.join(", "));
    let heading = text::fit(&words.join(" · "), wide, text::Cut::Middle).into_owned();
    let mut lines = vec![Line::styled(heading, theme.strong())];
    lines.extend(
        revision
            .pods
            .iter()
            .take(LISTED)
            .filter_map(|pod| line(view, pod, wide)),
    );
    let more = revision.pods.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(Line::styled(format!("  and {more} more"), theme.dim()));
    }
    lines
}

/// A Pod's stage, for how long, and what is wrong.
fn line(view: View<'_>, key: &Key<Pod>, wide: usize) -> Option<Line<'static>> {
    let theme = view.theme;
    let world = &view.model.world;
    let pod = world.pod(key)?;
    let status = pod_status(pod);
    let (symbol, style) = theme.health(status.health);
    let container = pod
        .containers
        .iter()
        .find(|c| !c.ready)
        .or(pod.containers.first())?;
    let events = world.events_of_pod(key);
    let steps = timeline(pod, container, &events, view.now);
    let current = steps
        .iter()
        .find(|step| matches!(step.progress, StepProgress::Now | StepProgress::Stuck));
    let (stage, took) = match (pod.meta.deleting, current) {
        (Some(_), _) => ("ending", None),
        (None, Some(step)) => (step.stage.doing(), step.took.map(|took| took.as_secs())),
        (None, None) => ("ready", None),
    };
    let lasts = took.map_or_else(String::new, |took| format!("for {}", age::span(took)));
    let pulled = pull(container, &events).map_or_else(String::new, |pull| {
        let size = pull
            .size
            .map_or_else(String::new, |bytes| format!(" ({})", text::size(bytes)));
        format!("pulled in {}{size}", age::took(pull.took))
    });
    let about = match view.model.verdicts.of_pod(key) {
        Some(verdict) => verdict.finding.title().to_owned(),
        None => pulled,
    };
    let name_room = (wide / 3).clamp(16, 44);
    // Symbol, node, stage and duration take 4, 15, 17 and 10 cells.
    let about_room = wide.saturating_sub(name_room + 47);
    let about = text::fit(&about, about_room, text::Cut::End).into_owned();
    let name = text::fit(key.name.as_str(), name_room, text::Cut::Middle).into_owned();
    let node = text::fit(
        pod.node.as_deref().unwrap_or("no node"),
        14,
        text::Cut::Middle,
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

/// How long the nodes took to pull for these Pods, the slowest first.
fn pull_times(view: View<'_>, progress: &Progress) -> Vec<Line<'static>> {
    let world = &view.model.world;
    let mut slowest: BTreeMap<&str, SignedDuration> = BTreeMap::new();
    for key in progress
        .revisions
        .iter()
        .flat_map(|revision| &revision.pods)
    {
        let Some(pod) = world.pod(key) else { continue };
        let Some(node) = pod.node.as_deref() else {
            continue;
        };
        let events = world.events_of_pod(key);
        for pulled in pod
            .containers
            .iter()
            .filter_map(|container| pull(container, &events))
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
    let heading = Line::styled("longest pull on each node", view.theme.strong());
    let bars = nodes.into_iter().map(|(node, took)| {
        let node = text::fit(node, 24, text::Cut::Middle).into_owned();
        let cells = bar(took, longest);
        Line::from(vec![
            Span::styled(format!("  {node:24} "), view.theme.dim()),
            Span::styled("▇".repeat(cells), view.theme.accent()),
            Span::raw(format!(" {}", age::took(took))),
        ])
    });
    [Line::default(), heading].into_iter().chain(bars).collect()
}

/// Cells of a bar, at least one.
fn bar(took: SignedDuration, longest: SignedDuration) -> usize {
    let (took, longest) = (took.as_millis().max(0), longest.as_millis().max(1));
    let cells = took * i128::from(BAR) / longest;
    usize::try_from(cells).unwrap_or(0).clamp(1, BAR as usize)
}
