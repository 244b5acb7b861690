//! The findings: what is broken, why, what to press.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::{Room, asked};
use crate::{
    app::{inquiry::Inquiry, settled::Question},
    domain::{
        diagnostics::{EvidenceSource, Finding, Fix, FixId},
        k8s::{
            age,
            object_ref::{Name, ObjectRef},
            pod_status::PodHealth,
        },
        plan::{CredentialUsage, EntryRef},
    },
    ui::{
        retry::{self, Next},
        text,
        view::View,
        widgets::paragraph::indented,
    },
};

pub(super) fn lines(
    view: View<'_>,
    inquiry: &Inquiry,
    wide: usize,
    room: Room,
) -> Vec<Line<'static>> {
    let findings = &inquiry.diagnosis.findings;
    if findings.is_empty() {
        return vec![Line::styled(
            "nothing is wrong with this Pod",
            view.theme.good(),
        )];
    }
    match room {
        Room::Lines(room) => brief(view, findings, wide, room),
        Room::All => {
            let mut lines = Vec::new();
            for finding in findings {
                if !lines.is_empty() {
                    lines.push(Line::default());
                }
                lines.extend(whole(view, inquiry, finding, wide));
            }
            lines
        }
    }
}

/// The first finding in so many lines: the summary, as much evidence as fits, and the fixes always.
fn brief(view: View<'_>, findings: &[Finding], wide: usize, room: usize) -> Vec<Line<'static>> {
    let Some(finding) = findings.first() else {
        return Vec::new();
    };
    let fixes = finding.filled_fixes();
    let mut lines = summary(view, finding, wide, room.saturating_sub(1).clamp(1, 2));
    let fix_lines = fixes.len().min(room.saturating_sub(lines.len()).max(1));
    let evidence = room.saturating_sub(lines.len() + fix_lines);
    lines.extend(
        finding
            .evidence
            .iter()
            .take(evidence)
            .map(|evidence| fact(view, &evidence.line(view.now), wide)),
    );
    for (number, fix) in fixes.iter().enumerate().take(fix_lines) {
        lines.push(fix_line(view, number, fix, wide));
    }
    lines
}

fn whole(view: View<'_>, inquiry: &Inquiry, finding: &Finding, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let mut lines = summary(view, finding, wide, usize::MAX);
    let fixes = finding.filled_fixes();
    for (number, fix) in fixes.iter().enumerate() {
        lines.push(fix_line(view, number, fix, wide));
    }
    if let Some(spread) = spread(view, inquiry, finding) {
        lines.extend(indented(&spread, 4, wide, theme.warning()));
    }
    if let Some(retry) = retry(view, inquiry) {
        lines.push(Line::styled(format!("    {retry}"), theme.dim()));
    }
    let answered = answered(view, inquiry, wide);
    // The answer is not told a second time as evidence.
    let is_told = |source| matches!(source, EvidenceSource::Registry | EvidenceSource::PullTest);
    let evidence = finding.evidence.iter();
    let evidence: Vec<_> = evidence
        .filter(|evidence| answered.is_empty() || !is_told(evidence.source))
        .collect();
    lines.extend(answered);
    if !evidence.is_empty() {
        lines.push(heading(view, "Evidence"));
    }
    for evidence in evidence {
        lines.extend(bullets(view, &evidence.line(view.now), wide));
    }
    if !finding.alternatives.is_empty() {
        lines.push(heading(view, "It could also be"));
        for cause in &finding.alternatives {
            let entry = cause.text();
            let words = format!("{}: {}", entry.label, entry.summary);
            lines.extend(bullets(view, &words, wide));
        }
    }
    if !finding.confirming_checks.is_empty() {
        lines.push(heading(view, "What would settle it"));
        for settle in &finding.confirming_checks {
            lines.extend(bullets(view, settle, wide));
        }
    }
    for (number, fix) in fixes.iter().enumerate() {
        let title = format!("Fix {}: {}", number + 1, fix.title);
        let title = text::fit(&title, wide, text::Cut::End).into_owned();
        lines.push(Line::styled(title, theme.strong()));
        for step in &fix.steps {
            lines.extend(indented(step, 2, wide, theme.text()));
        }
        for command in &fix.commands {
            let shell = format!("$ {command}");
            lines.extend(indented(&shell, 2, wide, theme.accent()));
        }
    }
    lines
}

/// What is wrong, in so many lines at most.
fn summary(view: View<'_>, finding: &Finding, wide: usize, most: usize) -> Vec<Line<'static>> {
    let (symbol, style) = view.theme.health(if finding.is_pull() {
        PodHealth::PullFailing
    } else {
        PodHealth::Failing
    });
    let text = format!("{symbol} {}: {}", finding.title(), finding.summary());
    let mut lines = text::wrap(&text, wide);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(text::fit(&rest, wide, text::Cut::End).into_owned());
    }
    let lines = lines.into_iter();
    lines.map(|line| Line::styled(line, style)).collect()
}

/// What the registry said when it was asked about this Pod.
fn answered(view: View<'_>, inquiry: &Inquiry, wide: usize) -> Vec<Line<'static>> {
    let question = inquiry
        .image()
        .and_then(|image| Question::of(&inquiry.case, image));
    let Some(state) = question.and_then(|question| view.model.answers.to(&question)) else {
        return Vec::new();
    };
    let (symbol, style, text) = asked::words(view, state);
    let mut lines = vec![heading(view, "Asked and tried")];
    lines.extend(indented(&format!("{symbol} {text}"), 2, wide, style));
    lines
}

/// Where else the refused credential is, and which fix reaches how far.
fn spread(view: View<'_>, inquiry: &Inquiry, finding: &Finding) -> Option<String> {
    if finding.fixes.first() != Some(&FixId::NewToken) {
        return None;
    }
    let names = &finding.names;
    let secret = Name::new(names.secret.as_deref()?);
    let secret = ObjectRef::new(inquiry.pod.namespace.clone(), secret);
    let entry = EntryRef {
        secret: &secret,
        server: names
            .current_auth_key
            .as_deref()
            .or(names.expected_auth_key.as_deref())?,
        username: names.username.as_deref().unwrap_or_default(),
    };
    let spread = CredentialUsage::of_entry(&view.model.world, entry)?;
    let carriers = spread.carriers();
    let namespaces: BTreeSet<_> = carriers.iter().map(|key| &key.namespace).collect();
    (carriers.len() > 1).then(|| {
        format!(
            "{} Secrets in {} carry this credential: 1 renews them all, 2 only this one",
            carriers.len(),
            match namespaces.len() {
                1 => "this namespace".to_owned(),
                many => format!("{many} namespaces"),
            }
        )
    })
}

/// When the kubelet tries again.
fn retry(view: View<'_>, inquiry: &Inquiry) -> Option<String> {
    let next = retry::next(inquiry.attempt()?, &inquiry.case.events, view.now)?;
    Some(match next {
        Next::In(seconds) => format!(
            "the kubelet tries again in {} or soon after",
            age::duration(seconds)
        ),
        Next::Due => "the kubelet tries again any moment".to_owned(),
    })
}

fn heading(view: View<'_>, title: &'static str) -> Line<'static> {
    Line::styled(title, view.theme.strong())
}

fn fact(view: View<'_>, line: &str, wide: usize) -> Line<'static> {
    let quiet = view.theme.symbols().quiet;
    let text = text::fit(line, wide.saturating_sub(4), text::Cut::Middle).into_owned();
    Line::from(vec![
        Span::styled(format!("  {quiet} "), view.theme.dim()),
        Span::raw(text),
    ])
}

fn bullets(view: View<'_>, line: &str, wide: usize) -> Vec<Line<'static>> {
    let quiet = view.theme.symbols().quiet;
    text::wrap(line, wide.saturating_sub(4))
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let mark = if index == 0 { quiet } else { " " };
            Line::from(vec![
                Span::styled(format!("  {mark} "), view.theme.dim()),
                Span::raw(line),
            ])
        })
        .collect()
}

fn fix_line(view: View<'_>, number: usize, fix: &Fix, wide: usize) -> Line<'static> {
    let title = text::fit(&fix.title, wide.saturating_sub(8), text::Cut::End).into_owned();
    let lead = if number == 0 { "Fix" } else { "   " };
    Line::from(vec![
        Span::styled(format!("{lead} "), view.theme.strong()),
        Span::styled((number + 1).to_string(), view.theme.key()),
        Span::raw(format!(" {title}")),
    ])
}
