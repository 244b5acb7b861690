//! Saved views: a pane with its filter and order, in a namespace, under a name.
//!
//! They lie in the state file, in words that a later version can still read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    filter::Filter,
    panes::{Pane, Panes},
};
use crate::domain::{k8s::object_ref::Namespace, store::watch::Scope};

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
    /// Captures the pane, its filter and its order.
    pub fn capture(panes: &Panes, pane: Pane, scope: &Scope) -> Self {
        let state = panes.get(pane);
        let query = state.query();
        Self {
            pane: pane.name().to_owned(),
            namespace: match scope {
                Scope::Cluster => None,
                Scope::Namespace(namespace) => Some(namespace.clone()),
            },
            filter: query.filter.text().to_owned(),
            sort: query.sort.by.name().to_owned(),
            reversed: query.sort.reversed,
            faults_only: query.faults_only,
            folded: state.is_folded(),
        }
    }

    /// Restores filter and order of its pane, and returns the pane; `None` if this version has no such pane.
    ///
    /// An unknown order is ignored. Changing the namespace is left to the caller.
    pub fn apply(&self, panes: &mut Panes) -> Option<Pane> {
        let pane = Pane::from_name(&self.pane)?;
        let state = panes.get_mut(pane);
        let query = state.query_mut();
        query.filter = Filter::parse(&self.filter);
        query.faults_only = self.faults_only;
        if let Some(by) = pane.sorts().iter().find(|by| by.name() == self.sort) {
            query.sort.by = *by;
            query.sort.reversed = self.reversed;
        }
        state.set_folded(self.folded);
        Some(pane)
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
            f.write_str(", failing only")?;
        }
        if !self.sort.is_empty() {
            write!(f, ", by {}", self.sort)?;
        }
        Ok(())
    }
}
