//! The query of a pane: filter, sort order and *faults only*.

use super::super::filter::Filter;

/// What a pane can be sorted by; not every pane has every column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    Name,
    Namespace,
    Status,
    Age,
    Count,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub reversed: bool,
}

/// Filter and order of a pane's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub filter: Filter,
    pub sort: Sort,
    /// Only failing rows (k9s: ctrl-z).
    pub faults_only: bool,
}

impl Query {
    /// All rows, sorted by this column.
    pub fn sorted_by(by: SortBy) -> Self {
        Self {
            filter: Filter::default(),
            sort: Sort {
                by,
                reversed: false,
            },
            faults_only: false,
        }
    }

    /// Sorts by this column; by the same one again: the other way round.
    pub fn sort_by(&mut self, by: SortBy) {
        self.sort = Sort {
            by,
            reversed: self.sort.by == by && !self.sort.reversed,
        };
    }

    /// Sorts by the next of these columns, or by the previous one.
    pub fn sort_by_neighbour(&mut self, columns: &[SortBy], forward: bool) {
        let count = columns.len().max(1);
        let here = columns.iter().position(|by| *by == self.sort.by);
        let here = here.unwrap_or(0);
        let next = if forward { here + 1 } else { here + count - 1 } % count;
        if let Some(by) = columns.get(next) {
            self.sort_by(*by);
        }
    }

    /// True if all rows that match this query match the other, in the same order.
    pub(super) fn is_refinement_of(&self, other: &Self) -> bool {
        self.sort == other.sort
            && self.faults_only == other.faults_only
            && self.filter.is_refinement_of(&other.filter)
    }
}
