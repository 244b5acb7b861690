//! A Namespace: how its Pods fare, and what it has to pull with.

use ratatui::text::Line;

use super::{common, field, list};
use crate::{
    domain::{key::Namespace, watch::Scope},
    ui::view::View,
};

pub(super) fn lines(name: &Namespace, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let (theme, world) = (view.theme, &view.model.world);
    let here = Scope::Namespace(name.clone());
    let failing = world
        .tallies()
        .get(name)
        .map_or(0, |tally| tally.pull_failing);
    let style = if failing > 0 {
        theme.failing()
    } else {
        theme.good()
    };
    let mut lines = Vec::new();
    if let Some(namespace) = world.namespace(name) {
        if namespace.terminating {
            let text = "terminating: nothing new can be created here";
            lines.push(field(view, "Status", text, theme.warning()));
        }
        lines.extend(common(view, &namespace.meta, wide));
    }
    let pods = world.pods(&here).count().to_string();
    lines.push(field(view, "Pods", &pods, theme.text()));
    lines.push(field(view, "Cannot pull", &failing.to_string(), style));
    let secrets: Vec<String> = world
        .secrets(&here)
        .map(|secret| secret.key.name.to_string())
        .collect();
    lines.extend(list(view, "Pull Secrets", &secrets, wide));
    let accounts: Vec<String> = world
        .accounts(&here)
        .map(|account| match account.pull_secrets.len() {
            0 => account.key.name.to_string(),
            _ => format!(
                "{} ({})",
                account.key.name,
                super::names(account.pull_secrets.iter()).join(", ")
            ),
        })
        .collect();
    lines.extend(list(view, "Accounts", &accounts, wide));
    lines
}
