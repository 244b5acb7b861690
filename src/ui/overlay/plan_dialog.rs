//! Renders the plan dialog: changes as sentences and diffs, the server's answer, kubectl commands and the
//! recovery.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::window::{self, Window};
use crate::app::action::Action;
use crate::ui::key_hints::BACK;
use crate::{
    app::{
        overlay::Overlay,
        plan_dialog::{PlanDialog, PlanStage, RegistryCheck, RemainingFailure},
    },
    domain::{
        k8s::{
            age,
            objects::{WorkloadKind, WorkloadRef},
        },
        plan::{Change, DiffTag, Outcome, Recovery},
        probe::PullAnswer,
    },
    ui::{
        detail,
        draw_context::DrawContext,
        text::{self, indented_lines, wrapped_lines},
    },
};

const WIDE: u16 = 116;

pub(super) fn draw(
    dialog: &PlanDialog,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let lines = lines(dialog, cx, window::inner_width(WIDE, area));
    let hint = hint(dialog, cx);
    let window = Window {
        title: &dialog.plan.0.title,
        hint: &hint,
        wide: WIDE,
    };

    window.render_text(lines, dialog.scroll, cx.theme, area, buffer)
}

/// The keys that have a use now.
fn hint(dialog: &PlanDialog, cx: DrawContext<'_>) -> String {
    let model = cx.model;
    let copy = (&[Action::Copy][..], "copy commands");
    let export = (&[Action::Export][..], "export");
    let close = (&[Action::Apply][..], "close");
    let edit = (&[Action::Back][..], "edit");
    let apply = |label| (&[Action::Apply][..], label);
    match &dialog.stage {
        stage if stage.changes_nothing() => cx.hints(&[close, export]),
        PlanStage::Ready(_)
            if dialog.stage.can_be_applied() && dialog.registry_check.is_override_confirmed() =>
        {
            cx.hints(&[apply("apply anyway"), copy, export, edit])
        }
        PlanStage::Ready(_) if dialog.stage.can_be_applied() => {
            cx.hints(&[apply("apply"), copy, export, BACK])
        }
        PlanStage::DryRunning(_) | PlanStage::Applying(..) | PlanStage::Ready(_) => {
            cx.hints(&[copy, export, BACK])
        }
        PlanStage::Done { .. } => {
            let fails = dialog
                .remaining_failure(&model.store, &model.diagnoses)
                .is_some();
            let mut overlays = model.overlays.iter();
            let asked = overlays.any(|overlay| matches!(overlay, Overlay::Form(_)));
            let back = asked && !dialog.stage.has_recovered();
            let undo = model.undo_for(dialog).is_some();
            let keys = [
                (fails, (&[Action::Fix(1)][..], "next fix")),
                (fails && back, edit),
                (true, close),
                (undo, (&[Action::Undo][..], "undo")),
                (true, export),
            ];
            let offered = keys.into_iter().filter(|(offered, _)| *offered);
            cx.hints(&offered.map(|(_, hint)| hint).collect::<Vec<_>>())
        }
    }
}

fn lines(dialog: &PlanDialog, cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let mut lines = vec![state(dialog, cx)];
    lines.extend(registry(dialog, cx, room));
    if let Some(words) = recovery(dialog, cx) {
        let fails = fails_again(dialog, cx);
        let style = match dialog.stage.has_recovered() {
            true if fails => theme.failing(),
            true => theme.good(),
            false => theme.text(),
        };
        lines.extend(wrapped_lines(&words, room, style));
    }
    lines.extend(remaining_failure(dialog, cx, room));
    if let Some(watched) = &dialog.watched {
        let pod = text::truncate(
            watched.pod.name.as_str(),
            room.saturating_sub(4),
            text::Ellipsis::Middle,
        );
        lines.push(Line::default());
        lines.push(Line::styled(format!("Pod {pod}"), theme.strong()));
        lines.extend(detail::timeline(cx, watched, room));
        lines.push(Line::default());
    }
    for note in &dialog.plan.0.notes {
        let note = format!("{} {note}", theme.symbols().quiet);
        lines.extend(wrapped_lines(&note, room, theme.text()));
    }
    let outcomes = dialog.stage.outcomes();
    // What was made was read before it was made; now it matters what comes of it.
    let made = dialog.stage.is_done() && dialog.stage.is_successful();
    for (index, change) in dialog.plan.0.changes.iter().enumerate() {
        if !made {
            lines.push(Line::default());
        }
        lines.extend(sentence(index, change, outcomes.get(index), cx, room));
        if let Some(Some(keeper)) = dialog.managers.get(index) {
            let warning = format!("{} {}", theme.symbols().failing, keeper.warning());
            lines.extend(indented_lines(&warning, 4, room, theme.warning()));
        }
        if !made && !is_so_already(outcomes.get(index)) {
            lines.extend(preview(change, &dialog.stage, cx, room));
        }
    }
    if made {
        return lines;
    }
    lines.push(Line::default());
    lines.push(Line::styled("Equivalent kubectl", theme.strong()));
    for command in dialog.plan.0.commands() {
        lines.extend(indented_lines(
            &format!("$ {command}"),
            2,
            room,
            theme.dim(),
        ));
    }
    lines
}

