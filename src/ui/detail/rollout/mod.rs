//! Rollout view: replica counts, the blocking Pod, each Pod's stage, pull times per node.

mod pulls;
mod revision;

use ratatui::text::{Line, Span};

use crate::app::action::Action;
use crate::{
    domain::{
        diagnostics::grouping::Subject,
        k8s::{
            age,
            object_ref::ObjectRef,
            objects::{Pod, WorkloadRef},
            pod_status::PodHealth,
            rollout::{RolloutState, RolloutStatus, rollout_status},
        },
    },
    ui::{
        draw_context::DrawContext,
        text::{self, wrapped_lines},
    },
};

/// Maximum number of Pods listed per revision, and of nodes.
const LISTED: usize = 40;

pub(super) fn lines(id: &WorkloadRef, wide: usize, cx: DrawContext<'_>) -> Vec<Line<'static>> {
    let Some(progress) = rollout_status(&cx.model.store, id) else {
        return vec![super::deleted_line(cx)];
    };
    let mut lines = no_pods(id, wide, cx);
    lines.extend(rollout_state(cx, &progress, wide));
    lines.push(numbers(cx, &progress));
    for (at, revision) in progress.revisions.iter().enumerate() {
        // Revisions that have no Pods any more are history.
        if at > 0 && revision.pods.is_empty() {
            continue;
        }
        lines.push(Line::default());
        lines.extend(revision::lines(cx, revision, at == 0, wide));
    }
    lines.extend(pulls::lines(cx, &progress));
    lines
}

/// Why the workload makes no Pods, and what helps.
fn no_pods(id: &WorkloadRef, wide: usize, cx: DrawContext<'_>) -> Vec<Line<'static>> {
    let subject = Subject::Workload(id.clone());
    let Some(diagnosis) = cx.model.diagnoses.get(&subject) else {
        return Vec::new();
    };
    let (finding, theme) = (&diagnosis.finding, cx.theme);
    let (symbol, style) = theme.health(PodHealth::Failing);
    let text = format!("{symbol} {}: {}", finding.title(), finding.summary());
    let mut lines = wrapped_lines(&text, wide, style);
    for (number, fix) in finding.filled_fixes().iter().enumerate() {
        let key = cx.keys(&[Action::Fix(1)]).filter(|_| number == 0);
        let lead = match (number, key) {
            (0, Some(key)) => format!("Fix {key} "),
            (0, None) => "Fix ".to_owned(),
            _ => "           ".to_owned(),
        };
        lines.push(Line::from(vec![
            Span::styled(lead, theme.key()),
            Span::raw(
                text::truncate(&fix.title, wide.saturating_sub(11), text::Ellipsis::End)
                    .into_owned(),
            ),
        ]));
    }
    lines.push(Line::default());
    lines
}

fn rollout_state(cx: DrawContext<'_>, progress: &RolloutStatus, wide: usize) -> Vec<Line<'static>> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let (symbol, style, words) = match &progress.state {
        RolloutState::Complete => (
            symbols.finished,
            theme.good(),
            "complete: all Pods are updated and available".to_owned(),
        ),
        RolloutState::Paused => (
            symbols.failing,
            theme.warning(),
            "paused: resume it to continue".to_owned(),
        ),
        RolloutState::NotObserved => (
            symbols.progressing,
            theme.accent(),
            "waiting for the controller to observe the change".to_owned(),
        ),
        RolloutState::Advancing => (
            symbols.progressing,
            theme.accent(),
            "in progress".to_owned(),
        ),
        RolloutState::Blocked(pod) => (
            symbols.pull_failing,
            theme.failing(),
            blocked(cx, progress, pod),
        ),
        RolloutState::Failed(reason, message) => (
            symbols.pull_failing,
            theme.failing(),
            format!("{reason}: {message}"),
        ),
    };
    let mut lines = wrapped_lines(&format!("{symbol} {words}"), wide, style);
    if let Some(deadline) = progress.deadline {
        let left = age::seconds_between(cx.now, deadline);
        let words = if left > 0 {
            format!("progress deadline in {}", age::duration(left))
        } else {
            "ProgressDeadlineExceeded, still retrying".to_owned()
        };
        lines.push(Line::styled(format!("  {words}"), theme.dim()));
    }
    if matches!(progress.state, RolloutState::Blocked(_))
        && let Some(before) = progress.previous_revision()
        && let Some(number) = before.number
    {
        let images: Vec<&str> = before.images.iter().map(|(_, image)| &**image).collect();
        let words = format!(
            "  revision {number} used {}, {} ready",
            images.join(", "),
            before.ready
        );
        let words = text::truncate(&words, wide, text::Ellipsis::Middle).into_owned();
        lines.push(Line::styled(words, theme.dim()));
    }
    lines
}

fn blocked(cx: DrawContext<'_>, progress: &RolloutStatus, pod: &ObjectRef<Pod>) -> String {
    let diagnosis = cx.model.diagnoses.for_pod(pod);
    let why = diagnosis.map_or("failing", |diagnosis| diagnosis.finding.title());
    let rest = match progress.workload.status.ready {
        0 => "no Pod is ready".to_owned(),
        1 => "1 Pod still ready".to_owned(),
        ready => format!("{ready} Pods still ready"),
    };
    format!("Stuck at Pod {}: {why}; {rest}", pod.name)
}

/// `desired 12   updated 3   ready 9   available 9     surge 25%, unavailable 25%`
fn numbers(cx: DrawContext<'_>, progress: &RolloutStatus) -> Line<'static> {
    let theme = cx.theme;
    let rollout = &progress.workload.status;
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
