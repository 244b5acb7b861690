//! Pull Secrets: for which registries, as whom, and who uses them. Never a password.

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::{
        panes::{
            Pane,
            secrets::{self, Uses},
        },
        settled::Said,
    },
    domain::{
        age,
        diagnose::Root,
        dockerconfig::{EntrySummary, Standing},
        objects::{Secret, SecretContent},
        probe::{Answer, Verdict},
        status::Health,
    },
    ui::widgets::table::{Cell, ColumnSpec},
};

pub(super) const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("", 0, 1),
    ColumnSpec::new("NAMESPACE", 1, 24)
        .min_width(9)
        .truncate_middle(),
    ColumnSpec::new("NAME", 0, 40)
        .min_width(14)
        .truncate_middle(),
    ColumnSpec::new("REGISTRY", 1, 60)
        .flex(16)
        .truncate_middle(),
    ColumnSpec::new("USER", 4, 24).truncate_middle(),
    ColumnSpec::new("CREDENTIAL", 2, 60).min_width(14),
    ColumnSpec::new("USED BY", 3, 18),
    ColumnSpec::new("AGE", 6, 6).align_right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.secrets;
    listing(
        Pane::Secrets,
        view,
        pane,
        &view.columns(COLUMNS),
        |row| cells(view, row),
        area,
        buffer,
    );
}

fn cells(view: View<'_>, row: &secrets::Row) -> Vec<Cell> {
    let (theme, world) = (view.theme, &view.model.world);
    let Some(secret) = world.secret(row) else {
        return Vec::new();
    };
    let uses = secrets::uses(world, row);
    let (registry, user, kind) = content(secret);
    let standing = secrets::standing(secret, &view.model.verdicts, view.now);
    let said: Vec<&Said> = view.model.answers.of_secret(secret, view.now).collect();
    let (kind, standing) = tested(&said, kind, standing, view.now);
    let (symbol, style) = match &standing {
        Standing::Broken(_) => theme.health(Health::PullFailing),
        Standing::Odd(_) => theme.health(Health::Failing),
        Standing::Sound if uses == Uses::NONE => (theme.symbols().quiet, theme.dim()),
        Standing::Sound => (theme.symbols().finished, theme.good()),
    };
    // What is wrong says more than the kind of credential.
    let (kind, kind_style) = match standing {
        Standing::Sound => (kind, theme.dim()),
        Standing::Odd(why) | Standing::Broken(why) => (why, style),
    };
    let mut cells = vec![Cell::new(symbol, style)];
    if view.all_namespaces() {
        cells.push(Cell::new(row.namespace.as_str(), theme.dim()));
    }
    cells.extend([
        Cell::new(row.name.as_str(), theme.text()),
        Cell::new(registry, theme.text()),
        Cell::new(user, theme.dim()),
        Cell::new(kind, kind_style),
        Cell::new(used_by(uses), theme.dim()),
        view.age(secret.meta.created),
    ]);
    cells
}

/// Registries, users and kinds of the entries.
fn content(secret: &Secret) -> (String, String, String) {
    let SecretContent::Read(summary) = &secret.content else {
        return Default::default();
    };
    let entries = &summary.entries;
    let users = entries.iter().filter_map(|entry| entry.username.as_deref());
    (
        each_once(entries.iter().map(EntrySummary::registry)),
        each_once(users),
        each_once(entries.iter().map(|entry| entry.kind.label())),
    )
}

fn each_once<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once.join(", ")
}

/// The kind with the age of the test that all images passed; a refusal counts more than what can be said of
/// the Secret without asking, and more than what came of other images.
fn tested(said: &[&Said], kind: String, standing: Standing, now: Timestamp) -> (String, Standing) {
    if matches!(standing, Standing::Broken(_)) {
        return (kind, standing);
    }
    let ago = |said: &Said| age::age(said.at, now);
    if let Some(refusal) = said.iter().find(|said| is_refusal(&said.verdict)) {
        let why = format!("refused {} ago", ago(refusal));
        return (kind, Standing::Broken(why));
    }
    // The tag, the network: nothing that this Secret could help, and no proof of it either.
    let all_passed = said.iter().all(|said| said.verdict.answer == Answer::Ok);
    match said.iter().min_by_key(|said| said.at) {
        Some(oldest) if all_passed => {
            let ago = ago(oldest);
            (format!("{kind}, works ({ago} ago)"), standing)
        }
        _ => (kind, standing),
    }
}

/// Whether it is the credential that was refused.
fn is_refusal(verdict: &Verdict) -> bool {
    let of_credential = matches!(
        verdict.root,
        Some(Root::CredentialRejected | Root::CredentialExpired | Root::CredentialLacksAccess)
    );
    verdict.answer == Answer::No && of_credential
}

fn used_by(uses: Uses) -> String {
    if uses == Uses::NONE {
        return "nobody".to_owned();
    }
    let pods = if uses.pods == 1 { "Pod" } else { "Pods" };
    format!("{} SA · {} {pods}", uses.accounts, uses.pods)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        diagnose::Source,
        sample::{ago, now},
    };

    fn said(answer: Answer, root: Option<Root>, seconds: i64) -> Said {
        let verdict = Verdict {
            answer,
            cause: None,
            root,
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            summary: String::new(),
        };
        Said {
            verdict,
            by: Source::Registry,
            at: ago(seconds),
        }
    }

    #[test]
    fn a_refused_credential_is_said_whatever_came_of_other_images() {
        let passed = said(Answer::Ok, None, 60);
        let unknown = said(Answer::Unknown, None, 50);
        let refused = said(Answer::No, Some(Root::CredentialRejected), 40);
        let no_tag = said(Answer::No, Some(Root::TagMissing), 30);
        let standing = |said: &[&Said]| tested(said, "token".to_owned(), Standing::Sound, now());
        let broken = Standing::Broken("refused 40s ago".to_owned());
        for all in [
            &[&unknown, &refused][..],
            &[&no_tag, &refused, &passed],
            &[&refused, &unknown],
        ] {
            assert_eq!(standing(all), ("token".to_owned(), broken.clone()));
        }
        for (all, kind) in [
            (&[&passed][..], "token, works (60s ago)"),
            (&[&passed, &no_tag], "token"),
            (&[], "token"),
        ] {
            assert_eq!(standing(all), (kind.to_owned(), Standing::Sound));
        }
    }

    #[test]
    fn each_word_is_said_once() {
        let words = ["ghcr.io", "docker.io", "ghcr.io"];
        assert_eq!(each_once(words.into_iter()), "ghcr.io, docker.io");
    }
}
