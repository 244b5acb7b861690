//! Saved views: a pane with its filter and order, in a namespace, under a name.
//!
//! They lie in the state file, in words that a later version can still read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    filter::Filter,
    panes::{Pane, PaneState, Panes},
};
use crate::domain::{key::Namespace, watch::Scope};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedView {
    pub pane: String,
    /// `None`: all namespaces.
    pub namespace: Option<Namespace>,
    pub filter: String,
    pub sort: String,
    pub reversed: bool,
    pub faults_only: bool,
    pub folded: bool,
}

impl SavedView {
    /// What is looked at in this pane.
    pub fn of(panes: &Panes, pane: Pane, scope: &Scope) -> Self {
        fn read<K>(pane: &PaneState<K>, folded: bool) -> SavedView {
            SavedView {
                filter: pane.filter.text().to_owned(),
                sort: pane.sort.by.name().to_owned(),
                reversed: pane.sort.reversed,
                faults_only: pane.faults_only,
                folded,
                ..SavedView::default()
            }
        }
        Self {
            pane: pane.name().to_owned(),
            namespace: match scope {
                Scope::Cluster => None,
                Scope::Namespace(namespace) => Some(namespace.clone()),
            },
            ..match pane {
                Pane::Namespaces => read(&panes.namespaces, false),
                Pane::Pods => read(&panes.pods, panes.folding.folded),
                Pane::ServiceAccounts => read(&panes.accounts, false),
                Pane::Secrets => read(&panes.secrets, false),
                Pane::Events => read(&panes.events, panes.stories.folded),
            }
        }
    }

    /// Arranges its pane as it was, and says which that is; `None`: this version has no such pane. An
    /// order that it has no word for stays as it is. The namespace is the caller's to go to.
    pub fn arrange(&self, panes: &mut Panes) -> Option<Pane> {
        let pane = Pane::named(&self.pane)?;
        match pane {
            Pane::Namespaces => self.put(pane, &mut panes.namespaces),
            Pane::Pods => {
                self.put(pane, &mut panes.pods);
                panes.folding.folded = self.folded;
                panes.folding.open.clear();
                panes.pods.invalidate();
            }
            Pane::ServiceAccounts => self.put(pane, &mut panes.accounts),
            Pane::Secrets => self.put(pane, &mut panes.secrets),
            Pane::Events => {
                self.put(pane, &mut panes.events);
                panes.stories.folded = self.folded;
                panes.events.invalidate();
            }
        }
        Some(pane)
    }

    fn put<K>(&self, pane: Pane, state: &mut PaneState<K>) {
        state.filter = Filter::parse(&self.filter);
        state.faults_only = self.faults_only;
        if let Some(by) = pane.sorts().iter().find(|by| by.name() == self.sort) {
            state.sort.by = *by;
            state.sort.reversed = self.reversed;
        }
    }
}

/// `pods in shop, /led, faults only, by age`
impl fmt::Display for SavedView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} in {namespace}", self.pane)?,
            None => write!(f, "{} in all namespaces", self.pane)?,
        }
        if !self.filter.is_empty() {
            write!(f, ", /{}", self.filter)?;
        }
        if self.faults_only {
            f.write_str(", faults only")?;
        }
        if !self.sort.is_empty() {
            write!(f, ", by {}", self.sort)?;
        }
        Ok(())
    }
}
