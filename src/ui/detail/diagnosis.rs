//! Diagnosis view: the findings with evidence and fixes.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::{HeightBudget, probe_result};
use crate::app::{action::Action, keymap::Context};
use crate::{
    app::{pod_inspection::PodInspection, probe_cache::ProbeQuery},
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
        draw_context::DrawContext,
        retry::{self, RetryCountdown},
        text::{self, indented_lines},
    },
};

pub(super) fn lines(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    wide: usize,
    room: HeightBudget,
) -> Vec<Line<'static>> {
    let findings = &inspection.diagnosis.findings;
    if findings.is_empty() {
        return vec![Line::styled("this Pod has no problems", cx.theme.good())];
    }
    match room {
        HeightBudget::Lines(room) => brief(cx, findings, wide, room),
        HeightBudget::All => {
            let mut lines = Vec::new();
            for finding in findings {
                if !lines.is_empty() {
                    lines.push(Line::default());
                }
                lines.extend(full(cx, inspection, finding, wide));
            }
            lines
        }
    }
}

/// The first finding in so many lines: the summary, as much evidence as fits, and the fixes always.
fn brief(
    cx: DrawContext<'_>,
    findings: &[Finding],
    wide: usize,
    room: usize,
) -> Vec<Line<'static>> {
    let Some(finding) = findings.first() else {
        return Vec::new();
    };
    let fixes = finding.filled_fixes();
    let mut lines = summary(cx, finding, wide, room.saturating_sub(1).clamp(1, 2));
    let fix_lines = fixes.len().min(room.saturating_sub(lines.len()).max(1));
    let evidence = room.saturating_sub(lines.len() + fix_lines);
    lines.extend(
        finding
            .evidence
            .iter()
            .take(evidence)
            .map(|evidence| fact(cx, &evidence.line(cx.now), wide)),
    );
    for (number, fix) in fixes.iter().enumerate().take(fix_lines) {
        lines.push(fix_line(cx, number, fix, wide));
    }
    lines
}

fn full(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    finding: &Finding,
    wide: usize,
) -> Vec<Line<'static>> {
    let theme = cx.theme;
    let mut lines = summary(cx, finding, wide, usize::MAX);
    let fixes = finding.filled_fixes();
    for (number, fix) in fixes.iter().enumerate() {
        lines.push(fix_line(cx, number, fix, wide));
    }
    if let Some(spread) = credential_usage(cx, inspection, finding) {
        lines.extend(indented_lines(&spread, 4, wide, theme.warning()));
    }
    if let Some(retry) = retry(cx, inspection) {
        lines.push(Line::styled(format!("    {retry}"), theme.dim()));
    }
    let answered = probe_result(cx, inspection, wide);
    // The answer is not told a second time as evidence.
    let is_told = |source| matches!(source, EvidenceSource::Registry | EvidenceSource::PullTest);
    let evidence = finding.evidence.iter();
    let evidence: Vec<_> = evidence
        .filter(|evidence| answered.is_empty() || !is_told(evidence.source))
        .collect();
    lines.extend(answered);
    if !evidence.is_empty() {
        lines.push(heading(cx, "Evidence"));
    }
    for evidence in evidence {
        lines.extend(bullets(cx, &evidence.line(cx.now), wide));
    }
    if !finding.alternatives.is_empty() {
        lines.push(heading(cx, "Other possible causes"));
        for cause in &finding.alternatives {
            let entry = cause.text();
            let words = format!("{}: {}", entry.label, entry.summary);
            lines.extend(bullets(cx, &words, wide));
        }
    }
    if !finding.confirming_checks.is_empty() {
        lines.push(heading(cx, "To confirm"));
        for settle in &finding.confirming_checks {
            lines.extend(bullets(cx, settle, wide));
        }
    }
    for (number, fix) in fixes.iter().enumerate() {
        let title = format!("Fix {}: {}", number + 1, fix.title);
        let title = text::truncate(&title, wide, text::Ellipsis::End).into_owned();
        lines.push(Line::styled(title, theme.strong()));
        for step in &fix.steps {
            lines.extend(indented_lines(step, 2, wide, theme.text()));
        }
        for command in &fix.commands {
            let shell = format!("$ {command}");
            lines.extend(indented_lines(&shell, 2, wide, theme.accent()));
        }
    }
    lines
}

/// What is wrong, in so many lines at most.
fn summary(cx: DrawContext<'_>, finding: &Finding, wide: usize, most: usize) -> Vec<Line<'static>> {
    let (symbol, style) = cx.theme.health(if finding.is_pull() {
        PodHealth::PullFailing
    } else {
        PodHealth::Failing
    });
    let text = format!("{symbol} {}: {}", finding.title(), finding.summary());
    let mut lines = text::wrap(&text, wide);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(text::truncate(&rest, wide, text::Ellipsis::End).into_owned());
    }
    let lines = lines.into_iter();
    lines.map(|line| Line::styled(line, style)).collect()
}