/// The lines that a change adds and removes.
///
/// What is agreed to is shown whole: long ones are broken, not cut. What goes is shown when the server has said that it
/// is there.
fn preview(
    change: &Change,
    stage: &PlanStage,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let unread = matches!(stage, PlanStage::DryRunning(_));
    let mut lines = Vec::new();
    let shown = change.preview().into_iter();
    for line in shown.filter(|line| !unread || line.mark != DiffTag::Removed) {
        let (mark, style) = match line.mark {
            DiffTag::Same => (" ", theme.dim()),
            DiffTag::Added => ("+", theme.good()),
            DiffTag::Removed => ("-", theme.failing()),
        };
        for (at, piece) in text::split_at_width(&line.text, room.saturating_sub(6))
            .iter()
            .enumerate()
        {
            let mark = if at == 0 { mark } else { " " };
            lines.push(Line::styled(format!("    {mark} {piece}"), style));
        }
    }
    lines
}

/// Nothing becomes different, so there is no difference to show.
fn is_so_already(outcome: Option<&Outcome>) -> bool {
    outcome.is_some_and(Outcome::is_no_change)
}

fn state(dialog: &PlanDialog, cx: DrawContext<'_>) -> Line<'static> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let (symbol, text, style) = match &dialog.stage {
        PlanStage::DryRunning(_) => (
            cx.spinner(),
            "Dry run on the server.".to_owned(),
            theme.accent(),
        ),
        stage if stage.changes_nothing() => (
            symbols.finished,
            "Nothing to change.".to_owned(),
            theme.good(),
        ),
        PlanStage::Ready(_) if dialog.stage.is_successful() => (
            symbols.finished,
            "Dry run passed. Nothing changed yet.".to_owned(),
            theme.good(),
        ),
        PlanStage::Ready(_) => (
            symbols.pull_failing,
            "Dry run failed. Nothing changed.".to_owned(),
            theme.failing(),
        ),
        PlanStage::Applying(_, outcomes) => (
            cx.spinner(),
            format!(
                "Applying: {} of {}.",
                outcomes.len(),
                dialog.plan.0.changes.len()
            ),
            theme.accent(),
        ),
        PlanStage::Done { .. } if dialog.stage.is_successful() => {
            (symbols.finished, "Applied.".to_owned(), theme.good())
        }
        PlanStage::Done { outcomes, .. } => {
            let back = outcomes.contains(&Outcome::TakenBack);
            let unknown = |outcome: &Outcome| matches!(outcome, Outcome::Unknown(_));
            let text = if outcomes.iter().any(unknown) {
                "A response was lost: check the objects before you retry."
            } else if back {
                "A change failed; the changes before it were rolled back."
            } else {
                "Some changes failed; the others are kept. You can retry."
            };
            (symbols.pull_failing, text.to_owned(), theme.failing())
        }
    };
    Line::styled(format!("{symbol} {text}"), style)
}

/// What fails now, and the fix for that.
fn remaining_failure(dialog: &PlanDialog, cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let Some(error) = dialog.remaining_failure(&cx.model.store, &cx.model.diagnoses) else {
        return Vec::new();
    };
    let theme = cx.theme;
    let finding = &error.diagnosis.finding;
    let text = format!(
        "{} {}: {}",
        theme.symbols().pull_failing,
        still_failing(&error, dialog.stage.has_recovered()),
        finding.summary()
    );
    let mut lines = wrapped_lines(&text, room, theme.failing());
    if let Some(fix) = finding.fixes.first() {
        let next = cx.hints(&[(&[Action::Fix(1)], "next fix")]);
        let next = format!("  {next}: {}", fix.title_for(&finding.fix_context));
        lines.extend(wrapped_lines(&next, room, theme.accent()));
    }
    lines
}

fn still_failing(error: &RemainingFailure<'_>, again: bool) -> String {
    let still = if again { "again " } else { "still " };
    let cannot = if error.diagnosis.finding.is_pull() {
        "cannot pull"
    } else {
        "cannot start"
    };
    match (error.failing, error.pods) {
        (0, _) => format!("Pods {still}cannot be created"),
        (failing, 1) => format!("{failing} of 1 Pod {still}{cannot}"),
        (failing, pods) => format!("{failing} of {pods} Pods {still}{cannot}"),
    }
}

