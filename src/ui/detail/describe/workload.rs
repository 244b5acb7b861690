//! Describes a workload: template, images and replica counts.

use super::Sheet;
use crate::domain::k8s::objects::Workload;

pub(super) fn write(workload: &Workload, sheet: &mut Sheet<'_>) {
    let theme = sheet.cx.theme;
    let rollout = &workload.status;
    let numbers = format!(
        "{} desired, {} updated, {} ready, {} available",
        rollout.desired, rollout.updated, rollout.ready, rollout.available
    );
    sheet.plain("Pods", &numbers);
    if rollout.paused {
        sheet.field("Rollout", "paused", theme.warning());
    }
    if let Some((reason, message)) = &rollout.failure_condition {
        let words = format!("{} {reason}: {message}", theme.symbols().pull_failing);
        sheet.field("Condition", &words, theme.failing());
    }
    sheet.common(&workload.meta);
    sheet.plain("ServiceAccount", workload.service_account.as_str());
    if !workload.pull_secrets.is_empty() {
        sheet.list("Pull secrets", workload.pull_secrets.iter());
    }
    for (name, image) in workload.images.iter() {
        sheet.part(&format!("container {name}"));
        sheet.plain("  Image", image);
    }
}
