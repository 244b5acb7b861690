//! Coalesces watch events per key while the channel is full; memory is O(objects).
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

use super::WatchUpdate;
use crate::{
    cluster::decode::Decode,
    domain::store::{
        unreadable::{ObjectName, UnreadableObjects},
        update::Delta,
        watch::{Scope, WatchId, WatchState},
    },
};

/// Pause after a batch in which changes are collected: three frames of the screen, too short to notice.
const BATCH_INTERVAL: Duration = Duration::from_millis(50);

/// Changes of one watch, newest per key.
#[derive(Debug)]
struct PendingChanges<T, K> {
    /// Parts of a list that is not yet whole.
    partial: Vec<(Scope, Vec<Arc<T>>)>,
    /// A whole list, before the changes.
    replace: Option<Vec<Arc<T>>>,
    changes: HashMap<K, Option<Arc<T>>>,
    /// What could not be decoded, and its key where that is known.
    unreadable: HashMap<K, ObjectName>,
    nameless: usize,
    /// Whether what could not be decoded was handed over as it is.
    is_reported: bool,
    state: Option<WatchState>,
    /// Nothing more comes.
    closed: bool,
}

impl<T, K> Default for PendingChanges<T, K> {
    fn default() -> Self {
        Self {
            partial: Vec::new(),
            replace: None,
            changes: HashMap::new(),
            unreadable: HashMap::new(),
            nameless: 0,
            is_reported: true,
            state: None,
            closed: false,
        }
    }
}

impl<T, K: Eq + Hash> PendingChanges<T, K> {
    fn push_upsert(&mut self, key: K, object: Arc<T>) {
        self.is_reported &= self.unreadable.remove(&key).is_none();
        self.changes.insert(key, Some(object));
    }

    fn push_delete(&mut self, key: K) {
        self.is_reported &= self.unreadable.remove(&key).is_none();
        self.changes.insert(key, None);
    }

    /// An object that cannot be decoded: what is known of it is kept as it was.
    fn push_unreadable(&mut self, named: Option<(K, ObjectName)>) {
        if let Some((key, name)) = named {
            self.is_reported &= self.unreadable.insert(key, name).is_some();
        } else {
            self.nameless += 1;
            self.is_reported = false;
        }
    }

    /// What of the whole list could not be decoded.
    fn replace_unreadable(&mut self, named: HashMap<K, ObjectName>, nameless: usize) {
        self.is_reported &= self.unreadable == named && self.nameless == nameless;
        self.unreadable = named;
        self.nameless = nameless;
    }

    /// All that could not be decoded, if that has changed.
    fn take_unreadable(&mut self) -> Option<UnreadableObjects> {
        let told = std::mem::replace(&mut self.is_reported, true);
        (!told).then(|| UnreadableObjects {
            named: self.unreadable.values().cloned().collect(),
            unnamed: self.nameless,
        })
    }

    /// A whole list makes all earlier changes void.
    fn replace(&mut self, list: Vec<Arc<T>>) {
        self.partial.clear();
        self.changes.clear();
        self.replace = Some(list);
    }

    /// What is to be handed over, in this order.
    fn drain(&mut self, scope: &Scope, key: impl Fn(&T) -> K) -> Vec<Delta<T, K>> {
        let parts = std::mem::take(&mut self.partial).into_iter();
        let mut deltas: Vec<_> = parts.map(|(scope, part)| whole(scope, part)).collect();
        if self.changes.is_empty() && self.replace.is_none() {
            return deltas;
        }
        let mut delta = match self.replace.take() {
            None => Delta {
                scope: scope.clone(),
                replace: false,
                changed: Vec::new(),
                removed: Vec::new(),
            },
            Some(mut list) => {
                if !self.changes.is_empty() {
                    list.retain(|object| !self.changes.contains_key(&key(object)));
                }
                whole(scope.clone(), list)
            }
        };
        for (key, object) in std::mem::take(&mut self.changes) {
            match object {
                Some(object) => delta.changed.push(object),
                // What is not in a whole list is gone by that.
                None if delta.replace => {}
                None => delta.removed.push(key),
            }
        }
        deltas.push(delta);
        deltas
    }
}

