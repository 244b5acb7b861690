//! A plan: each change in a sentence and as lines added and removed, what the server says of it, and
//! the same with kubectl; after it is carried out, how what it was for recovers.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{scrolled, window};
use crate::{
    app::proposal::{Proposal, Stage},
    domain::{
        age,
        plan::{Change, Mark, Outcome},
        probe::Answer,
    },
    ui::{detail, text, view::View},
};

const WIDE: u16 = 116;

pub(super) fn draw(proposal: &Proposal, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let room = usize::from(WIDE.min(area.width).saturating_sub(4));
    let lines = lines(proposal, view, room);
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let hint = match proposal.stage {
        Stage::Ready(_) if proposal.stage.is_good() => {
            "enter apply · c copy commands · y export · esc back"
        }
        Stage::Rehearsing(_) | Stage::CarryingOut(..) | Stage::Ready(_) => {
            "c copy commands · y export · esc back"
        }
        Stage::Done { .. } if proposal.trouble(&view.model.verdicts).is_some() => {
            "esc back to the answers · u undo · enter close"
        }
        Stage::Done { .. } => "enter close · u undo",
    };
    let title = text::fit(&proposal.plan.0.title, room, text::Cut::End);
    let inside = window(&title, hint, view.theme, WIDE, high, area, buffer);
    scrolled(lines, proposal.scroll, inside, buffer);
}

fn lines(proposal: &Proposal, view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let mut lines = vec![state(proposal, view)];
    lines.extend(registry(proposal, view, room));
    lines.extend(
        healing(proposal, view)
            .into_iter()
            .map(|text| Line::styled(text, theme.text())),
    );
    lines.extend(trouble(proposal, view, room));
    if let Some(watched) = &proposal.watched {
        let pod = text::fit(
            watched.pod.name.as_str(),
            room.saturating_sub(4),
            text::Cut::Middle,
        );
        lines.push(Line::default());
        lines.push(Line::styled(format!("Pod {pod}"), theme.strong()));
        lines.extend(detail::timeline(view, watched, room));
        lines.push(Line::default());
    }
    for note in &proposal.plan.0.notes {
        let wrapped = text::wrap(&format!("{} {note}", theme.symbols().quiet), room);
        lines.extend(
            wrapped
                .into_iter()
                .map(|line| Line::styled(line, theme.text())),
        );
    }
    let outcomes = proposal.stage.outcomes();
    // What was made was read before it was made; now it matters what comes of it.
    let made = proposal.stage.is_done() && proposal.stage.is_good();
    for (index, change) in proposal.plan.0.changes.iter().enumerate() {
        if !made {
            lines.push(Line::default());
        }
        lines.extend(sentence(index, change, outcomes.get(index), view, room));
        if let Some(Some(keeper)) = proposal.keepers.get(index) {
            let warning = format!("{} {}", theme.symbols().failing, keeper.warning());
            let wrapped = text::wrap(&warning, room.saturating_sub(4)).into_iter();
            lines.extend(wrapped.map(|line| Line::styled(format!("    {line}"), theme.warning())));
        }
        for line in change.preview().into_iter().filter(|_| !made) {
            let (mark, style) = match line.mark {
                Mark::Same => (" ", theme.dim()),
                Mark::Added => ("+", theme.good()),
                Mark::Removed => ("-", theme.failing()),
            };
            let text = text::fit(&line.text, room.saturating_sub(6), text::Cut::End);
            lines.push(Line::styled(format!("    {mark} {text}"), style));
        }
    }
    if made {
        return lines;
    }
    lines.push(Line::default());
    lines.push(Line::styled("The same with kubectl", theme.strong()));
    for command in proposal.plan.0.commands() {
        lines.extend(
            text::wrap(&format!("$ {command}"), room.saturating_sub(2))
                .into_iter()
                .map(|line| Line::styled(format!("  {line}"), theme.dim())),
        );
    }
    lines
}

