//! Type-erased panes: operations that do not depend on the type of the rows.

use jiff::Timestamp;

use super::{
    super::list::Motion, EnterTarget, PaneRows, PaneState, Query, RefreshBudget, RowContext,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Pod},
    },
    store::Store,
};

/// The operations that all panes have, independent of their rows.
pub trait AnyPane {
    fn query(&self) -> &Query;

    fn query_mut(&mut self) -> &mut Query;

    /// Sets how many rows the pane has room for; 0 while it is not shown.
    fn set_height(&mut self, height: usize);

    /// Moves the selection.
    fn move_selection(&mut self, motion: Motion);

    /// Selects the row that is so many rows below the first visible one.
    fn select_visible(&mut self, row: usize) -> bool;

    /// Makes the rows again if what they depend on has changed; see [`PaneState::refresh`].
    fn refresh(&mut self, context: &RowContext<'_>, budget: &mut RefreshBudget);

    /// When rows that have waited are to be made again.
    fn next_refresh(&self) -> Option<Timestamp>;

    fn is_folded(&self) -> bool;

    fn set_folded(&mut self, folded: bool);

    /// The times whose ages the visible rows show.
    fn visible_times(&self, store: &Store) -> Vec<Timestamp>;

    /// The object that the selected row stands for.
    fn selected_object(&self, store: &Store) -> Option<AnyObjectRef>;

    /// The least healthy Pod that uses the object of the selected row.
    fn selected_user(&self, store: &Store) -> Option<ObjectRef<Pod>>;

    /// The Pod that is diagnosed for the selected row.
    fn selected_pod(&self, store: &Store) -> Option<ObjectRef<Pod>>;

    /// What `enter` does with the selected row.
    fn enter(&self, store: &Store) -> EnterTarget;
}

impl<P: PaneRows> AnyPane for PaneState<P> {
    fn query(&self) -> &Query {
        &self.query
    }

    fn query_mut(&mut self) -> &mut Query {
        &mut self.query
    }

    fn set_height(&mut self, height: usize) {
        self.list.set_height(height);
    }

    fn move_selection(&mut self, motion: Motion) {
        self.list.move_selection(motion);
    }

    fn select_visible(&mut self, row: usize) -> bool {
        self.list.select_visible(row)
    }

    fn refresh(&mut self, context: &RowContext<'_>, budget: &mut RefreshBudget) {
        PaneState::refresh(self, context, budget);
    }

    fn next_refresh(&self) -> Option<Timestamp> {
        PaneState::next_refresh(self)
    }

    fn is_folded(&self) -> bool {
        self.extra.is_folded()
    }

    fn set_folded(&mut self, folded: bool) {
        self.extra.set_folded(folded);
        self.invalidate();
    }

    fn visible_times(&self, store: &Store) -> Vec<Timestamp> {
        let (_, rows) = self.list.visible();
        let times = rows.iter().filter_map(|row| self.extra.time(row, store));
        times.collect()
    }

    fn selected_object(&self, store: &Store) -> Option<AnyObjectRef> {
        self.extra.object(self.list.selected()?, store)
    }

    fn selected_user(&self, store: &Store) -> Option<ObjectRef<Pod>> {
        self.extra.user(self.list.selected()?, store)
    }

    fn selected_pod(&self, store: &Store) -> Option<ObjectRef<Pod>> {
        self.extra.pod(self.list.selected()?, store)
    }

    fn enter(&self, store: &Store) -> EnterTarget {
        self.extra.enter(self.list.selected(), store)
    }
}