fn whole<T, K>(scope: Scope, list: Vec<Arc<T>>) -> Delta<T, K> {
    Delta {
        scope,
        replace: true,
        changed: list,
        removed: Vec::new(),
    }
}

/// Pending changes and state of one watch.
pub(super) struct Coalescer<D: Decode> {
    id: WatchId,
    decode: Arc<D>,
    pending: Mutex<PendingChanges<D::Object, D::Key>>,
    filled: Notify,
}

impl<D: Decode> Coalescer<D> {
    pub(super) fn new(id: WatchId, decode: Arc<D>) -> Self {
        Self {
            id,
            decode,
            pending: Mutex::default(),
            filled: Notify::new(),
        }
    }

    pub(super) fn push_upsert(&self, object: Arc<D::Object>) {
        self.lock().push_upsert(D::key(&object), object);
        self.filled.notify_one();
    }

    pub(super) fn push_delete(&self, object: &D::Object) {
        self.lock().push_delete(D::key(object));
        self.filled.notify_one();
    }

    /// Adds an object that cannot be decoded.
    pub(super) fn push_unreadable(&self, object: Option<ObjectName>) {
        let key = |name: ObjectName| D::key_from_name(&name).map(|key| (key, name));
        self.lock().push_unreadable(object.and_then(key));
        self.filled.notify_one();
    }

    /// Removes an object that could not be decoded.
    pub(super) fn push_unreadable_delete(&self, object: &ObjectName) {
        if let Some(key) = D::key_from_name(object) {
            self.lock().push_delete(key);
            self.filled.notify_one();
        }
    }

    /// Replaces all objects by a complete list, with those that could not be decoded.
    pub(super) fn replace(&self, list: Vec<Arc<D::Object>>, unreadable: UnreadableObjects) {
        let UnreadableObjects {
            named,
            unnamed: mut nameless,
        } = unreadable;
        let all = named.len();
        let keyed = named.into_iter();
        let keyed = keyed.filter_map(|name| D::key_from_name(&name).map(|key| (key, name)));
        let keyed: HashMap<_, _> = keyed.collect();
        nameless += all - keyed.len();
        let mut pending = self.lock();
        pending.replace(list);
        pending.replace_unreadable(keyed, nameless);
        drop(pending);
        self.filled.notify_one();
    }

    /// Adds all objects of a part of the scope, while the complete list is being read.
    pub(super) fn push_partial(&self, scope: Scope, list: Vec<Arc<D::Object>>) {
        self.lock().partial.push((scope, list));
        self.filled.notify_one();
    }

    pub(super) fn state(&self, state: WatchState) {
        self.lock().state = Some(state);
        self.filled.notify_one();
    }

