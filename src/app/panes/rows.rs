//! The interface of a pane: one implementation of [`PaneRows`] per pane.

use std::{collections::BTreeSet, fmt::Debug};

use jiff::Timestamp;

use super::{
    super::{diagnosis_cache::DiagnosisCache, list::List},
    Pane, Query, SortBy,
    accounts::SecretListContext,
};
use crate::domain::{
    guide::Section,
    k8s::{
        object_ref::{Namespace, ObjectRef},
        objects::{AnyObjectRef, Pod, Secret, ServiceAccount, WorkloadRef},
    },
    store::{
        Store, Versions,
        watch::{Scope, WatchCoverage, WatchKind},
    },
};

/// The fixed properties of a pane.
#[derive(Debug)]
pub struct PaneInfo {
    pub title: &'static str,
    /// The name in commands, settings and the state file, as kubectl has it. Stable.
    pub name: &'static str,
    /// What the pane is called behind `:`, the shortest first.
    pub commands: &'static [&'static str],
    /// The help on these commands.
    pub help: &'static str,
    /// Whether the rows lie in namespaces, so that the selected namespace narrows them.
    pub namespaced: bool,
    /// Whether the pane shows what watches of this kind bring.
    pub shows: fn(WatchKind) -> bool,
    /// The columns that it can be sorted by, the default first.
    pub sorts: &'static [SortBy],
    /// The section of the guide that explains it.
    pub guide: Section,
    /// Whether the guide explains the finding of the selected Pod first.
    pub explains_pod: bool,
}

/// Inputs of rows.
#[derive(Clone, Copy)]
pub struct RowContext<'a> {
    pub store: &'a Store,
    pub diagnoses: &'a DiagnosisCache,
    /// Where a Secret that is not in the store does not exist.
    pub coverage: &'a WatchCoverage,
    /// Namespaces that the user named, which may not be listed.
    pub known_namespaces: &'a BTreeSet<Namespace>,
    pub scope: &'a Scope,
    pub now: Timestamp,
}

impl<'a> RowContext<'a> {
    /// Inputs for the state of listed Secrets.
    pub fn secret_list_context(&self) -> SecretListContext<'a> {
        SecretListContext {
            store: self.store,
            diagnoses: self.diagnoses,
            coverage: self.coverage,
            now: self.now,
        }
    }
}

/// Versions of the inputs of a pane's rows; an unused input stays 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    pub store: Versions,
    /// Of the diagnoses, for panes that show them.
    pub diagnoses: u64,
    /// Of what can be seen of the cluster: which lists are whole, which namespaces were named.
    pub coverage: u64,
}

/// The result of [`PaneRows::follow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// The rows are up to date.
    Moved,
    /// Nothing was done; the rows are made again when the [`super::RefreshBudget`] allows it.
    Rebuild,
    /// The rows are not what they were taken for, and are made again at once.
    OutOfSync,
}

/// What `enter` does with the selected row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnterTarget {
    Nothing,
    /// Goes to another pane, where nothing else is selected.
    Focus(Pane),
    /// Opens the details of an object.
    Details(AnyObjectRef),
    /// Shows or hides the Pods of a workload.
    Unfold(WorkloadRef),
    Pod(ObjectRef<Pod>),
    Account(ObjectRef<ServiceAccount>),
    Secret(ObjectRef<Secret>),
    /// Says why it does nothing.
    Refuse(&'static str),
}

/// The rows of one pane; the implementing type holds what only this pane has.
pub trait PaneRows: Debug + Default {
    /// Identifies a row.
    type Row: Clone + Eq + Debug;

    const INFO: &'static PaneInfo;

    /// Whether the selection stays on the first row once it is there, for panes with the newest row first.
    const FOLLOWS_FIRST: bool = false;

    /// The versions of all that the rows are made from: they are made again when one of them has grown.
    fn dependencies(&self, query: &Query, context: &RowContext<'_>) -> Dependencies;

    /// What making the rows costs, in objects that are looked at; `shown` is how many rows there are now.
    fn cost(shown: usize, context: &RowContext<'_>) -> usize;

    /// Makes the rows: those that pass the query, in its order, not reversed.
    ///
    /// `candidates` are the rows that were made last, where they hold all that can pass.
    fn rows(
        &mut self,
        query: &Query,
        candidates: Option<&[Self::Row]>,
        context: &RowContext<'_>,
    ) -> Vec<Self::Row>;

    /// Moves rows in place where only the cluster has changed and that is cheaper than making all again.
    fn follow(
        &mut self,
        _query: &Query,
        _list: &mut List<Self::Row>,
        _context: &RowContext<'_>,
    ) -> Follow {
        Follow::Rebuild
    }

    /// Whether the user holds the rows as they are.
    fn is_paused(&self) -> bool {
        false
    }

    /// Lets rows that the user holds go on.
    fn resume(&mut self) {}

    fn is_folded(&self) -> bool {
        false
    }

    /// Folds many rows into one; nothing happens where a pane has no such form.
    fn set_folded(&mut self, _folded: bool) {}

    /// The object that a row stands for.
    fn object(&self, row: &Self::Row, store: &Store) -> Option<AnyObjectRef>;

    /// The least healthy Pod that uses the object of a row.
    fn user(&self, _row: &Self::Row, _store: &Store) -> Option<ObjectRef<Pod>> {
        None
    }

    /// The Pod that is diagnosed while the row is selected.
    fn pod(&self, row: &Self::Row, store: &Store) -> Option<ObjectRef<Pod>> {
        self.user(row, store)
    }

    /// The time whose age the row shows.
    fn time(&self, row: &Self::Row, store: &Store) -> Option<Timestamp>;

    /// What `enter` does; `None`: no row is selected.
    fn enter(&self, row: Option<&Self::Row>, store: &Store) -> EnterTarget;
}
