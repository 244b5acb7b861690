//! Describes a Pod: its credential chain, its containers and full error messages.

use super::Sheet;
use crate::domain::k8s::{
    age,
    objects::{Container, ContainerRole, ContainerState, Pod, PodConditionType, PullPolicy},
    pod_status::pod_status,
    pull_failure,
};

pub(super) fn write(pod: &Pod, sheet: &mut Sheet<'_>) {
    let theme = sheet.cx.theme;
    let status = pod_status(pod);
    let (symbol, style) = theme.health(status.health);
    sheet.field("Status", &format!("{symbol} {}", status.status), style);
    match sheet.cx.model.store.workload_of(pod) {
        Some(workload) => sheet.plain("Workload", &workload.id.to_string()),
        None => sheet.plain("Workload", "none (bare Pod)"),
    }
    sheet.plain("ServiceAccount", pod.service_account.as_str());
    sheet.list("Pull secrets", pod.pull_secrets.iter());
    let node = pod.node.as_deref().unwrap_or("none");
    sheet.plain("Node", node);
    sheet.age(&pod.meta);
    if let Some(message) = scheduling_complaint(pod) {
        sheet.plain("Scheduling", "");
        sheet.paragraph(message, theme.warning());
    }
    for container in &pod.containers {
        self::container(pod, container, sheet);
    }
}

fn scheduling_complaint(pod: &Pod) -> Option<&str> {
    let condition = pod.condition(PodConditionType::Scheduled)?;
    let message = condition.message()?;
    (!condition.is_true).then_some(message)
}

fn container(pod: &Pod, container: &Container, sheet: &mut Sheet<'_>) {
    let theme = sheet.cx.theme;
    let role = match container.role {
        ContainerRole::Init => "init container",
        ContainerRole::Sidecar => "sidecar",
        ContainerRole::App => "container",
        ContainerRole::Ephemeral => "ephemeral container",
    };
    let policy = match container.policy {
        PullPolicy::Always => "Always",
        PullPolicy::IfNotPresent => "IfNotPresent",
        PullPolicy::Never => "Never",
    };
    sheet.part(&format!("{role} {}", container.name));
    sheet.plain("  Image", &container.image);
    sheet.plain("  Pull policy", policy);
    match &container.state {
        ContainerState::Unreported => sheet.field("  State", "unknown", theme.dim()),
        ContainerState::Running { since: None } => sheet.plain("  State", "running"),
        ContainerState::Running { since: Some(since) } => {
            let age = age::age(*since, sheet.cx.now);
            sheet.plain("  State", &format!("running for {age}"));
        }
        ContainerState::Terminated(exit) => {
            let reason = exit.reason.as_deref().unwrap_or("exited");
            sheet.plain("  State", &format!("{reason}, exit code {}", exit.code));
        }
        ContainerState::Waiting { reason, message } => {
            let (mark, style) = if pull_failure::is_pull_reason(reason) {
                let symbol = theme.symbols().pull_failing;
                (format!("{symbol} "), theme.failing())
            } else {
                (String::new(), theme.text())
            };
            sheet.field("  State", &format!("{mark}waiting: {reason}"), style);
            if let Some(message) = message {
                sheet.paragraph(message, style);
            }
            last_pull_error(pod, container, message.as_deref(), sheet);
        }
    }
}

/// The error that the back-off notice does not repeat.
fn last_pull_error(pod: &Pod, container: &Container, shown: Option<&str>, sheet: &mut Sheet<'_>) {
    let cx = sheet.cx;
    let errors = cx.model.store.last_errors(&pod.key);
    let mut errors = errors.iter();
    let Some(error) = errors.find(|error| error.container == container.name) else {
        return;
    };
    if shown != Some(&*error.message) {
        let seen = format!("seen {} ago", age::age(error.observed_at, cx.now));
        sheet.field("  Last error", &seen, cx.theme.dim());
        sheet.paragraph(&error.message, cx.theme.failing());
    }
}
