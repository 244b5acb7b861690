//! A ServiceAccount: what it lists, and who runs as it.

use super::Sheet;
use crate::{
    app::panes::accounts::{Listed, listed},
    domain::k8s::objects::ServiceAccount,
};

pub(super) fn write(account: &ServiceAccount, sheet: &mut Sheet<'_>) {
    let view = sheet.view;
    let (theme, symbols) = (view.theme, view.theme.symbols());
    sheet.common(&account.meta);
    if account.pull_secrets.is_empty() {
        let none = "none: its Pods pull without a credential, or with the node's";
        sheet.plain("Pull Secrets", none);
    }
    for (at, name) in account.pull_secrets.iter().enumerate() {
        let broken = |why: &str| (format!("{} {why}", symbols.pull_failing), theme.failing());
        let (words, style) = match listed(view.judging(), account, name) {
            Listed::PullSecret => (symbols.finished.to_owned(), theme.good()),
            Listed::WrongType => broken("wrong type: the kubelet ignores it"),
            Listed::Broken => broken("cannot be read"),
            Listed::Blamed(why) => broken(why),
            Listed::Missing => broken("missing"),
            Listed::Unknown => ("not known".to_owned(), theme.dim()),
        };
        let heading = if at == 0 { "Pull Secrets" } else { "" };
        sheet.field(heading, &format!("{name} {words}"), style);
    }
    let pods = view.model.world.pods_of_account(&account.key);
    sheet.list("Pods", pods);
    sheet.note(
        "Its list is copied into a Pod when the Pod is made, and only if the Pod lists none.",
        theme.dim(),
    );
}
