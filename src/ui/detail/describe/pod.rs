//! A Pod: its chain, its containers, and the whole text of what they fail with.

use ratatui::text::Line;

use super::{field, paragraph};

use crate::{
    domain::{
        age,
        objects::{Container, ContainerRole, ContainerState, Pod, PullPolicy},
        pull,
        status::pod_status,
    },
    ui::{text, view::View},
};

pub(super) fn lines(pod: &Pod, room: usize, view: View<'_>) -> Vec<Line<'static>> {
    let theme = view.theme;
    let status = pod_status(pod);
    let (symbol, style) = theme.health(status.health);
    let workload = view.model.world.workload_of(pod).map_or_else(
        || "none: a bare Pod".to_owned(),
        |workload| workload.id.to_string(),
    );
    let secrets: Vec<&str> = pod
        .pull_secrets
        .iter()
        .map(crate::domain::key::Name::as_str)
        .collect();
    let secrets = if secrets.is_empty() {
        "none".to_owned()
    } else {
        secrets.join(", ")
    };
    let age = pod
        .meta
        .created
        .map_or_else(String::new, |created| age::age(created, view.now));
    let mut lines = vec![
        field(view, "Status", &format!("{symbol} {}", status.word), style),
        field(view, "Workload", &workload, theme.text()),
        field(
            view,
            "ServiceAccount",
            pod.service_account.as_str(),
            theme.text(),
        ),
        field(view, "Pull Secrets", &secrets, theme.text()),
        field(
            view,
            "Node",
            pod.node.as_deref().unwrap_or("not scheduled"),
            theme.text(),
        ),
        field(view, "Age", &age, theme.text()),
    ];
    if let Some(message) = scheduling_complaint(pod) {
        lines.push(field(view, "Scheduling", "", theme.text()));
        lines.extend(paragraph(message, room, theme.warning()));
    }
    for container in &pod.containers {
        lines.push(Line::default());
        lines.extend(self::container(pod, container, room, view));
    }
    lines
}

fn scheduling_complaint(pod: &Pod) -> Option<&str> {
    let condition = pod.condition(crate::domain::objects::Condition::Scheduled)?;
    let message = condition.message()?;
    (!condition.holds).then_some(message)
}

fn container(pod: &Pod, container: &Container, room: usize, view: View<'_>) -> Vec<Line<'static>> {
    let theme = view.theme;
    let role = match container.role {
        ContainerRole::Init => "init container",
        ContainerRole::Sidecar => "sidecar",
        ContainerRole::App => "container",
        ContainerRole::Ephemeral => "ephemeral container",
    };
    let policy = match container.policy {
        PullPolicy::Always => "always pulled",
        PullPolicy::IfNotPresent => "pulled if not present",
        PullPolicy::Never => "never pulled",
    };
    let mut lines = vec![
        Line::styled(
            format!("{role} {}", text::clean(&container.name)),
            theme.strong(),
        ),
        field(view, "  Image", &container.image, theme.text()),
        field(view, "  Policy", policy, theme.text()),
    ];
    match &container.state {
        ContainerState::Unreported => {
            lines.push(field(view, "  State", "not reported yet", theme.dim()));
        }
        ContainerState::Running { since } => {
            let since = since.map_or_else(String::new, |since| {
                format!(" for {}", age::age(since, view.now))
            });
            lines.push(field(
                view,
                "  State",
                &format!("running{since}"),
                theme.text(),
            ));
        }
        ContainerState::Terminated(exit) => {
            let reason = exit.reason.as_deref().unwrap_or("ended");
            lines.push(field(
                view,
                "  State",
                &format!("{reason}, exit code {}", exit.code),
                theme.text(),
            ));
        }
        ContainerState::Waiting { reason, message } => {
            let style = if pull::is_pull_reason(reason) {
                theme.failing()
            } else {
                theme.text()
            };
            lines.push(field(view, "  State", &format!("waiting: {reason}"), style));
            if let Some(message) = message {
                lines.extend(paragraph(message, room, style));
            }
            lines.extend(remembered(pod, container, message.as_deref(), room, view));
        }
    }
    lines
}

/// The error that the back-off notice does not repeat.
fn remembered(
    pod: &Pod,
    container: &Container,
    shown: Option<&str>,
    room: usize,
    view: View<'_>,
) -> Vec<Line<'static>> {
    let errors = view.model.world.last_errors(&pod.key);
    let Some(error) = errors
        .iter()
        .find(|error| error.container == container.name)
    else {
        return Vec::new();
    };
    if shown == Some(&*error.message) {
        return Vec::new();
    }
    let seen = format!("seen {} ago", age::age(error.seen, view.now));
    let mut lines = vec![field(view, "  Last error", &seen, view.theme.dim())];
    lines.extend(paragraph(&error.message, room, view.theme.failing()));
    lines
}
