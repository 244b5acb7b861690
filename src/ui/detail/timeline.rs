//! The steps from a Pod's creation to a running container (guide G6), with times and durations.

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::pod_inspection::PodInspection,
    domain::k8s::{
        age,
        object_ref::Name,
        objects::Container,
        pull_failure,
        timeline::{PodStage, StageState, StageStatus, timeline},
    },
    ui::{draw_context::DrawContext, text},
};

pub(super) fn lines(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    wide: usize,
) -> Vec<Line<'static>> {
    let pod = &inspection.context.pod;
    // The container that is spoken of comes first, the others are for those who scroll.
    let spoken_of = inspection.container().into_iter();
    let others = pod
        .containers
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != inspection.container)
        .map(|(_, container)| container);
    let mut lines = Vec::new();
    for container in spoken_of.chain(others) {
        if pod.containers.len() > 1 {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            let name = text::clean(&container.name).into_owned();
            lines.push(Line::styled(format!("container {name}"), cx.theme.strong()));
        }
        let steps = timeline(pod, container, &inspection.context.events, cx.now);
        for (number, step) in steps.iter().enumerate() {
            lines.push(line(cx, inspection, container, number + 1, step, wide));
        }
    }
    lines
}

fn line(
    cx: DrawContext<'_>,
    inspection: &PodInspection,
    container: &Container,
    number: usize,
    step: &StageState,
    wide: usize,
) -> Line<'static> {
    let theme = cx.theme;
    let symbols = theme.symbols();
    let (symbol, style): (&str, Style) = match step.status {
        StageStatus::Done => (symbols.finished, theme.good()),
        StageStatus::InProgress => (symbols.progressing, theme.accent()),
        StageStatus::Stuck => (symbols.pull_failing, theme.failing()),
        StageStatus::Pending => (symbols.quiet, theme.dim()),
    };
    let zone = &cx.model.preferences.time_zone;
    let at = step
        .at
        .map_or_else(String::new, |at| time_of_day(at, cx.now, zone.clone()));
    let took = step.took.map_or_else(String::new, |took| {
        let span = age::duration(took.as_secs());
        match step.status {
            StageStatus::Done => span,
            StageStatus::InProgress | StageStatus::Stuck => format!("for {span}"),
            StageStatus::Pending => String::new(),
        }
    });
    let words = match step.status {
        StageStatus::Stuck => style,
        StageStatus::Pending => theme.dim(),
        StageStatus::Done | StageStatus::InProgress => theme.text(),
    };
    let head = format!("{:33}{at:>8}  {took:>9}  ", step.stage.title());
    let room = wide.saturating_sub(text::width(&head) + 4);
    let about = stage_detail(inspection, container, step);
    let about = text::truncate(&about, room, text::Ellipsis::Middle).into_owned();
    Line::from(vec![
        Span::styled(format!("{number} "), theme.dim()),
        Span::styled(format!("{symbol} "), style),
        Span::styled(head, words),
        Span::styled(
            about,
            if step.status == StageStatus::Stuck {
                style
            } else {
                theme.dim()
            },
        ),
    ])
}

/// The time of day, and of what is older than a day the date, as `ls` has it.
fn time_of_day(at: Timestamp, now: Timestamp, zone: TimeZone) -> String {
    let old = age::seconds_between(at, now) >= 24 * 60 * 60;
    let form = if old { "%b %e" } else { "%H:%M:%S" };
    at.to_zoned(zone).strftime(form).to_string()
}

/// Detail text of a step.
fn stage_detail(inspection: &PodInspection, container: &Container, step: &StageState) -> String {
    let pod = &inspection.context.pod;
    if step.status == StageStatus::Stuck {
        let finding = inspection.diagnosis.first();
        return finding.map_or_else(String::new, |finding| finding.title().to_owned());
    }
    match step.stage {
        PodStage::Created => pod.meta.owner.as_ref().map_or_else(
            || "manually".to_owned(),
            |owner| format!("by {}/{}", owner.kind, owner.name),
        ),
        PodStage::Admitted => {
            let secrets: Vec<&str> = pod.pull_secrets.iter().map(Name::as_str).collect();
            if secrets.is_empty() {
                format!("{}, no pull secret", pod.service_account)
            } else {
                format!("{}, {}", pod.service_account, secrets.join(", "))
            }
        }
        PodStage::Scheduled => pod.node.as_deref().unwrap_or_default().to_owned(),
        PodStage::Pulling | PodStage::Pulled => pull_failure::waiting_attempt(pod, container)
            .image()
            .to_string(),
        PodStage::Started | PodStage::Ready => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{now, seconds_ago};

    #[test]
    fn what_is_older_than_a_day_has_a_date() {
        let told = |seconds| time_of_day(seconds_ago(seconds), now(), TimeZone::UTC);
        assert_eq!(told(90), "07:58:30");
        assert_eq!(told(24 * 60 * 60), "Jan 14");
    }
}
