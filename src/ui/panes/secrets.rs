//! Pull Secrets: for which registries, as whom, and who uses them. Never a password.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::panes::{
        Pane,
        secrets::{self, Uses},
    },
    domain::{
        objects::{Secret, SecretContent, SecretType},
        status::Health,
    },
    ui::widgets::table::{Cell, Column},
};

const COLUMNS: &[Column] = &[
    Column::new("", 0, 1),
    Column::new("NAMESPACE", 3, 24).gives(8).middle(),
    Column::new("NAME", 0, 40).gives(14).middle(),
    Column::new("REGISTRY", 1, 60).grows(16).middle(),
    Column::new("USER", 4, 24).middle(),
    Column::new("USED BY", 2, 18),
    Column::new("AGE", 5, 6).right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.secrets;
    let columns: Vec<Column> = COLUMNS
        .iter()
        .filter(|column| view.all_namespaces() || column.title != "NAMESPACE")
        .copied()
        .collect();
    listing(
        Pane::Secrets,
        view,
        pane,
        &columns,
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
    let (symbol, style) = match secret.secret_type {
        SecretType::Other(_) => theme.health(Health::PullFailing),
        _ if uses
            == (Uses {
                pods: 0,
                accounts: 0,
            }) =>
        {
            (theme.symbols().quiet, theme.dim())
        }
        _ => (theme.symbols().finished, theme.good()),
    };
    let (registry, user) = content(secret);
    let mut cells = vec![Cell::new(symbol, style)];
    if view.all_namespaces() {
        cells.push(Cell::new(row.namespace.as_str(), theme.dim()));
    }
    cells.extend([
        Cell::new(row.name.as_str(), theme.text()),
        Cell::new(
            registry,
            if matches!(secret.secret_type, SecretType::Other(_)) {
                style
            } else {
                theme.text()
            },
        ),
        Cell::new(user, theme.dim()),
        Cell::new(used_by(uses), theme.dim()),
        view.age(secret.meta.created),
    ]);
    cells
}

/// Registries and users of the entries.
fn content(secret: &Secret) -> (String, String) {
    match (&secret.secret_type, &secret.content) {
        (SecretType::Other(_), _) => (
            "wrong type: the kubelet ignores it".to_owned(),
            String::new(),
        ),
        (_, SecretContent::NotTransferred) => (String::new(), String::new()),
        (_, SecretContent::Read(summary)) => {
            let join = |texts: Vec<&str>| texts.join(", ");
            (
                join(summary.entries.iter().map(|entry| &*entry.server).collect()),
                join(
                    summary
                        .entries
                        .iter()
                        .filter_map(|entry| entry.username.as_deref())
                        .collect(),
                ),
            )
        }
    }
}

fn used_by(uses: Uses) -> String {
    if uses
        == (Uses {
            pods: 0,
            accounts: 0,
        })
    {
        return "nobody".to_owned();
    }
    let pods = if uses.pods == 1 { "pod" } else { "pods" };
    format!("{} SA · {} {pods}", uses.accounts, uses.pods)
}
