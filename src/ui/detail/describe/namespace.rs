//! Describes a Namespace: health of its Pods, its Secrets and ServiceAccounts.

use super::Sheet;
use crate::{
    app::panes::{namespaces::namespace_counts, secrets},
    domain::{
        k8s::object_ref::{Name, Namespace},
        store::watch::Scope,
    },
};

pub(super) fn write(name: &Namespace, sheet: &mut Sheet<'_>) {
    let cx = sheet.cx;
    let (theme, symbols, store) = (cx.theme, cx.theme.symbols(), &cx.model.store);
    let here = Scope::Namespace(name.clone());
    if let Some(namespace) = store.namespace(name) {
        if namespace.terminating {
            let text = "terminating: nothing can be created here";
            sheet.field("Status", text, theme.warning());
        }
        sheet.common(&namespace.meta);
    }
    let tally = namespace_counts(store, name);
    sheet.plain("Pods", &tally.pods.to_string());
    let (symbol, style) = match tally.pull_failing {
        0 => (symbols.finished, theme.good()),
        _ => (symbols.pull_failing, theme.failing()),
    };
    sheet.field(
        "Cannot pull",
        &format!("{symbol} {}", tally.pull_failing),
        style,
    );
    let secrets = store
        .secrets(&here)
        .filter(|secret| secrets::is_shown(store, secret));
    sheet.list("Pull secrets", secrets.map(|secret| &secret.key.name));
    let accounts = store.accounts(&here).map(|account| {
        let listed: Vec<&str> = account.pull_secrets.iter().map(Name::as_str).collect();
        match listed.len() {
            0 => account.key.name.to_string(),
            _ => format!("{} ({})", account.key.name, listed.join(", ")),
        }
    });
    sheet.list("ServiceAccounts", accounts);
}
