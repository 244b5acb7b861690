//! The five panes: what each lists, in which order, through which filter.
//!
//! Rows are identities; views look the objects up. Rows are made again only when something that
//! they depend on has changed, and at most once per frame.

pub mod accounts;
pub mod events;
pub mod namespaces;
mod places;
pub mod pods;
pub mod secrets;

use jiff::{SignedDuration, Timestamp};

use super::{action::SortBy, filter::Filter, list::List};
use crate::domain::{watch::Scope, watch::WatchKind, world::Versions};

/// A pane of the dashboard, in the order in which `tab` walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    Namespaces,
    Pods,
    ServiceAccounts,
    Secrets,
    Events,
}

impl Pane {
    pub const ALL: [Self; 5] = [
        Self::Namespaces,
        Self::Pods,
        Self::ServiceAccounts,
        Self::Secrets,
        Self::Events,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespaces",
            Self::Pods => "Pods",
            Self::ServiceAccounts => "ServiceAccounts",
            Self::Secrets => "Secrets",
            Self::Events => "Events",
        }
    }

    /// The name in commands and in the configuration, as kubectl has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Pods => "pods",
            Self::ServiceAccounts => "serviceaccounts",
            Self::Secrets => "secrets",
            Self::Events => "events",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.name() == name)
    }

    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Namespaces => Self::Pods,
            Self::Pods => Self::ServiceAccounts,
            Self::ServiceAccounts => Self::Secrets,
            Self::Secrets => Self::Events,
            Self::Events => Self::Namespaces,
        }
    }

    #[must_use]
    pub fn previous(self) -> Self {
        match self {
            Self::Namespaces => Self::Events,
            Self::Pods => Self::Namespaces,
            Self::ServiceAccounts => Self::Pods,
            Self::Secrets => Self::ServiceAccounts,
            Self::Events => Self::Secrets,
        }
    }

    /// Whether the pane shows what watches of this kind bring.
    pub fn shows(self, kind: WatchKind) -> bool {
        match self {
            Self::Namespaces => kind == WatchKind::Namespaces,
            Self::Pods => kind == WatchKind::Pods,
            Self::ServiceAccounts => kind == WatchKind::ServiceAccounts,
            Self::Secrets => matches!(kind, WatchKind::Secrets(_)),
            Self::Events => kind == WatchKind::Events,
        }
    }

    /// The columns that the pane can be sorted by, the default first.
    pub fn sorts(self) -> &'static [SortBy] {
        match self {
            Self::Namespaces => &[SortBy::Status, SortBy::Name, SortBy::Age],
            Self::Pods | Self::ServiceAccounts | Self::Secrets => &[
                SortBy::Status,
                SortBy::Name,
                SortBy::Namespace,
                SortBy::Count,
                SortBy::Age,
            ],
            Self::Events => &[SortBy::Age, SortBy::Status, SortBy::Name, SortBy::Count],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub reversed: bool,
}

/// What a pane holds beside its rows.
#[derive(Debug)]
pub struct PaneState<K> {
    pub list: List<K>,
    pub filter: Filter,
    pub sort: Sort,
    /// Only rows that are in trouble (k9s: ctrl-z).
    pub faults_only: bool,
    made_from: Option<Stamp>,
    /// No row had the words of the filter, and these come near.
    near: bool,
    made_at: Option<Timestamp>,
    /// When rows are made again that have waited.
    due: Option<Timestamp>,
}

/// One refresh of all panes: news of long lists wait, so that a key never does.
///
/// A list of fifty thousand is made again four times a second at most, and of several long lists one in
/// each frame.
#[derive(Debug)]
pub struct Turn {
    pub now: Timestamp,
    /// A long list has been made.
    spent: bool,
}

/// For one row that is looked at, in microseconds: making rows then takes a tenth of the time.
const PAUSE: usize = 5;

/// A list for which this would be enough is a short one.
const SHORT: usize = 4_000;

const LONGEST: usize = 1_000_000;

impl Turn {
    pub fn new(now: Timestamp) -> Self {
        Self { now, spent: false }
    }

    /// When rows are made again that were made then; `None`: now.
    fn wait(&self, weight: usize, made: Timestamp) -> Option<Timestamp> {
        let pause = weight.saturating_mul(PAUSE).min(LONGEST);
        if pause < SHORT {
            return None;
        }
        let until = made + SignedDuration::from_micros(i64::try_from(pause).unwrap_or(i64::MAX));
        if made <= self.now && self.now < until {
            Some(until)
        } else {
            self.spent.then_some(self.now)
        }
    }

    fn spend(&mut self, weight: usize) {
        self.spent |= weight.saturating_mul(PAUSE) >= SHORT;
    }
}

/// Counts of what the rows of a pane are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    pub world: Versions,
    /// Of the verdicts, for panes that show them.
    pub verdicts: u64,
}

impl From<Versions> for Basis {
    fn from(world: Versions) -> Self {
        Self { world, verdicts: 0 }
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
            due: None,
        }
    }

    /// When the rows want to be made again, if they have waited.
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Sorts by this column; by the same one again: the other way round.
    pub fn sort_by(&mut self, by: SortBy) {
        self.sort = Sort {
            by,
            reversed: self.sort.by == by && !self.sort.reversed,
        };
    }

    /// Leads to this row: what hides it, a filter or the wish for faults only, goes.
    pub fn lead_to(&mut self, row: K) {
        if !self.list.rows().contains(&row) {
            self.filter = Filter::default();
            self.faults_only = false;
        }
        self.list.want(row);
    }

    /// Leads to this row, if there is one to lead to.
    pub fn lead_to_if(&mut self, row: Option<K>) {
        if let Some(row) = row {
            self.lead_to(row);
        }
    }

    /// Forces the rows to be made again.
    pub fn invalidate(&mut self) {
        self.made_from = None;
    }

    /// Changes the rows instead of making them again, if only news ask for it and `change` knows how.
    fn patch(
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
            self.list.settle();
            self.made_from = Some(stamp);
            self.due = None;
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
    fn refresh(
        &mut self,
        basis: impl Into<Basis>,
        scope: &Scope,
        weight: usize,
        turn: &mut Turn,
        mut rows: impl FnMut(&Self, bool) -> Vec<K>,
    ) -> bool {
        let stamp = self.stamp(basis, scope);
        self.due = None;
        let before = self.made_from.as_ref();
        if before == Some(&stamp) {
            return false;
        }
        if let Some((before, made)) = before.zip(self.made_at)
            && before.wishes_as(&stamp)
            && let Some(until) = turn.wait(weight, made)
        {
            self.due = Some(until);
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
        self.made_at = Some(turn.now);
        turn.spend(weight);
        if self.sort.reversed {
            made.reverse();
        }
        self.list.set_rows(made);
        self.made_from = Some(stamp);
        true
    }
}
