//! The five panes: what each lists, in which order, through which filter.
//!
//! Rows are identities; views look the objects up.

pub mod accounts;
pub mod events;
pub mod namespaces;
mod pane;
pub mod pods;
mod refresh_budget;
mod row_order;
pub mod secrets;
mod state;
#[cfg(test)]
mod tests;

pub use self::{
    pane::{Pane, Sort, SortBy},
    refresh_budget::RefreshBudget,
    state::{Basis, PaneState},
};

/// The state of each pane, and what two of them hold beside.
#[derive(Debug)]
pub struct Panes {
    pub namespaces: PaneState<namespaces::Row>,
    pub pods: PaneState<pods::Row>,
    pub folding: pods::Folding,
    pub accounts: PaneState<accounts::Row>,
    pub secrets: PaneState<secrets::Row>,
    pub events: PaneState<events::Row>,
    pub stories: events::Stories,
}

impl Default for Panes {
    fn default() -> Self {
        Self {
            namespaces: PaneState::new(Pane::Namespaces),
            pods: PaneState::new(Pane::Pods),
            folding: pods::Folding::default(),
            accounts: PaneState::new(Pane::ServiceAccounts),
            secrets: PaneState::new(Pane::Secrets),
            events: PaneState::new(Pane::Events),
            stories: events::Stories::default(),
        }
    }
}
