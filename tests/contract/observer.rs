//! Looks at what the watches bring, as the dashboard does, and waits for a state with a deadline.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use pullscope::{
    cluster::{Connection, WatchScope, WatchUpdate, Watches},
    domain::{
        k8s::object_ref::{Name, Namespace, ObjectRef},
        registry_auth::credential::FingerprintKey,
        store::{
            Store,
            unreadable::UnreadableObjects,
            update::StoreUpdate,
            watch::{Scope, WatchId, WatchKind, WatchState},
        },
    },
};
use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, timeout_at},
};

/// The product promises a second from `kubectl` to the screen.
pub const SECOND: Duration = Duration::from_secs(1);

/// For what depends on how fast a machine starts processes.
pub const LONG: Duration = Duration::from_secs(40);

pub struct Observer {
    pub watches: Watches,
    feed: Receiver<WatchUpdate>,
    pub store: Store,
    pub states: BTreeMap<WatchId, WatchState>,
    pub unreadable: BTreeMap<WatchId, Arc<UnreadableObjects>>,
    /// Batches so far, in words, to explain a test that waits in vain.
    pub batches: Vec<String>,
}

impl Observer {
    pub fn new(connection: &Connection, reach: WatchScope) -> Self {
        let (watches, feed) = Watches::start(connection, reach, &FingerprintKey::default());
        Self {
            watches,
            feed,
            store: Store::default(),
            states: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            batches: Vec::new(),
        }
    }

    /// Takes in what comes until it is so.
    pub async fn until(&mut self, what: &str, limit: Duration, so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + limit;
        while !so(self) {
            match timeout_at(deadline, self.feed.recv()).await {
                Ok(Some(feed)) => self.take(feed),
                Ok(None) => panic!("the watches ended before {what}"),
                Err(tokio::time::error::Elapsed { .. }) => panic!(
                    "not within {limit:?}: {what}\nstates: {:#?}\nbatches: {:#?}",
                    self.states, self.batches
                ),
            }
        }
    }

    /// Waits until nothing is still on its way.
    pub async fn until_settled(&mut self) {
        self.until("all watches are live or refused", LONG, |seen| {
            !seen.states.is_empty()
                && seen.kinds() == pullscope::cluster::watch::WATCHED.len()
                && seen
                    .states
                    .values()
                    .all(|state| matches!(state, WatchState::Live | WatchState::Forbidden { .. }))
        })
        .await;
    }

    fn kinds(&self) -> usize {
        let mut kinds: Vec<WatchKind> = self.states.keys().map(|id| id.kind).collect();
        kinds.dedup();
        kinds.len()
    }

    fn take(&mut self, feed: WatchUpdate) {
        match feed {
            WatchUpdate::Unreadable(id, unreadable) => {
                self.unreadable.insert(id, unreadable);
            }
            WatchUpdate::State(id, state) => {
                self.states.insert(id, state);
            }
            WatchUpdate::Ended(id) => {
                self.states.remove(&id);
            }
            WatchUpdate::Batch(batch) => {
                self.batches.push(in_words(&batch));
                self.store.apply(batch, Timestamp::now());
            }
        }
    }

    pub fn state(&self, kind: WatchKind, scope: &Scope) -> Option<&WatchState> {
        let id = WatchId {
            kind,
            scope: scope.clone(),
        };
        self.states.get(&id)
    }
}

fn in_words(batch: &StoreUpdate) -> String {
    let (kind, replace, changed, gone) = match batch {
        StoreUpdate::Namespaces(delta) => (
            "Namespaces".to_owned(),
            delta.replace,
            delta.changed.len(),
            delta.removed.len(),
        ),
        StoreUpdate::Secrets(slice, delta) => (
            format!("Secrets {slice:?}"),
            delta.replace,
            delta.changed.len(),
            delta.removed.len(),
        ),
        StoreUpdate::ServiceAccounts(delta) => (
            "ServiceAccounts".to_owned(),
            delta.replace,
            delta.changed.len(),
            delta.removed.len(),
        ),
        StoreUpdate::Pods(delta) => (
            "Pods".to_owned(),
            delta.replace,
            delta.changed.len(),
            delta.removed.len(),
        ),
        StoreUpdate::Events(delta) => (
            "Events".to_owned(),
            delta.replace,
            delta.changed.len(),
            delta.removed.len(),
        ),
        StoreUpdate::Workloads(kind, delta) => (
            format!("{kind}s"),
            delta.replace,
            delta.changed.len(),
            delta.removed.len(),
        ),
    };
    let replace = if replace { "all: " } else { "" };
    format!("{kind} {replace}{changed} changed, {gone} gone")
}

pub fn key<K>(namespace: &Namespace, name: &str) -> ObjectRef<K> {
    ObjectRef::new(namespace.clone(), Name::new(name))
}
