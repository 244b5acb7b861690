//! Incremental order of Pod rows by health: single rows are moved instead of rebuilding the list.

use std::cmp::Ordering;

use super::{super::list::List, Follow};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Pod, WorkloadRef},
        pod_status::PodHealth,
    },
    store::{HealthChange, Store, watch::Scope},
};

/// One row of the Pods pane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    Pod(ObjectRef<Pod>),
    Workload(WorkloadRef),
}

/// Number of moved rows above which a rebuild is faster.
const FEW: usize = 256;

/// Health states in row order: failing first.
pub(super) const ORDER: [PodHealth; 5] = [
    PodHealth::PullFailing,
    PodHealth::Failing,
    PodHealth::Progressing,
    PodHealth::Healthy,
    PodHealth::Finished,
];

/// Start of each health state's rows, and the versions that they were built from.
#[derive(Debug)]
pub(super) struct RowOrder {
    counts: [usize; ORDER.len()],
    read: u64,
}

impl RowOrder {
    /// Creates the order of rows that were just built from all Pods of the scope.
    pub(super) fn new(store: &Store, scope: &Scope) -> Self {
        Self {
            counts: ORDER.map(|health| store.pods_in(health, scope).count()),
            read: store.moved_until(),
        }
    }

    /// Moves the rows of changed Pods.
    pub(super) fn follow(&mut self, store: &Store, scope: &Scope, list: &mut List<Row>) -> Follow {
        let Some(moves) = store.moved_since(self.read) else {
            return Follow::Rebuild;
        };
        if moves.len() > FEW {
            return Follow::Rebuild;
        }
        for step in moves {
            let within = match scope {
                Scope::Cluster => true,
                Scope::Namespace(namespace) => step.pod.namespace == *namespace,
            };
            if within && self.apply_change(step, list).is_none() {
                return Follow::OutOfSync;
            }
        }
        self.read = store.moved_until();
        Follow::Moved
    }

    fn apply_change(&mut self, step: &HealthChange, list: &mut List<Row>) -> Option<()> {
        if let Some(from) = step.from {
            list.remove(self.find(from, &step.pod, list).ok()?);
            *self.count(from)? -= 1;
        }
        if let Some(to) = step.to {
            let at = self.find(to, &step.pod, list).err()?;
            list.insert(at, Row::Pod(step.pod.clone()));
            *self.count(to)? += 1;
        }
        Some(())
    }

    fn count(&mut self, health: PodHealth) -> Option<&mut usize> {
        let place = ORDER.iter().position(|known| *known == health)?;
        self.counts.get_mut(place)
    }

    /// Where the row is, or where it belongs.
    fn find(
        &self,
        health: PodHealth,
        pod: &ObjectRef<Pod>,
        list: &List<Row>,
    ) -> Result<usize, usize> {
        let mut first = 0;
        for (known, count) in ORDER.into_iter().zip(self.counts) {
            if known == health {
                let rows = list.rows().get(first..first + count).unwrap_or_default();
                let found = rows.binary_search_by(|row| match row {
                    Row::Pod(key) => key.cmp(pod),
                    Row::Workload(_) => Ordering::Less,
                });
                return found.map(|at| first + at).map_err(|at| first + at);
            }
            first += count;
        }
        Err(first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        app::panes::{PaneState, pods::Pods, tests::refresh},
        domain::{
            fixtures::{key, now, pod, removed, running, upserted, waiting},
            k8s::object_ref::Namespace,
            store::update::StoreUpdate,
        },
    };

    /// Rows of a pane that has seen nothing before.
    fn fresh(store: &Store, scope: &Scope) -> Vec<Row> {
        let mut pane = PaneState::<Pods>::default();
        refresh(&mut pane, store, scope);
        pane.list.rows().to_vec()
    }

    proptest! {
        /// Whatever happens, the rows that were moved are those that would have been made.
        #[test]
        fn moved_rows_are_in_their_order(
            steps in proptest::collection::vec((0_u8..12, 0_u8..4, any::<bool>()), 1..80),
            shop_only in any::<bool>(),
        ) {
            let scope = if shop_only {
                Scope::Namespace(Namespace::new("shop"))
            } else {
                Scope::Cluster
            };
            let mut store = Store::default();
            let mut pane = PaneState::<Pods>::default();
            for (number, what, looks) in steps {
                let namespace = ["shop", "pay"][usize::from(number % 2)];
                let name = format!("web-{number}");
                let batch = match what {
                    0 => removed(vec![key(namespace, &name)]),
                    1 => upserted(vec![pod(namespace, &name, running())]),
                    2 => upserted(vec![pod(namespace, &name, waiting("ErrImagePull", ""))]),
                    _ => upserted(vec![pod(namespace, &name, waiting("CrashLoopBackOff", ""))]),
                };
                store.apply(StoreUpdate::Pods(batch), now());
                if looks {
                    refresh(&mut pane, &store, &scope);
                    prop_assert_eq!(pane.list.rows(), &fresh(&store, &scope)[..]);
                }
            }
        }
    }
}
