//! State of a pane: its rows are rebuilt when their dependencies have changed, at most once per frame.

use jiff::Timestamp;

use super::{
    super::{
        filter::Filter,
        list::{List, Motion},
    },
    Dependencies, Follow, PaneRows, Query, RefreshBudget, RowContext, SortBy,
};
use crate::domain::store::watch::Scope;

/// State of one pane: rows, query and dependencies.
#[derive(Debug)]
pub struct PaneState<P: PaneRows> {
    pub list: List<P::Row>,
    pub query: Query,
    /// What only this pane has.
    pub extra: P,
    /// `None`: the rows have to be made.
    made_from: Option<RowsKey>,
    made_at: Option<Timestamp>,
    /// Whether the rows are fuzzy matches, because none has the words of the filter.
    is_fuzzy: bool,
    /// When rows that have waited are to be made again.
    next_refresh: Option<Timestamp>,
}

/// All that the rows of a pane depend on.
#[derive(Clone, Debug, PartialEq)]
struct RowsKey {
    dependencies: Dependencies,
    scope: Scope,
    query: Query,
}

impl RowsKey {
    /// True if scope and query are the same.
    fn is_for(&self, scope: &Scope, query: &Query) -> bool {
        self.scope == *scope && self.query == *query
    }

    /// True if these rows are a subset of those, in the same order.
    fn is_refinement_of(&self, before: &Self) -> bool {
        self.dependencies == before.dependencies
            && self.scope == before.scope
            && self.query.is_refinement_of(&before.query)
    }
}

impl<P: PaneRows> Default for PaneState<P> {
    fn default() -> Self {
        let by = P::INFO.sorts.first().copied().unwrap_or(SortBy::Name);
        Self {
            list: List::default(),
            query: Query::sorted_by(by),
            extra: P::default(),
            made_from: None,
            made_at: None,
            is_fuzzy: false,
            next_refresh: None,
        }
    }
}

impl<P: PaneRows> PaneState<P> {
    /// The next time at which outdated rows are rebuilt.
    pub fn next_refresh(&self) -> Option<Timestamp> {
        self.next_refresh
    }

    /// Selects this row now or when it appears; a filter that hides it is cleared.
    pub fn reveal_and_select(&mut self, row: P::Row) {
        if !self.list.rows().contains(&row) {
            self.query.filter = Filter::default();
            self.query.faults_only = false;
        }
        self.list.select_when_present(row);
    }

    /// Marks the rows as outdated.
    pub fn invalidate(&mut self) {
        self.made_from = None;
    }

    /// Drops the rows, for another connection brings them again; filter, order and selection stay.
    pub fn clear_rows(&mut self) {
        self.list.clear();
        self.extra.resume();
        self.made_from = None;
        self.made_at = None;
        self.is_fuzzy = false;
        self.next_refresh = None;
    }

    /// Rebuilds outdated rows: at once if the query has changed, within the budget if only the cluster has.
    pub fn refresh(&mut self, context: &RowContext<'_>, budget: &mut RefreshBudget) {
        self.next_refresh = None;
        let scope = if P::INFO.namespaced {
            context.scope
        } else {
            &Scope::Cluster
        };
        let dependencies = match &self.made_from {
            // A filter still works on what is held.
            Some(made_from) if self.extra.is_paused() => made_from.dependencies,
            _ => self.extra.dependencies(&self.query, context),
        };
        if let Some(made_from) = &mut self.made_from
            && made_from.is_for(scope, &self.query)
        {
            if made_from.dependencies == dependencies {
                return;
            }
            match self.extra.follow(&self.query, &mut self.list, context) {
                Follow::Moved => {
                    made_from.dependencies = dependencies;
                    self.list.clamp_selection();
                    return;
                }
                Follow::Rebuild => {
                    let cost = P::cost(self.list.rows().len(), context);
                    let wait = |made_at| budget.rebuild_at(cost, made_at);
                    self.next_refresh = self.made_at.and_then(wait);
                    if self.next_refresh.is_some() {
                        return;
                    }
                }
                Follow::OutOfSync => {}
            }
        }
        let key = RowsKey {
            dependencies,
            scope: scope.clone(),
            query: self.query.clone(),
        };
        self.rebuild(key, context, budget);
    }

    fn rebuild(&mut self, key: RowsKey, context: &RowContext<'_>, budget: &mut RefreshBudget) {
        let shown = self.list.rows();
        let cost = P::cost(shown.len(), context);
        let before = self.made_from.as_ref();
        let narrows = !self.is_fuzzy && before.is_some_and(|before| key.is_refinement_of(before));
        // A row that is wanted and has not come yet is not the first one.
        let follows = P::FOLLOWS_FIRST && self.list.selected() == shown.first();
        let mut rows = self
            .extra
            .rows(&self.query, narrows.then_some(shown), context);
        self.is_fuzzy = false;
        if rows.is_empty()
            && let Some(filter) = self.query.filter.to_fuzzy()
        {
            let fuzzy = Query {
                filter,
                ..self.query.clone()
            };
            rows = self.extra.rows(&fuzzy, None, context);
            self.is_fuzzy = true;
        }
        self.made_at = Some(budget.now);
        budget.spend(cost);
        if self.query.sort.reversed {
            rows.reverse();
        }
        self.list.set_rows(rows);
        if follows {
            self.list.move_selection(Motion::First);
        }
        self.made_from = Some(key);
    }
}
