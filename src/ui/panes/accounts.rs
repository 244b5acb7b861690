//! ServiceAccounts with their pull Secrets, each with what is behind its name.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{View, listing};
use crate::{
    app::panes::{
        Pane,
        accounts::{self, Judging, Listed},
    },
    domain::{objects::ServiceAccount, status::Health},
    ui::widgets::table::{Cell, ColumnSpec},
};

pub(super) const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("", 0, 1),
    ColumnSpec::new("NAMESPACE", 1, 24)
        .min_width(9)
        .truncate_middle(),
    ColumnSpec::new("NAME", 0, 40)
        .min_width(12)
        .truncate_middle(),
    ColumnSpec::new("PULL SECRETS", 0, 80).flex(22),
    ColumnSpec::new("PODS", 4, 6).align_right(),
    ColumnSpec::new("AGE", 5, 6).align_right(),
];

pub(super) fn draw(view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let pane = &view.model.panes.accounts;
    listing(
        Pane::ServiceAccounts,
        view,
        pane,
        &view.columns(COLUMNS),
        |row| cells(view, row),
        area,
        buffer,
    );
}

fn cells(view: View<'_>, row: &accounts::Row) -> Vec<Cell> {
    let (theme, world) = (view.theme, &view.model.world);
    let Some(account) = world.account(row) else {
        return Vec::new();
    };
    let judging = view.judging();
    let broken = accounts::broken(judging, account);
    let (symbol, style) = if broken {
        theme.health(Health::PullFailing)
    } else if account.pull_secrets.is_empty() {
        (theme.symbols().quiet, theme.dim())
    } else {
        (theme.symbols().finished, theme.good())
    };
    let secrets_style = if broken {
        style
    } else if account.pull_secrets.is_empty() {
        theme.dim()
    } else {
        theme.text()
    };
    let mut cells = vec![Cell::new(symbol, style)];
    if view.all_namespaces() {
        cells.push(Cell::new(row.namespace.as_str(), theme.dim()));
    }
    cells.extend([
        Cell::new(row.name.as_str(), theme.text()),
        Cell::new(pull_secrets(view, judging, account), secrets_style),
        Cell::new(world.pods_of_account(row).len().to_string(), theme.dim()),
        view.age(account.meta.created),
    ]);
    cells
}

/// Each name behind its state, so that what gives way in a narrow pane is not the state.
fn pull_secrets(view: View<'_>, judging: Judging<'_>, account: &ServiceAccount) -> String {
    if account.pull_secrets.is_empty() {
        return "none".to_owned();
    }
    let symbols = view.theme.symbols();
    let each =
        account
            .pull_secrets
            .iter()
            .map(|name| match accounts::listed(judging, account, name) {
                Listed::PullSecret => format!("{} {name}", symbols.finished),
                Listed::WrongType => format!("{} {name} wrong type", symbols.pull_failing),
                Listed::Broken => format!("{} {name} broken", symbols.pull_failing),
                Listed::Blamed(why) => format!("{} {name} {why}", symbols.pull_failing),
                Listed::Missing => format!("{} {name} missing", symbols.pull_failing),
                Listed::Unknown => name.to_string(),
            });
    each.collect::<Vec<_>>().join(", ")
}
