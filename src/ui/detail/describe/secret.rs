//! Describes a pull secret: entries without passwords, problems and users.

use super::{super::probe_result, Sheet};
use crate::app::action::Action;
use crate::{
    app::{
        panes::secrets,
        secret_test::{self, EntryCheck},
    },
    domain::{
        k8s::{
            age,
            objects::{Expiry, ExpiryBasis, Secret, SecretContent, SecretType},
        },
        registry_auth::docker_config::{AuthSummary, SecretHealth},
    },
    ui::text::indented_lines,
};

pub(super) fn write(secret: &Secret, sheet: &mut Sheet<'_>) {
    let cx = sheet.cx;
    let (theme, symbols, store) = (cx.theme, cx.theme.symbols(), &cx.model.store);
    match &secret.secret_type {
        SecretType::Other(None) => sheet.plain("Type", "not a pull secret type"),
        known => sheet.plain("Type", &known.to_string()),
    }
    sheet.common(&secret.meta);
    if secret.immutable {
        sheet.plain("Data", "immutable: recreate it to change it");
    }
    sheet.list("ServiceAccounts", store.accounts_of_secret(&secret.key));
    sheet.list("Pods", store.pods_of_secret(&secret.key));
    let SecretContent::Read(summary) = &secret.content else {
        let words = "The kubelet does not read Secrets of this type. Its data was not fetched.";
        let words = format!("{} {words}", symbols.pull_failing);
        sheet.note(&words, theme.failing());
        return;
    };
    match secrets::secret_health(secret, &cx.model.diagnoses, cx.now) {
        SecretHealth::Healthy => {}
        SecretHealth::Warning(why) => {
            let words = format!("{} {why}", symbols.failing);
            sheet.field("Note", &words, theme.warning());
        }
        SecretHealth::Unusable(why) => {
            let words = format!("{} {why}", symbols.pull_failing);
            sheet.field("Error", &words, theme.failing());
        }
    }
    for oddity in summary.warnings.iter() {
        sheet.paragraph(&oddity.to_string(), theme.warning());
    }
    let trials = secret_test::entry_checks(store, secret);
    for (at, entry) in summary.entries.iter().enumerate() {
        self::entry(secret, entry, sheet);
        if let Some(trial) = trials.get(at) {
            check_results(trial, sheet);
        }
    }
}

fn entry(secret: &Secret, entry: &AuthSummary, sheet: &mut Sheet<'_>) {
    let (theme, now) = (sheet.cx.theme, sheet.cx.now);
    sheet.part(&format!("entry {}", entry.server));
    sheet.plain("  User", entry.username.as_deref().unwrap_or("none"));
    sheet.plain("  Credential", entry.kind.label());
    let fingerprint = entry.fingerprint.as_ref().map(ToString::to_string);
    let fingerprint = fingerprint.as_deref().unwrap_or("no password");
    sheet.field("  Fingerprint", fingerprint, theme.dim());
    match secret.expiry(entry) {
        Some(end) if end.at <= now => {
            let symbol = theme.symbols().pull_failing;
            let words = format!(
                "{symbol} expired {} ago{}",
                age::age(end.at, now),
                basis(end)
            );
            sheet.field("  Expiry", &words, theme.failing());
        }
        Some(end) => {
            let words = format!("expires in {}{}", age::age(now, end.at), basis(end));
            sheet.plain("  Expiry", &words);
        }
        None => {}
    }
    for problem in entry.problems.iter() {
        let words = format!("{} {problem}", theme.symbols().failing);
        sheet.paragraph(&words, theme.warning());
    }
}

/// How the end is known, unless the token says so itself.
fn basis(end: Expiry) -> String {
    match end.basis {
        ExpiryBasis::Token => String::new(),
        basis @ (ExpiryBasis::Annotation | ExpiryBasis::MaxLifetime) => {
            format!(" ({})", basis.label())
        }
    }
}

/// Lines with the probe results of an entry.
fn check_results(trial: &EntryCheck, sheet: &mut Sheet<'_>) {
    let cx = sheet.cx;
    let theme = cx.theme;
    if trial.queries.is_empty() {
        let text = "no image is pulled with this Secret";
        sheet.field("  Images", text, theme.dim());
        return;
    }
    let count = trial.queries.len();
    let keys = cx.hints(&[(&[Action::ProbeRegistry], "tests their registries")]);
    sheet.plain("  Images", &format!("{count}; {keys}"));
    for query in &trial.queries {
        let Some(state) = cx.model.probes.get(query) else {
            continue;
        };
        let (symbol, style, words) = probe_result::describe(cx, state);
        sheet.paragraph(&query.image.to_string(), theme.text());
        let said = indented_lines(&format!("{symbol} {words}"), 4, sheet.wide, style);
        sheet.lines.extend(said);
    }
}