fn state(proposal: &Proposal, view: View<'_>) -> Line<'static> {
    let theme = view.theme;
    let (text, style) = match &proposal.stage {
        Stage::Rehearsing(_) => (
            format!("{} the server tries it, nothing is stored", view.spinner()),
            theme.accent(),
        ),
        Stage::Ready(_) if proposal.stage.is_good() => (
            "The server would take all of it. Nothing has been changed yet.".to_owned(),
            theme.good(),
        ),
        Stage::Ready(_) => (
            "The server refuses a part of it. Nothing has been changed.".to_owned(),
            theme.failing(),
        ),
        Stage::CarryingOut(_, outcomes) => (
            format!(
                "{} the changes are being made: {} of {}",
                view.spinner(),
                outcomes.len(),
                proposal.plan.0.changes.len()
            ),
            theme.accent(),
        ),
        Stage::Done { .. } if proposal.stage.is_good() => {
            ("All changes are made.".to_owned(), theme.good())
        }
        Stage::Done { outcomes, .. } => {
            let back = outcomes.contains(&Outcome::TakenBack);
            let text = if back {
                "A change failed; what was made before it was taken back."
            } else {
                "Not all changes were made; what was, stays. It can be tried again."
            };
            (text.to_owned(), theme.failing())
        }
    };
    Line::styled(text, style)
}

/// What goes wrong with what was made, and the way back to the answer that is to blame.
fn trouble(proposal: &Proposal, view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let Some(fault) = proposal.trouble(&view.model.verdicts) else {
        return Vec::new();
    };
    let theme = view.theme;
    let text = format!(
        "{} {}",
        theme.symbols().pull_failing,
        fault.finding.summary()
    );
    let wrapped = text::wrap(&text, room).into_iter();
    wrapped
        .map(|line| Line::styled(line, theme.failing()))
        .collect()
}

/// What the registry says of the login that would be saved.
fn registry(proposal: &Proposal, view: View<'_>, room: usize) -> Vec<Line<'static>> {
    let (theme, symbols) = (view.theme, view.theme.symbols());
    let (symbol, style, text) = match (&proposal.verdict, proposal.asked) {
        (Some(verdict), _) => match verdict.answer {
            Answer::Ok => (symbols.finished, theme.good(), verdict.summary.as_str()),
            Answer::No => (
                symbols.pull_failing,
                theme.failing(),
                verdict.summary.as_str(),
            ),
            Answer::Unknown => (symbols.failing, theme.warning(), verdict.summary.as_str()),
        },
        (None, Some(_)) => (
            symbols.quiet,
            theme.dim(),
            "the registry has not said yet whether it takes the login",
        ),
        (None, None) => return Vec::new(),
    };
    let text = format!("{symbol} From here: {text}");
    let wrapped = text::wrap(&text, room).into_iter();
    wrapped.map(|line| Line::styled(line, style)).collect()
}

/// Whether it has worked, once it is done.
fn healing(proposal: &Proposal, view: View<'_>) -> Option<String> {
    let Stage::Done { at, healed, .. } = &proposal.stage else {
        return None;
    };
    if !proposal.stage.is_good() || (proposal.fault.is_none() && proposal.workloads.is_empty()) {
        return None;
    }
    let symbols = view.theme.symbols();
    if let Some(healed) = healed {
        let took = age::countdown(healed.duration_since(*at).as_secs());
        let word = if proposal.fault.is_some() {
            "healed"
        } else {
            "ready"
        };
        return Some(format!("{} {word} after {took}", symbols.finished));
    }
    let waited = age::countdown(age::seconds(*at, view.now));
    let waiting = proposal
        .fault
        .as_ref()
        .and_then(|id| view.model.verdicts.fault(id))
        .map_or(0, |fault| fault.pods.len());
    let ready: Vec<String> = proposal
        .workloads
        .iter()
        .filter_map(|id| view.model.world.workload(id))
        .map(|workload| {
            let rollout = &workload.rollout;
            format!(
                "{} {}/{} ready",
                workload.id, rollout.ready, rollout.desired
            )
        })
        .take(3)
        .collect();
    let pods = match (&proposal.fault, waiting) {
        (None, _) => None,
        (Some(_), 0) => Some("no Pod fails any more".to_owned()),
        (Some(_), 1) => Some("1 Pod still fails".to_owned()),
        (Some(_), pods) => Some(format!("{pods} Pods still fail")),
    };
    let seen: Vec<String> = pods.into_iter().chain(ready).collect();
    Some(format!(
        "{} watching for {waited}: {}",
        view.spinner(),
        seen.join("; ")
    ))
}

fn sentence(
    index: usize,
    change: &Change,
    outcome: Option<&Outcome>,
    view: View<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let theme = view.theme;
    let symbols = theme.symbols();
    let (symbol, style) = match outcome {
        None | Some(Outcome::NotTried) => (symbols.quiet, theme.dim()),
        Some(Outcome::Applied) => (symbols.finished, theme.good()),
        Some(Outcome::Unchanged) => (symbols.finished, theme.dim()),
        Some(Outcome::TakenBack) => (symbols.failing, theme.warning()),
        Some(Outcome::Failed(_)) => (symbols.pull_failing, theme.failing()),
    };
    let head = format!("{}. {change}", index + 1);
    let head = text::fit(&head, room.saturating_sub(4), text::Cut::End).into_owned();
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{symbol} "), style),
        Span::styled(head, theme.strong()),
    ])];
    if let Some(outcome @ (Outcome::Failed(_) | Outcome::Unchanged | Outcome::TakenBack)) = outcome
    {
        lines.extend(
            text::wrap(&outcome.to_string(), room.saturating_sub(4))
                .into_iter()
                .map(|line| Line::styled(format!("    {line}"), style)),
        );
    }
    lines
}
