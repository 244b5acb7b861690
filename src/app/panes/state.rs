//! What a pane holds, and when its rows are made again: only when something that they depend on has
//! changed, and at most once per frame.

use jiff::Timestamp;

use super::{
    super::{filter::Filter, list::List},
    RefreshBudget,
    pane::{Pane, Sort, SortBy},
};
use crate::domain::{watch::Scope, world::Versions};

/// What every pane holds: its rows, how the user wants them, and what they were made from.
#[derive(Debug)]
pub struct PaneState<K> {
    pub list: List<K>,
    pub filter: Filter,
    pub sort: Sort,
    /// Only rows that are in trouble (k9s: ctrl-z).
    pub faults_only: bool,
    /// `None`: they have to be made.
    made_from: Option<Stamp>,
    /// No row had the words of the filter, and these come near.
    near: bool,
    made_at: Option<Timestamp>,
    /// When rows are made again that have waited.
    next_refresh: Option<Timestamp>,
}

/// Counts of what the rows of a pane are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    pub world: Versions,
    /// Of the verdicts, for panes that show them.
    pub verdicts: u64,
    /// Of what can be seen of the cluster: which lists are whole, which namespaces were asked for.
    pub sight: u64,
}

impl From<Versions> for Basis {
    fn from(world: Versions) -> Self {
        Self {
            world,
            ..Self::default()
        }
    }
}

/// All that the rows of a pane depend on.
#[derive(Clone, Debug, PartialEq)]
struct Stamp {
    basis: Basis,
    scope: Scope,
    filter: Filter,
    sort: Sort,
    faults_only: bool,
}

impl Stamp {
    /// Whether the user wants the same of both.
    fn wishes_as(&self, other: &Self) -> bool {
        self.scope == other.scope
            && self.filter == other.filter
            && self.sort == other.sort
            && self.faults_only == other.faults_only
    }

    /// Whether these rows are some of those, in the same order.
    fn narrows(&self, before: &Self) -> bool {
        self.basis == before.basis
            && self.scope == before.scope
            && self.sort == before.sort
            && self.faults_only == before.faults_only
            && self.filter.narrows(&before.filter)
    }
}

impl<K: Clone + PartialEq> PaneState<K> {
    pub fn new(pane: Pane) -> Self {
        let by = pane.sorts().first().copied().unwrap_or(SortBy::Name);
        Self {
            list: List::default(),
            filter: Filter::default(),
            sort: Sort {
                by,
                reversed: false,
            },
            faults_only: false,
            made_from: None,
            near: false,
            made_at: None,
            next_refresh: None,
        }
    }

    /// When the rows want to be made again, if they have waited.
    pub fn next_refresh(&self) -> Option<Timestamp> {
        self.next_refresh
    }

    /// Sorts by this column; by the same one again: the other way round.
    pub fn sort_by(&mut self, by: SortBy) {
        self.sort = Sort {
            by,
            reversed: self.sort.by == by && !self.sort.reversed,
        };
    }

    /// Leads to this row: what hides it, a filter or the wish for faults only, goes.
    pub fn reveal_and_select(&mut self, row: K) {
        if !self.list.rows().contains(&row) {
            self.filter = Filter::default();
            self.faults_only = false;
        }
        self.list.select_when_present(row);
    }

    /// Leads to this row, if there is one to lead to.
    pub fn reveal_and_select_if(&mut self, row: Option<K>) {
        if let Some(row) = row {
            self.reveal_and_select(row);
        }
    }

    /// Forces the rows to be made again.
    pub fn invalidate(&mut self) {
        self.made_from = None;
    }

    /// Changes the rows instead of making them again, if only news ask for it and `change` knows how.
    pub(super) fn patch(
        &mut self,
        basis: impl Into<Basis>,
        scope: &Scope,
        change: impl FnOnce(&mut List<K>) -> bool,
    ) -> bool {
        let stamp = self.stamp(basis, scope);
        let before = self.made_from.as_ref();
        if before == Some(&stamp) {
            return true;
        }
        let patched =
            before.is_some_and(|before| before.wishes_as(&stamp)) && change(&mut self.list);
        if patched {
            self.list.clamp_selection();
            self.made_from = Some(stamp);
            self.next_refresh = None;
        }
        patched
    }

    fn stamp(&self, basis: impl Into<Basis>, scope: &Scope) -> Stamp {
        Stamp {
            basis: basis.into(),
            scope: scope.clone(),
            filter: self.filter.clone(),
            sort: self.sort,
            faults_only: self.faults_only,
        }
    }

    /// Makes the rows again if what they depend on has changed: at once where the user wants them
    /// otherwise, in good time where there are news.
    ///
    /// `weight` is how many rows are looked at for it. `rows` is told whether those that it made last hold
    /// all that can pass now.
    pub(super) fn refresh(
        &mut self,
        basis: impl Into<Basis>,
        scope: &Scope,
        weight: usize,
        budget: &mut RefreshBudget,
        mut rows: impl FnMut(&Self, bool) -> Vec<K>,
    ) -> bool {
        let stamp = self.stamp(basis, scope);
        self.next_refresh = None;
        let before = self.made_from.as_ref();
        if before == Some(&stamp) {
            return false;
        }
        if let Some((before, made)) = before.zip(self.made_at)
            && before.wishes_as(&stamp)
            && let Some(until) = budget.wait(weight, made)
        {
            self.next_refresh = Some(until);
            return false;
        }
        let narrows = !self.near && before.is_some_and(|before| stamp.narrows(before));
        let mut made = rows(self, narrows);
        self.near = false;
        if made.is_empty()
            && let Some(fuzzy) = self.filter.fuzzily()
        {
            let exact = std::mem::replace(&mut self.filter, fuzzy);
            made = rows(self, false);
            self.filter = exact;
            self.near = true;
        }
        self.made_at = Some(budget.now);
        budget.spend(weight);
        if self.sort.reversed {
            made.reverse();
        }
        self.list.set_rows(made);
        self.made_from = Some(stamp);
        true
    }
}
