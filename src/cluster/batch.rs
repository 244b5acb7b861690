//! What a watch has not yet handed over: the newest state per object.
//!
//! A watch puts changes in, a second task takes them out when the lane has room. While it has none,
//! a later change of the same object takes the place of the earlier one, so what waits here is bounded
//! by the number of objects and not by the number of changes.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until},
};

use super::{slim::Decode, watch::Feed};
use crate::domain::{
    batch::Delta,
    watch::{Scope, WatchId, WatchState},
};

/// Changes are gathered for this long after a batch was sent: three frames of the screen, short of
/// what an eye takes for a delay.
const GATHER: Duration = Duration::from_millis(50);

/// Changes of one watch, newest per key.
#[derive(Debug)]
struct Pending<T, K> {
    replace: bool,
    changes: HashMap<K, Option<Arc<T>>>,
    state: Option<WatchState>,
}

impl<T, K> Default for Pending<T, K> {
    fn default() -> Self {
        Self {
            replace: false,
            changes: HashMap::new(),
            state: None,
        }
    }
}

impl<T, K: Eq + Hash> Pending<T, K> {
    fn put(&mut self, key: K, object: Arc<T>) {
        self.changes.insert(key, Some(object));
    }

    fn gone(&mut self, key: K) {
        if self.replace {
            // What is not in a whole list is gone by that.
            self.changes.remove(&key);
        } else {
            self.changes.insert(key, None);
        }
    }

    /// A whole list makes all earlier changes void.
    fn replace(&mut self, list: impl Iterator<Item = (K, Arc<T>)>) {
        self.replace = true;
        self.changes = list.map(|(key, object)| (key, Some(object))).collect();
    }

    fn take(&mut self, scope: &Scope) -> Option<Delta<T, K>> {
        if self.changes.is_empty() && !self.replace {
            return None;
        }
        let mut delta = Delta {
            scope: scope.clone(),
            replace: std::mem::take(&mut self.replace),
            changed: Vec::with_capacity(self.changes.len()),
            gone: Vec::new(),
        };
        for (key, object) in std::mem::take(&mut self.changes) {
            match object {
                Some(object) => delta.changed.push(object),
                None => delta.gone.push(key),
            }
        }
        Some(delta)
    }
}

/// Where a watch puts its changes and its state.
pub(super) struct Outbox<D: Decode> {
    id: WatchId,
    decode: Arc<D>,
    pending: Mutex<Pending<D::Object, D::Key>>,
    filled: Notify,
}

impl<D: Decode> Outbox<D> {
    pub(super) fn new(id: WatchId, decode: Arc<D>) -> Self {
        Self {
            id,
            decode,
            pending: Mutex::default(),
            filled: Notify::new(),
        }
    }

    pub(super) fn put(&self, object: Arc<D::Object>) {
        self.lock().put(D::key(&object), object);
        self.filled.notify_one();
    }

    pub(super) fn gone(&self, object: &D::Object) {
        self.lock().gone(D::key(object));
        self.filled.notify_one();
    }

    pub(super) fn replace(&self, list: Vec<Arc<D::Object>>) {
        self.lock()
            .replace(list.into_iter().map(|object| (D::key(&object), object)));
        self.filled.notify_one();
    }

    pub(super) fn state(&self, state: WatchState) {
        self.lock().state = Some(state);
        self.filled.notify_one();
    }

    /// Hands over for ever: changes first, then the state that they led to. Ends when nobody
    /// receives any more.
    pub(super) async fn hand_over(&self, lane: &mpsc::Sender<Feed>) {
        loop {
            self.filled.notified().await;
            let Ok(room) = lane.reserve().await else {
                return;
            };
            let (delta, state) = {
                let mut pending = self.lock();
                (pending.take(&self.id.scope), pending.state.take())
            };
            let batch = delta.map(|delta| Feed::Batch(self.decode.batch(delta)));
            let state = state.map(|state| Feed::State(self.id.clone(), state));
            let sent = match (batch, state) {
                (None, None) => continue,
                (Some(only), None) | (None, Some(only)) => {
                    room.send(only);
                    Ok(())
                }
                (Some(batch), Some(state)) => {
                    room.send(batch);
                    lane.send(state).await
                }
            };
            if sent.is_err() {
                return;
            }
            sleep_until(Instant::now() + GATHER).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pending<D::Object, D::Key>> {
        // A panic of another task cannot leave a map of whole objects half changed.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(delta: Delta<u32, &'static str>) -> (bool, Vec<u32>, Vec<&'static str>) {
        let mut changed: Vec<u32> = delta.changed.iter().map(|object| **object).collect();
        let mut gone = delta.gone;
        changed.sort_unstable();
        gone.sort_unstable();
        (delta.replace, changed, gone)
    }

    #[test]
    fn the_newest_state_of_each_object_is_kept() {
        let mut pending = Pending::default();
        assert!(pending.take(&Scope::Cluster).is_none());
        pending.put("a", Arc::new(1));
        pending.put("a", Arc::new(2));
        pending.put("b", Arc::new(3));
        pending.gone("b");
        pending.gone("c");
        pending.put("c", Arc::new(4));
        let delta = pending.take(&Scope::Cluster).unwrap();
        assert_eq!(sorted(delta), (false, vec![2, 4], vec!["b"]));
        assert!(pending.take(&Scope::Cluster).is_none());
    }

    #[test]
    fn a_whole_list_voids_what_was_before_and_takes_what_comes_after() {
        let mut pending = Pending::default();
        pending.put("old", Arc::new(0));
        pending.gone("older");
        pending.replace([("a", Arc::new(1)), ("b", Arc::new(2))].into_iter());
        pending.gone("a");
        pending.put("c", Arc::new(3));
        let delta = pending.take(&Scope::Cluster).unwrap();
        assert_eq!(sorted(delta), (true, vec![2, 3], vec![]));
    }

    #[test]
    fn an_empty_list_is_news_too() {
        let mut pending = Pending::<u32, &str>::default();
        pending.replace(std::iter::empty());
        let delta = pending.take(&Scope::Cluster).unwrap();
        assert_eq!(sorted(delta), (true, vec![], vec![]));
    }
}