/// What the registry says of the login that would be saved.
fn registry(dialog: &PlanDialog, cx: DrawContext<'_>, room: usize) -> Vec<Line<'static>> {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let (symbol, style, text) = match &dialog.registry_check {
        RegistryCheck::Done { conclusion, .. } => {
            let text = conclusion.summary.as_str();
            match conclusion.answer {
                PullAnswer::Ok => (symbols.finished, theme.good(), text),
                PullAnswer::No => (symbols.pull_failing, theme.failing(), text),
                PullAnswer::Unknown => (symbols.failing, theme.warning(), text),
            }
        }
        RegistryCheck::Waiting(_) => (symbols.quiet, theme.dim(), "waiting for the registry"),
        RegistryCheck::None => return Vec::new(),
    };
    let mut lines = wrapped_lines(
        &format!("{symbol} Tested from this machine: {text}"),
        room,
        style,
    );
    if dialog.registry_check.is_override_confirmed() && matches!(dialog.stage, PlanStage::Ready(_))
    {
        let keys = cx.hints(&[
            (&[Action::Back], "edit"),
            (&[Action::Apply], "apply anyway"),
        ]);
        let ask = format!("  The registry denies the pull: {keys}");
        lines.extend(wrapped_lines(&ask, room, theme.warning()));
    }
    lines
}

/// True if what had recovered after the changes fails again.
fn fails_again(dialog: &PlanDialog, cx: DrawContext<'_>) -> bool {
    let fails = |found: Recovery| !found.failing.is_empty();
    dialog.stage.has_recovered() && dialog.recovery(&cx.model.store).is_some_and(fails)
}

/// The recovery, once the plan is applied.
fn recovery(dialog: &PlanDialog, cx: DrawContext<'_>) -> Option<String> {
    let PlanStage::Done { at, recovered, .. } = &dialog.stage else {
        return None;
    };
    let found = dialog.recovery(&cx.model.store)?;
    let symbols = cx.theme.symbols();
    if let Some(recovered) = recovered {
        let took = age::countdown(recovered.duration_since(*at).as_secs());
        let word = if dialog.fault.is_some() {
            "Recovered"
        } else {
            "Ready"
        };
        return Some(if fails_again(dialog, cx) {
            let failing = match (found.failing.len(), found.wanted) {
                (failing, 0 | 1) => format!("{failing} Pod"),
                (failing, pods) => format!("{failing} of {pods} Pods"),
            };
            format!(
                "{} {word} in {took}, failing again: {failing}",
                symbols.pull_failing
            )
        } else {
            format!("{} {word} in {took}", symbols.finished)
        });
    }
    let waited = age::countdown(age::seconds_between(*at, cx.now));
    let rollout = |id: &WorkloadRef| {
        // A Job has a run, and no number of Pods that are kept ready.
        if matches!(id.kind, WorkloadKind::Job | WorkloadKind::CronJob) {
            return None;
        }
        let rollout = &cx.model.store.workload(id)?.status;
        Some(format!("{id} {}/{} ready", rollout.ready, rollout.desired))
    };
    let pods = match found.wanted {
        0 if found.is_scaled_to_zero => "scaled to 0, nothing pulled".to_owned(),
        0 => "waiting for new Pods".to_owned(),
        1 => format!("{} of 1 Pod ready", found.ready),
        pods => format!("{} of {pods} Pods ready", found.ready),
    };
    let workloads = dialog.affected.workloads();
    let workloads = workloads.iter().filter_map(rollout).take(3);
    let seen: Vec<String> = std::iter::once(pods).chain(workloads).collect();
    Some(format!(
        "{} watching for {waited}: {}",
        cx.spinner(),
        seen.join("; ")
    ))
}

fn sentence(
    index: usize,
    change: &Change,
    outcome: Option<&Outcome>,
    cx: DrawContext<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let symbols = theme.symbols();
    let (symbol, style) = match outcome {
        None | Some(Outcome::NotTried) => (symbols.quiet, theme.dim()),
        Some(Outcome::Applied) => (symbols.finished, theme.good()),
        Some(Outcome::Unchanged | Outcome::NotNeeded(_)) => (symbols.finished, theme.dim()),
        Some(Outcome::Unknown(_) | Outcome::TakenBack) => (symbols.failing, theme.warning()),
        Some(Outcome::Failed(_)) => (symbols.pull_failing, theme.failing()),
    };
    let head = text::wrap(&format!("{}. {change}", index + 1), room.saturating_sub(2));
    let head = head.into_iter().enumerate().map(|(at, line)| {
        let mark = if at == 0 { symbol } else { " " };
        Line::from(vec![
            Span::styled(format!("{mark} "), style),
            Span::styled(line, theme.strong()),
        ])
    });
    let mut lines: Vec<Line<'static>> = head.collect();
    if let Some(
        outcome @ (Outcome::Failed(_)
        | Outcome::Unknown(_)
        | Outcome::Unchanged
        | Outcome::NotNeeded(_)
        | Outcome::TakenBack),
    ) = outcome
    {
        lines.extend(indented_lines(&outcome.to_string(), 4, room, style));
    }
    lines
}
