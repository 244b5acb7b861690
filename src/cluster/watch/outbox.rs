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

use super::feed::Feed;
use crate::{
    cluster::slim::Decode,
    domain::{
        batch::Delta,
        watch::{Scope, WatchId, WatchState},
    },
};

/// Changes are gathered for this long after a batch was sent: three frames of the screen, short of
/// what an eye takes for a delay.
const GATHER: Duration = Duration::from_millis(50);

/// Changes of one watch, newest per key.
#[derive(Debug)]
struct Pending<T, K> {
    /// Parts of a list that is not yet whole.
    ahead: Vec<(Scope, Vec<Arc<T>>)>,
    /// A whole list, before the changes.
    replace: Option<Vec<Arc<T>>>,
    changes: HashMap<K, Option<Arc<T>>>,
    state: Option<WatchState>,
}

impl<T, K> Default for Pending<T, K> {
    fn default() -> Self {
        Self {
            ahead: Vec::new(),
            replace: None,
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
        self.changes.insert(key, None);
    }

    /// A whole list makes all earlier changes void.
    fn replace(&mut self, list: Vec<Arc<T>>) {
        self.ahead.clear();
        self.changes.clear();
        self.replace = Some(list);
    }

    /// What is to be handed over, in this order.
    fn take(&mut self, scope: &Scope, key: impl Fn(&T) -> K) -> Vec<Delta<T, K>> {
        let parts = std::mem::take(&mut self.ahead).into_iter();
        let mut deltas: Vec<_> = parts.map(|(scope, part)| whole(scope, part)).collect();
        if self.changes.is_empty() && self.replace.is_none() {
            return deltas;
        }
        let mut delta = match self.replace.take() {
            None => Delta {
                scope: scope.clone(),
                replace: false,
                changed: Vec::new(),
                gone: Vec::new(),
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
                None => delta.gone.push(key),
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
        gone: Vec::new(),
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
        self.lock().replace(list);
        self.filled.notify_one();
    }

    /// All objects of a part of the scope, while the list of the whole is on its way.
    pub(super) fn ahead(&self, scope: Scope, list: Vec<Arc<D::Object>>) {
        self.lock().ahead.push((scope, list));
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
            let (deltas, state) = {
                let mut pending = self.lock();
                (pending.take(&self.id.scope, D::key), pending.state.take())
            };
            let deltas = deltas.into_iter();
            let batches = deltas.map(|delta| Feed::Batch(self.decode.batch(delta)));
            let state = state.map(|state| Feed::State(self.id.clone(), state));
            let mut feeds = batches.chain(state);
            let Some(first) = feeds.next() else {
                continue;
            };
            room.send(first);
            for feed in feeds {
                if lane.send(feed).await.is_err() {
                    return;
                }
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

    /// A thing and its state.
    type Thing = (&'static str, u32);

    fn take(pending: &mut Pending<Thing, &'static str>) -> Vec<Delta<Thing, &'static str>> {
        pending.take(&Scope::Cluster, |thing| thing.0)
    }

    fn list(things: &[Thing]) -> Vec<Arc<Thing>> {
        things.iter().copied().map(Arc::new).collect()
    }

    fn sorted(delta: Delta<Thing, &'static str>) -> (bool, Vec<u32>, Vec<&'static str>) {
        let mut changed: Vec<u32> = delta.changed.iter().map(|object| object.1).collect();
        let mut gone = delta.gone;
        changed.sort_unstable();
        gone.sort_unstable();
        (delta.replace, changed, gone)
    }

    #[test]
    fn the_newest_state_of_each_object_is_kept() {
        let mut pending = Pending::default();
        assert!(take(&mut pending).is_empty());
        let mut put = |name, state| pending.put(name, Arc::new((name, state)));
        put("a", 1);
        put("a", 2);
        put("b", 3);
        pending.gone("b");
        pending.gone("c");
        pending.put("c", Arc::new(("c", 4)));
        let [delta] = take(&mut pending).try_into().unwrap();
        assert_eq!(sorted(delta), (false, vec![2, 4], vec!["b"]));
        assert!(take(&mut pending).is_empty());
    }

    #[test]
    fn a_whole_list_voids_what_was_before_and_takes_what_comes_after() {
        let mut pending = Pending::default();
        pending.put("old", Arc::new(("old", 0)));
        pending.gone("older");
        pending.ahead.push((Scope::Cluster, list(&[("old", 0)])));
        pending.replace(list(&[("a", 1), ("b", 2), ("d", 5)]));
        pending.gone("a");
        pending.put("c", Arc::new(("c", 3)));
        pending.put("d", Arc::new(("d", 6)));
        let [delta] = take(&mut pending).try_into().unwrap();
        assert_eq!(sorted(delta), (true, vec![2, 3, 6], vec![]));
    }

    #[test]
    fn an_empty_list_is_news_too() {
        let mut pending = Pending::default();
        pending.replace(Vec::new());
        let [delta] = take(&mut pending).try_into().unwrap();
        assert_eq!(sorted(delta), (true, vec![], vec![]));
    }

    #[test]
    fn a_part_comes_before_the_whole_that_it_belongs_to() {
        let mut pending = Pending::default();
        let app = Scope::Namespace(crate::domain::key::Namespace::new("app"));
        pending.ahead.push((app.clone(), list(&[("a", 1)])));
        pending.put("b", Arc::new(("b", 2)));
        let [part, rest] = take(&mut pending).try_into().unwrap();
        assert_eq!(part.scope, app);
        assert_eq!(sorted(part), (true, vec![1], vec![]));
        assert_eq!(sorted(rest), (false, vec![2], vec![]));
    }
}
