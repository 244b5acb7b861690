//! Limits how many initial lists run at once.
//!
//! Thirteen lists in one moment are what the API server's priority and fairness refuses (429) when it is busy, and they
//! delay the one that is looked at. It knows nothing of requests.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::store::watch::WatchKind;

/// Maximum number of lists at once beside that of Pods.
const MAX_LISTS: usize = 3;

/// Permits for lists, shared by the watches of a connection.
#[derive(Clone)]
pub(super) struct ListGate(Arc<Semaphore>);

/// Permission to list, until dropped; `None` for Pods, which need none.
#[expect(dead_code, reason = "held for its drop")]
pub(super) struct ListPermit(Option<OwnedSemaphorePermit>);

impl ListGate {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_LISTS)))
    }

    /// Waits until a list of this kind may begin; one of Pods, which are what is looked at, may at once.
    pub(super) async fn enter(&self, kind: WatchKind) -> ListPermit {
        if kind == WatchKind::Pods {
            return ListPermit(None);
        }
        // The semaphore is never closed.
        ListPermit(Arc::clone(&self.0).acquire_owned().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn three_kinds_are_listed_at_once_and_pods_beside_them() {
        let gate = ListGate::new();
        let enter = |kind| gate.enter(kind).now_or_never();
        let held = [(); MAX_LISTS].map(|()| enter(WatchKind::Events).unwrap());
        assert!(enter(WatchKind::Namespaces).is_none());
        assert!(enter(WatchKind::Pods).is_some());
        drop(held);
        assert!(enter(WatchKind::Namespaces).is_some());
    }
}
