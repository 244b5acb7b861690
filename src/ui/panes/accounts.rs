//! The ServiceAccounts table: each pull secret with its state.

use ratatui::{layout::Rect, style::Style};

use super::{
    DrawContext,
    column::{self, PaneView, columns},
};
use crate::{
    app::panes::{
        SortBy,
        accounts::{self, ListedSecret, Row, ServiceAccounts},
    },
    domain::k8s::{objects::ServiceAccount, pod_status::PodHealth},
    ui::widgets::table::{Cell, ColumnSpec},
};

columns! {
    Symbol,
    Namespace,
    Name,
    PullSecrets,
    Pods,
    Age,
}

impl column::Column for Column {
    fn spec(self) -> ColumnSpec {
        match self {
            Self::Symbol => ColumnSpec::new("", 0, 1),
            Self::Namespace => ColumnSpec::new("NAMESPACE", 1, 24)
                .min_width(9)
                .truncate_middle(),
            Self::Name => ColumnSpec::new("NAME", 0, 40)
                .min_width(12)
                .truncate_middle(),
            Self::PullSecrets => ColumnSpec::new("PULL SECRETS", 0, 80).flex(22),
            Self::Pods => ColumnSpec::new("PODS", 4, 6).align_right(),
            Self::Age => ColumnSpec::new("AGE", 5, 6).align_right(),
        }
    }

    fn sort(self) -> Option<SortBy> {
        match self {
            Self::Symbol => None,
            Self::Namespace => Some(SortBy::Namespace),
            Self::Name => Some(SortBy::Name),
            Self::PullSecrets => Some(SortBy::Status),
            Self::Pods => Some(SortBy::Count),
            Self::Age => Some(SortBy::Age),
        }
    }
}

/// A ServiceAccount, and whether it lists a broken Secret.
pub(super) struct RowData<'a> {
    account: &'a ServiceAccount,
    broken: bool,
}

impl PaneView for ServiceAccounts {
    type Column = Column;
    type RowData<'a> = RowData<'a>;

    const COLUMNS: &'static [Column] = Column::ALL;
    const NO_ROWS: &'static str = "no ServiceAccounts";

    fn hint(_cx: DrawContext<'_>) -> Option<String> {
        None
    }

    fn look_up<'a>(cx: DrawContext<'a>, row: &'a Row, _area: Rect) -> Option<RowData<'a>> {
        let account = &**cx.model.store.account(row)?;
        Some(RowData {
            account,
            broken: accounts::has_broken_secret(cx.secret_list_context(), account),
        })
    }

    fn cell(cx: DrawContext<'_>, object: &RowData<'_>, column: Column) -> Cell {
        let (theme, account) = (cx.theme, object.account);
        match column {
            Column::Symbol => {
                let (symbol, style) = symbol(cx, object);
                Cell::new(symbol, style)
            }
            Column::Namespace => Cell::new(account.key.namespace.as_str(), theme.dim()),
            Column::Name => Cell::new(account.key.name.as_str(), theme.text()),
            Column::PullSecrets => pull_secrets(cx, object),
            Column::Pods => {
                let pods = cx.model.store.pods_of_account(&account.key).len();
                Cell::new(pods.to_string(), theme.dim())
            }
            Column::Age => cx.age(account.meta.created),
        }
    }
}

fn symbol(cx: DrawContext<'_>, object: &RowData<'_>) -> (&'static str, Style) {
    let theme = cx.theme;
    if object.broken {
        theme.health(PodHealth::PullFailing)
    } else if object.account.pull_secrets.is_empty() {
        (theme.symbols().quiet, theme.dim())
    } else {
        (theme.symbols().finished, theme.good())
    }
}

/// Each name behind its state, so that what gives way in a narrow pane is not the state.
fn pull_secrets(cx: DrawContext<'_>, object: &RowData<'_>) -> Cell {
    let (theme, account) = (cx.theme, object.account);
    if account.pull_secrets.is_empty() {
        return Cell::new("none", theme.dim());
    }
    let (symbols, list_context) = (theme.symbols(), cx.secret_list_context());
    let each = account.pull_secrets.iter().map(|name| {
        match accounts::listed_secret(list_context, account, name) {
            ListedSecret::PullSecret => format!("{} {name}", symbols.finished),
            ListedSecret::Broken(why) => {
                // Details stand behind a colon.
                let why = why.split(": ").next().unwrap_or_default();
                format!("{} {name} {why}", symbols.pull_failing)
            }
            ListedSecret::Missing => format!("{} {name} not found", symbols.pull_failing),
            ListedSecret::Unknown => name.to_string(),
        }
    });
    let style = if object.broken {
        symbol(cx, object).1
    } else {
        theme.text()
    };
    Cell::new(each.collect::<Vec<_>>().join(", "), style)
}
