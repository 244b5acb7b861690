//! The panes: rows, order and filter of each.
//!
//! A pane is one file here that implements [`PaneRows`], and one row of the table in `table`. The state
//! that all panes have, and when their rows are made again, is [`PaneState`]. Rows are identities: whoever
//! draws them looks the objects up. How they are drawn is `ui::panes`, and nothing here knows of it.

pub mod accounts;
mod any_pane;
pub mod events;
pub mod namespaces;
pub mod pods;
mod query;
mod refresh_budget;
mod row_order;
mod rows;
pub mod secrets;
mod state;
mod table;
#[cfg(test)]
mod tests;

pub use self::{
    any_pane::AnyPane,
    query::{Query, Sort, SortBy},
    refresh_budget::RefreshBudget,
    rows::{Dependencies, EnterTarget, Follow, PaneInfo, PaneRows, RowContext},
    state::PaneState,
    table::{Pane, PaneEntry, Panes, PerPane, Selected},
};
