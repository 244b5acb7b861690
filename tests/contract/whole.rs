//! The whole of a cluster as the watches show it once, for tests that judge it.

use std::time::Duration;

use jiff::Timestamp;
use pullscope::{
    cluster::{Connection, WatchScope, WatchUpdate, Watches, watch::WATCHED},
    domain::{
        registry_auth::credential::FingerprintKey,
        store::{
            Store,
            update::StoreUpdate,
            watch::{WatchCoverage, WatchState},
        },
    },
};

/// Longer than any watch of a sandbox takes, so that a test ends.
const LIMIT: Duration = Duration::from_secs(60);

/// Reads all watches until each is live.
pub async fn whole_world(connection: &Connection, now: Timestamp) -> (Store, WatchCoverage) {
    let reach = WatchScope::Cluster {
        fallback: Vec::new(),
    };
    let (_watches, mut feed) = Watches::start(connection, reach, &FingerprintKey::default());
    let (mut batches, mut sight, mut live) = (Vec::new(), WatchCoverage::default(), 0);
    while live < WATCHED.len() {
        let next = tokio::time::timeout(LIMIT, feed.recv());
        match next.await.unwrap().unwrap() {
            WatchUpdate::Batch(batch) => batches.push(batch),
            WatchUpdate::State(id, state) => {
                sight.set_state(&id, &state);
                live += usize::from(matches!(state, WatchState::Live));
            }
            WatchUpdate::Unreadable(id, unreadable) => sight.set_unreadable(id, unreadable),
            WatchUpdate::Ended(id) => sight.remove(&id),
        }
    }
    // Which list comes first is chance, and what is remembered of a failure depends on it.
    batches.sort_by_key(|batch| match batch {
        StoreUpdate::Namespaces(_) => 0,
        StoreUpdate::Secrets(..) => 1,
        StoreUpdate::ServiceAccounts(_) => 2,
        StoreUpdate::Workloads(..) => 3,
        StoreUpdate::Pods(_) => 4,
        StoreUpdate::Events(_) => 5,
    });
    let mut store = Store::default();
    for batch in batches {
        store.apply(batch, now);
    }
    (store, sight)
}
