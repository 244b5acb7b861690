//! Pull Secrets: for which registries, as whom, and who uses them. Never a password.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::panes::{
        Pane,
        secrets::{self, Uses},
    },
    domain::{
        age,
        diagnose::Root,
        dockerconfig::{EntrySummary, Standing},
        objects::{Secret, SecretContent},
        probe::Answer,
        status::Health,
    },
    ui::widgets::table::{Cell, Column},
};

pub(super) const COLUMNS: &[Column] = &[
    Column::new("", 0, 1),
    Column::new("NAMESPACE", 5, 24).gives(8).middle(),
    Column::new("NAME", 0, 40).gives(14).middle(),
    Column::new("REGISTRY", 1, 60).grows(16).middle(),
    Column::new("USER", 4, 24).middle(),
    Column::new("CREDENTIAL", 2, 60).gives(14),
    Column::new("USED BY", 3, 18),
    Column::new("AGE", 6, 6).right(),
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
    let (kind, standing) = tested(secret, kind, standing, view);
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
    let mut registries: Vec<&str> = entries.iter().map(EntrySummary::registry).collect();
    registries.dedup();
    let users: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.username.as_deref())
        .collect();
    let mut kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.label()).collect();
    kinds.dedup();
    (registries.join(", "), users.join(", "), kinds.join(", "))
}

/// The kind with the age of the test that all images passed; a refusal counts more than what can be said of
/// the Secret without asking.
fn tested(secret: &Secret, kind: String, standing: Standing, view: View<'_>) -> (String, Standing) {
    let mut said = view.model.answers.of_secret(secret, view.now).peekable();
    if said.peek().is_none() || matches!(standing, Standing::Broken(_)) {
        return (kind, standing);
    }
    let mut oldest = view.now;
    for said in said {
        let ago = age::age(said.at, view.now);
        match (said.verdict.answer, said.verdict.root) {
            (Answer::Ok, _) => oldest = oldest.min(said.at),
            (
                Answer::No,
                Some(
                    Root::CredentialRejected
                    | Root::CredentialExpired
                    | Root::CredentialLacksAccess,
                ),
            ) => return (kind, Standing::Broken(format!("refused {ago} ago"))),
            // The tag, the network: nothing that this Secret could help.
            (Answer::No | Answer::Unknown, _) => return (kind, standing),
        }
    }
    let ago = age::age(oldest, view.now);
    (format!("{kind}, works ({ago} ago)"), standing)
}

fn used_by(uses: Uses) -> String {
    if uses == Uses::NONE {
        return "nobody".to_owned();
    }
    let pods = if uses.pods == 1 { "pod" } else { "pods" };
    format!("{} SA · {} {pods}", uses.accounts, uses.pods)
}
