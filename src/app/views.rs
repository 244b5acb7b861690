//! Saved views: a pane with its filter and order, in a namespace, under a name.
//!
//! They lie in the state file, in words that a later version can still read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{action::SortBy, filter::Filter, model::Model, panes::Pane};
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

/// How a pane lists what it lists.
struct Listing<'a> {
    filter: &'a mut Filter,
    sort: &'a mut super::panes::Sort,
    faults_only: &'a mut bool,
}

impl SavedView {
    /// What is looked at now.
    pub fn here(model: &mut Model) -> Self {
        let pane = model.focus;
        let listing = listing(model, pane);
        let (filter, sort) = (listing.filter.text().to_owned(), *listing.sort);
        let faults_only = *listing.faults_only;
        Self {
            pane: pane.name().to_owned(),
            namespace: match &model.scope {
                Scope::Cluster => None,
                Scope::Namespace(namespace) => Some(namespace.clone()),
            },
            filter,
            sort: sort.by.name().to_owned(),
            reversed: sort.reversed,
            faults_only,
            folded: match pane {
                Pane::Pods => model.panes.folding.folded,
                Pane::Events => model.panes.stories.folded,
                Pane::Namespaces | Pane::ServiceAccounts | Pane::Secrets => false,
            },
        }
    }

    /// Arranges its pane as it was, and gives that the keyboard. What this version has no word for
    /// stays as it is. The namespace is the caller's to go to.
    pub fn arrange(&self, model: &mut Model) {
        let Some(pane) = Pane::named(&self.pane) else {
            return;
        };
        model.focus = pane;
        let listing = listing(model, pane);
        *listing.filter = Filter::parse(&self.filter);
        *listing.faults_only = self.faults_only;
        if let Some(by) = pane.sorts().iter().find(|by| by.name() == self.sort) {
            listing.sort.by = *by;
            listing.sort.reversed = self.reversed;
        }
        match pane {
            Pane::Pods => {
                model.panes.folding.folded = self.folded;
                model.panes.folding.open.clear();
                model.panes.pods.invalidate();
            }
            Pane::Events => {
                model.panes.stories.folded = self.folded;
                model.panes.events.invalidate();
            }
            Pane::Namespaces | Pane::ServiceAccounts | Pane::Secrets => {}
        }
    }
}

fn listing(model: &mut Model, pane: Pane) -> Listing<'_> {
    macro_rules! of {
        ($pane:ident) => {
            Listing {
                filter: &mut model.panes.$pane.filter,
                sort: &mut model.panes.$pane.sort,
                faults_only: &mut model.panes.$pane.faults_only,
            }
        };
    }
    match pane {
        Pane::Namespaces => of!(namespaces),
        Pane::Pods => of!(pods),
        Pane::ServiceAccounts => of!(accounts),
        Pane::Secrets => of!(secrets),
        Pane::Events => of!(events),
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

impl SortBy {
    /// Stable, as the state file holds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Status => "status",
            Self::Age => "age",
            Self::Count => "count",
        }
    }
}
