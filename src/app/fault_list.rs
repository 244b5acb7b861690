//! Snapshot of the fault list while it is open: rows keep their order; resolved rows stay.

use std::collections::BTreeSet;

use super::list::List;
use crate::domain::diagnostics::grouping::FaultId;

#[derive(Debug)]
pub struct FaultList {
    pub list: List<FaultId>,
    /// Faults when the list was opened; a resolved one stays in the list.
    opened: BTreeSet<FaultId>,
}

impl FaultList {
    pub fn open(faults: impl Iterator<Item = FaultId>) -> Self {
        let rows: Vec<FaultId> = faults.collect();
        Self {
            opened: rows.iter().cloned().collect(),
            list: List::unscrolled(rows),
        }
    }

    /// Updates the list: rows keep their order, new faults come last, and faults that were never shown leave no row.
    pub fn refresh<'a>(&mut self, faults: impl Iterator<Item = &'a FaultId> + Clone) {
        let there: BTreeSet<&FaultId> = faults.clone().collect();
        let known: BTreeSet<&FaultId> = self.list.rows().iter().collect();
        let stays = |id: &&FaultId| there.contains(id) || self.opened.contains(*id);
        let old = self.list.rows().iter().filter(stays);
        let new = faults.filter(|id| !known.contains(id));
        let rows: Vec<FaultId> = old.cloned().chain(new.cloned()).collect();
        if rows != self.list.rows() {
            self.list.set_rows(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::list::Motion,
        domain::diagnostics::{RootCause, grouping::BlamedObject},
    };

    fn fault(registry: &str) -> FaultId {
        FaultId::blaming(
            RootCause::RegistryDown,
            BlamedObject::Registry(registry.to_owned()),
        )
    }

    #[test]
    fn rows_stay_where_they_are_while_the_list_is_open() {
        let [a, b, c, x] = ["a", "b", "c", "x"].map(fault);
        let mut faults = FaultList::open([a.clone(), b.clone(), c.clone()].into_iter());
        faults.list.move_selection(Motion::Down);
        // One is gone, the others have changed places, and another has come.
        faults.refresh([&x, &c, &a].into_iter());
        assert_eq!(faults.list.rows(), [a.clone(), b.clone(), c.clone(), x]);
        assert_eq!(faults.list.selected(), Some(&b));
        // What has come is gone again, and was never there.
        faults.refresh([&c, &a].into_iter());
        assert_eq!(faults.list.rows(), [a, b, c]);
    }
}
