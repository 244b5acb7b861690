//! Describes a ServiceAccount: its pull secrets and the workloads that use it.

use super::Sheet;
use crate::{
    app::panes::accounts::{ListedSecret, listed_secret},
    domain::k8s::objects::ServiceAccount,
};

pub(super) fn write(account: &ServiceAccount, sheet: &mut Sheet<'_>) {
    let cx = sheet.cx;
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    sheet.common(&account.meta);
    if account.pull_secrets.is_empty() {
        let none = "none: Pods pull anonymously or with the node's credential";
        sheet.plain("Pull secrets", none);
    }
    for (at, name) in account.pull_secrets.iter().enumerate() {
        let broken = |why: &str| (format!("{} {why}", symbols.pull_failing), theme.failing());
        let (words, style) = match listed_secret(cx.secret_list_context(), account, name) {
            ListedSecret::PullSecret => (symbols.finished.to_owned(), theme.good()),
            ListedSecret::Broken(why) => broken(&why),
            ListedSecret::Missing => broken("not found"),
            ListedSecret::Unknown => ("unknown".to_owned(), theme.dim()),
        };
        let heading = if at == 0 { "Pull secrets" } else { "" };
        sheet.field(heading, &format!("{name} {words}"), style);
    }
    let pods = cx.model.store.pods_of_account(&account.key);
    sheet.list("Pods", pods);
    sheet.note(
        "Copied into new Pods that set no imagePullSecrets.",
        theme.dim(),
    );
}
