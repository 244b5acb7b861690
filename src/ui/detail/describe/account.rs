//! A ServiceAccount: what it lists, and who runs as it.

use ratatui::text::Line;

use super::{common, field, list, names};
use crate::{
    app::panes::accounts::{Listed, listed},
    domain::objects::ServiceAccount,
    ui::view::View,
};

pub(super) fn lines(account: &ServiceAccount, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let (theme, world) = (view.theme, &view.model.world);
    let mut lines = common(view, &account.meta, wide);
    if account.pull_secrets.is_empty() {
        let none = "none: its Pods pull without a login, or with the node's";
        lines.push(field(view, "Pull Secrets", none, theme.text()));
    }
    for (at, name) in account.pull_secrets.iter().enumerate() {
        let symbols = theme.symbols();
        let (words, style) = match listed(view.judging(), account, name) {
            Listed::PullSecret => (symbols.finished.to_owned(), theme.good()),
            Listed::WrongType => (
                format!(
                    "{} wrong type: the kubelet ignores it",
                    symbols.pull_failing
                ),
                theme.failing(),
            ),
            Listed::Broken => (
                format!("{} cannot be read", symbols.pull_failing),
                theme.failing(),
            ),
            Listed::Blamed(why) => (format!("{} {why}", symbols.pull_failing), theme.failing()),
            Listed::Missing => (format!("{} missing", symbols.pull_failing), theme.failing()),
            Listed::Unknown => ("not known".to_owned(), theme.dim()),
        };
        let heading = if at == 0 { "Pull Secrets" } else { "" };
        lines.push(field(view, heading, &format!("{name} {words}"), style));
    }
    let pods = names(world.pods_of_account(&account.key));
    lines.extend(list(view, "Pods", &pods, wide));
    lines.push(Line::default());
    let note =
        "Its list is copied into a Pod when the Pod is made, and only if the Pod lists none.";
    lines.push(Line::styled(note, theme.dim()));
    lines
}