/// What the registry said when it was asked about this Pod.
fn probe_result(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    wide: usize,
) -> Vec<Line<'static>> {
    let own = inspection.image().map(|image| &**image);
    let images = own.into_iter().chain(inspection.suggested_image());
    let queries = images.filter_map(|image| ProbeQuery::for_pod(&inspection.context, image));
    let mut lines = Vec::new();
    for state in queries.filter_map(|query| cx.model.probes.get(&query)) {
        if lines.is_empty() {
            lines.push(heading(cx, "Tests"));
        }
        let (symbol, style, text) = probe_result::describe(cx, state);
        lines.extend(indented_lines(&format!("{symbol} {text}"), 2, wide, style));
    }
    lines
}

/// Where else the refused credential is, and which fix reaches how far.
fn credential_usage(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    finding: &Finding,
) -> Option<String> {
    if finding.fixes.first() != Some(&FixId::NewToken) {
        return None;
    }
    let fix_context = &finding.fix_context;
    let secret = Name::new(fix_context.secret.as_deref()?);
    let secret = ObjectRef::new(inspection.pod.namespace.clone(), secret);
    let entry = EntryRef {
        secret: &secret,
        server: fix_context
            .current_auth_key
            .as_deref()
            .or(fix_context.expected_auth_key.as_deref())?,
        username: fix_context.username.as_deref().unwrap_or_default(),
    };
    let spread = CredentialUsage::of_entry(&cx.model.store, entry)?;
    let carriers = spread.carriers();
    let namespaces: BTreeSet<_> = carriers.iter().map(|key| &key.namespace).collect();
    (carriers.len() > 1).then(|| {
        format!(
            "{} Secrets in {} have this credential: fix 1 updates all, fix 2 only this one",
            carriers.len(),
            match namespaces.len() {
                1 => "this namespace".to_owned(),
                many => format!("{many} namespaces"),
            }
        )
    })
}

/// When the kubelet tries again.
fn retry(cx: DrawContext<'_>, inspection: &PodInspection) -> Option<String> {
    let next = retry::countdown(inspection.attempt()?, &inspection.context.events, cx.now)?;
    Some(match next {
        RetryCountdown::In(seconds) => format!(
            "The kubelet retries in {} or soon after",
            age::duration(seconds)
        ),
        RetryCountdown::Due => "The kubelet retries any moment".to_owned(),
    })
}

fn heading(cx: DrawContext<'_>, title: &'static str) -> Line<'static> {
    Line::styled(title, cx.theme.strong())
}

fn fact(cx: DrawContext<'_>, line: &str, wide: usize) -> Line<'static> {
    let quiet = cx.theme.symbols().quiet;
    let text = text::truncate(line, wide.saturating_sub(4), text::Ellipsis::Middle).into_owned();
    Line::from(vec![
        Span::styled(format!("  {quiet} "), cx.theme.dim()),
        Span::raw(text),
    ])
}

fn bullets(cx: DrawContext<'_>, line: &str, wide: usize) -> Vec<Line<'static>> {
    let quiet = cx.theme.symbols().quiet;
    text::wrap(line, wide.saturating_sub(4))
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let mark = if index == 0 { quiet } else { " " };
            Line::from(vec![
                Span::styled(format!("  {mark} "), cx.theme.dim()),
                Span::raw(line),
            ])
        })
        .collect()
}

fn fix_line(cx: DrawContext<'_>, number: usize, fix: &Fix, wide: usize) -> Line<'static> {
    let title =
        text::truncate(&fix.title, wide.saturating_sub(8), text::Ellipsis::End).into_owned();
    let lead = if number == 0 { "Fix" } else { "   " };
    Line::from(vec![
        Span::styled(format!("{lead} "), cx.theme.strong()),
        Span::styled(fix_key(cx, number + 1), cx.theme.key()),
        Span::raw(format!(" {title}")),
    ])
}

/// The key of a fix in the details of a Pod; a fix that has none is only numbered.
fn fix_key(cx: DrawContext<'_>, number: usize) -> String {
    let contexts = [Context::PodDetails, Context::Details, Context::Overlay];
    let keymap = &cx.model.preferences.keymap;
    let action = u8::try_from(number).map(Action::Fix);
    let key = action
        .ok()
        .and_then(|action| keymap.key_for(action, &contexts));
    key.map_or_else(|| number.to_string(), |key| key.to_string())
}
