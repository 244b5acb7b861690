//! Tests that columns and sort orders of the panes agree.

use std::collections::BTreeSet;

use super::*;

/// The keys that sort have an arrow to show, and every arrow has an order behind it.
#[test]
fn every_order_of_a_pane_has_one_column_and_every_header_is_there_once() {
    for pane in Pane::ALL {
        let names = |sorts: &[SortBy]| -> Vec<&str> {
            let mut names: Vec<&str> = sorts.iter().map(|by| by.name()).collect();
            names.sort_unstable();
            names
        };
        let columns = (PaneDrawing::for_pane(pane).sorts)();
        assert_eq!(names(&columns), names(pane.sorts()), "{pane:?}");
        let headers: Vec<&str> = titles(pane).collect();
        let distinct: BTreeSet<&str> = headers.iter().copied().collect();
        assert_eq!(distinct.len(), headers.len(), "{headers:?}");
    }
}
