//! A workload: its template's identity and images, and its numbers.

use ratatui::text::Line;

use super::{common, field, list, names};
use crate::{domain::objects::Workload, ui::view::View};

pub(super) fn lines(workload: &Workload, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let theme = view.theme;
    let rollout = &workload.rollout;
    let numbers = format!(
        "{} wanted, {} updated, {} ready, {} available",
        rollout.desired, rollout.updated, rollout.ready, rollout.available
    );
    let mut lines = vec![field(view, "Pods", &numbers, theme.text())];
    if rollout.paused {
        lines.push(field(view, "Rollout", "paused", theme.warning()));
    }
    if let Some((reason, message)) = &rollout.trouble {
        lines.push(field(
            view,
            "Trouble",
            &format!("{reason}: {message}"),
            theme.failing(),
        ));
    }
    lines.extend(common(view, &workload.meta, wide));
    lines.push(field(
        view,
        "ServiceAccount",
        workload.service_account.as_str(),
        theme.text(),
    ));
    if !workload.pull_secrets.is_empty() {
        let secrets = names(workload.pull_secrets.iter());
        lines.extend(list(view, "Pull Secrets", &secrets, wide));
    }
    for (name, image) in workload.images.iter() {
        lines.push(field(view, &format!("  {name}"), image, theme.text()));
    }
    lines
}