    /// Ends the flush loop after all pending updates.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    /// Sends pending updates until closed: changes, then undecodable objects, then the state. Ends if the receiver is
    /// dropped.
    pub(super) async fn flush_loop(&self, lane: &mpsc::Sender<WatchUpdate>) {
        let mut closed = false;
        loop {
            if !closed {
                self.filled.notified().await;
            }
            let Ok(room) = lane.reserve().await else {
                return;
            };
            let (deltas, unreadable, state) = {
                let mut pending = self.lock();
                closed = pending.closed;
                let deltas = pending.drain(&self.id.scope, D::key);
                (deltas, pending.take_unreadable(), pending.state.take())
            };
            let deltas = deltas.into_iter();
            let batches = deltas.map(|delta| WatchUpdate::Batch(self.decode.batch(delta)));
            let unreadable = unreadable
                .map(|unreadable| WatchUpdate::Unreadable(self.id.clone(), Arc::new(unreadable)));
            let state = state.map(|state| WatchUpdate::State(self.id.clone(), state));
            let mut feeds = batches.chain(unreadable).chain(state);
            let Some(first) = feeds.next() else {
                if closed {
                    return;
                }
                continue;
            };
            room.send(first);
            for feed in feeds {
                if lane.send(feed).await.is_err() {
                    return;
                }
            }
            if !closed {
                sleep_until(Instant::now() + BATCH_INTERVAL).await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, PendingChanges<D::Object, D::Key>> {
        // A panic of another task cannot leave a map of whole objects half changed.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thing and its state.
    type Thing = (&'static str, u32);

    fn take(pending: &mut PendingChanges<Thing, &'static str>) -> Vec<Delta<Thing, &'static str>> {
        pending.drain(&Scope::Cluster, |thing| thing.0)
    }

    fn list(things: &[Thing]) -> Vec<Arc<Thing>> {
        things.iter().copied().map(Arc::new).collect()
    }

    fn sorted(delta: Delta<Thing, &'static str>) -> (bool, Vec<u32>, Vec<&'static str>) {
        let mut changed: Vec<u32> = delta.changed.iter().map(|object| object.1).collect();
        let mut gone = delta.removed;
        changed.sort_unstable();
        gone.sort_unstable();
        (delta.replace, changed, gone)
    }

    #[test]
    fn the_newest_state_of_each_object_is_kept() {
        let mut pending = PendingChanges::default();
        assert!(take(&mut pending).is_empty());
        let mut put = |name, state| pending.push_upsert(name, Arc::new((name, state)));
        put("a", 1);
        put("a", 2);
        put("b", 3);
        pending.push_delete("b");
        pending.push_delete("c");
        pending.push_upsert("c", Arc::new(("c", 4)));
        let [delta] = take(&mut pending).try_into().unwrap();
        assert_eq!(sorted(delta), (false, vec![2, 4], vec!["b"]));
        assert!(take(&mut pending).is_empty());
    }

    #[test]
    fn a_whole_list_voids_what_was_before_and_takes_what_comes_after() {
        let mut pending = PendingChanges::default();
        pending.push_upsert("old", Arc::new(("old", 0)));
        pending.push_delete("older");
        pending.partial.push((Scope::Cluster, list(&[("old", 0)])));
        pending.replace(list(&[("a", 1), ("b", 2), ("d", 5)]));
        pending.push_delete("a");
        pending.push_upsert("c", Arc::new(("c", 3)));
        pending.push_upsert("d", Arc::new(("d", 6)));
        let [delta] = take(&mut pending).try_into().unwrap();
        assert_eq!(sorted(delta), (true, vec![2, 3, 6], vec![]));
    }

    #[test]
    fn what_cannot_be_decoded_is_told_when_it_changes() {
        let name = |name: &str| ObjectName {
            namespace: None,
            name: name.into(),
        };
        let mut pending: PendingChanges<Thing, &'static str> = PendingChanges::default();
        assert_eq!(pending.take_unreadable(), None);
        pending.push_unreadable(Some(("a", name("a"))));
        pending.push_unreadable(Some(("b", name("b"))));
        pending.push_unreadable(None);
        assert_eq!(pending.take_unreadable().unwrap().count(), 3);
        pending.push_unreadable(Some(("a", name("a"))));
        assert_eq!(pending.take_unreadable(), None, "it was told");
        // One can be read again, one is gone.
        pending.push_upsert("a", Arc::new(("a", 1)));
        pending.push_delete("b");
        let left = pending.take_unreadable().unwrap();
        assert_eq!((left.named.len(), left.unnamed), (0, 1));
        pending.replace_unreadable(HashMap::new(), 0);
        assert!(pending.take_unreadable().unwrap().is_empty());
        pending.replace_unreadable(HashMap::new(), 0);
        assert_eq!(pending.take_unreadable(), None);
    }

    #[test]
    fn an_empty_list_is_news_too() {
        let mut pending = PendingChanges::default();
        pending.replace(Vec::new());
        let [delta] = take(&mut pending).try_into().unwrap();
        assert_eq!(sorted(delta), (true, vec![], vec![]));
    }

    #[test]
    fn a_part_comes_before_the_whole_that_it_belongs_to() {
        let mut pending = PendingChanges::default();
        let app = Scope::Namespace(crate::domain::k8s::object_ref::Namespace::new("app"));
        pending.partial.push((app.clone(), list(&[("a", 1)])));
        pending.push_upsert("b", Arc::new(("b", 2)));
        let [part, rest] = take(&mut pending).try_into().unwrap();
        assert_eq!(part.scope, app);
        assert_eq!(sorted(part), (true, vec![1], vec![]));
        assert_eq!(sorted(rest), (false, vec![2], vec![]));
    }
}
