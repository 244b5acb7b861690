//! A pull Secret: its entries without their passwords, what is wrong with them, and who uses it.

use ratatui::text::Line;

use super::{super::asked, common, field, list, names, paragraph};
use crate::{
    app::secret_test::{self, Trial},
    domain::{
        age,
        dockerconfig::{EntrySummary, Standing},
        objects::{Secret, SecretContent},
    },
    ui::{text, view::View},
};

pub(super) fn lines(secret: &Secret, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let (theme, world) = (view.theme, &view.model.world);
    let mut lines = vec![field(
        view,
        "Type",
        &secret.secret_type.to_string(),
        theme.text(),
    )];
    lines.extend(common(view, &secret.meta, wide));
    if secret.immutable {
        let text = "immutable: to change it, make it anew";
        lines.push(field(view, "Data", text, theme.text()));
    }
    lines.extend(list(
        view,
        "Accounts",
        &names(world.accounts_of_secret(&secret.key)),
        wide,
    ));
    lines.extend(list(
        view,
        "Pods",
        &names(world.pods_of_secret(&secret.key)),
        wide,
    ));
    let SecretContent::Read(summary) = &secret.content else {
        lines.push(Line::default());
        let text = "The kubelet reads no Secret of this type. Its data was not fetched.";
        lines.push(Line::styled(text, theme.failing()));
        return lines;
    };
    match summary.standing(view.now) {
        Standing::Sound => {}
        Standing::Odd(why) => lines.push(field(view, "Note", &why, theme.warning())),
        Standing::Broken(why) => lines.push(field(view, "Broken", &why, theme.failing())),
    }
    for oddity in summary.oddities.iter() {
        lines.extend(paragraph(&oddity.to_string(), wide, theme.warning()));
    }
    let trials = secret_test::trials(world, secret);
    for (at, entry) in summary.entries.iter().enumerate() {
        lines.push(Line::default());
        lines.extend(self::entry(view, entry, wide));
        if let Some(trial) = trials.get(at) {
            lines.extend(tried(view, trial, wide));
        }
    }
    lines
}

/// What the registries said of the images that are pulled with an entry.
fn tried(view: View<'_>, trial: &Trial, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    if trial.questions.is_empty() {
        let text = "no image that lists this Secret is pulled with it";
        return vec![field(view, "  Images", text, theme.dim())];
    }
    let mut lines = vec![field(
        view,
        "  Images",
        &format!("{}; t asks their registries", trial.questions.len()),
        theme.text(),
    )];
    for question in &trial.questions {
        let Some(state) = view.model.answers.to(question) else {
            continue;
        };
        let (symbol, style, words) = asked::words(view, state);
        lines.extend(paragraph(&question.image.to_string(), wide, theme.text()));
        let said = text::wrap(&format!("{symbol} {words}"), wide.saturating_sub(4));
        let said = said.into_iter().map(|line| format!("    {line}"));
        lines.extend(said.map(|line| Line::styled(line, style)));
    }
    lines
}

fn entry(view: View<'_>, entry: &EntrySummary, wide: usize) -> Vec<Line<'static>> {
    let theme = view.theme;
    let server = text::clean(&entry.server).into_owned();
    let user = entry.username.as_deref().unwrap_or("none");
    let mut lines = vec![
        Line::styled(format!("entry {server}"), theme.strong()),
        field(view, "  User", user, theme.text()),
        field(view, "  Credential", entry.kind.label(), theme.text()),
    ];
    let fingerprint = entry.fingerprint.as_ref().map(ToString::to_string);
    let fingerprint = fingerprint.as_deref().unwrap_or("no password");
    lines.push(field(view, "  Fingerprint", fingerprint, theme.dim()));
    if let Some(expires) = entry.expires {
        let (words, style) = if expires <= view.now {
            (
                format!("expired {} ago", age::age(expires, view.now)),
                theme.failing(),
            )
        } else {
            (
                format!("expires in {}", age::age(view.now, expires)),
                theme.text(),
            )
        };
        lines.push(field(view, "  Expiry", &words, style));
    }
    for problem in entry.problems.iter() {
        lines.extend(paragraph(&problem.to_string(), wide, theme.warning()));
    }
    lines
}
