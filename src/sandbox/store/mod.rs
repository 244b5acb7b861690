//! The objects, one revision counter for all of them, and the history that watches read.
//!
//! It plays etcd's part: it stamps `resourceVersion`, tells what changed since a revision, gives a
//! kind as it was at a revision, and forgets old history. It knows nothing of what objects mean.

mod history;

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::sync::watch;

pub use history::{ChangeKind, Compacted, StoreChange};

use super::{
    object::{self, StoredObject, put},
    resources::ResourceKind,
};
use history::History;

/// Namespace and name; the namespace is empty for cluster-scoped objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    pub namespace: String,
    pub name: String,
}

impl ObjectKey {
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    pub fn from_object(object: &Value) -> Self {
        Self::new(object::namespace(object), object::name(object))
    }
}

pub struct ObjectStore {
    revision: u64,
    objects: BTreeMap<ResourceKind, BTreeMap<ObjectKey, StoredObject>>,
    history: History,
    latest: watch::Sender<u64>,
}

impl ObjectStore {
    pub fn new() -> Self {
        Self {
            revision: 1,
            objects: BTreeMap::new(),
            history: History::new(),
            latest: watch::Sender::new(1),
        }
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Subscribes to new revisions.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    pub fn get(&self, kind: ResourceKind, namespace: &str, name: &str) -> Option<&StoredObject> {
        self.at(kind, &ObjectKey::new(namespace, name))
    }

    pub fn at(&self, kind: ResourceKind, place: &ObjectKey) -> Option<&StoredObject> {
        self.objects.get(&kind)?.get(place)
    }

    /// The objects of a kind, in one namespace or all, by namespace and name.
    pub fn list<'a>(
        &'a self,
        kind: ResourceKind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a StoredObject> {
        let first = ObjectKey::new(namespace.unwrap_or_default(), "");
        self.objects
            .get(&kind)
            .into_iter()
            .flat_map(move |places| places.range(first.clone()..))
            .take_while(move |(place, _)| namespace.is_none_or(|wanted| place.namespace == wanted))
            .map(|(_, object)| object)
    }

    /// The objects of a kind at an earlier `revision`.
    pub fn list_at(
        &self,
        kind: ResourceKind,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Vec<StoredObject>, Compacted> {
        let undone: Vec<&StoreChange> = self
            .history
            .since(revision)?
            .filter(|change| change.kind == kind)
            .collect();
        if undone.is_empty() {
            return Ok(self.list(kind, namespace).cloned().collect());
        }
        let mut objects: BTreeMap<ObjectKey, StoredObject> = self
            .list(kind, namespace)
            .map(|object| (ObjectKey::from_object(object), StoredObject::clone(object)))
            .collect();
        for change in undone.into_iter().rev() {
            let place = ObjectKey::from_object(&change.object);
            if namespace.is_some_and(|wanted| place.namespace != wanted) {
                continue;
            }
            match &change.previous {
                Some(previous) => objects.insert(place, StoredObject::clone(previous)),
                None => objects.remove(&place),
            };
        }
        Ok(objects.into_values().collect())
    }

    /// Stores a new or changed object under the next revision; an unchanged one is ignored, as in the real server.
    pub fn put(&mut self, kind: ResourceKind, mut object: Value) -> StoredObject {
        let place = ObjectKey::from_object(&object);
        let previous = self.at(kind, &place).cloned();
        if let Some(previous) = &previous {
            put(
                &mut object,
                "/metadata/resourceVersion",
                object::text(previous, "/metadata/resourceVersion"),
            );
            if **previous == object {
                return StoredObject::clone(previous);
            }
        }
        let object = self.stamp(object);
        self.objects
            .entry(kind)
            .or_default()
            .insert(place, StoredObject::clone(&object));
        let event = match previous {
            Some(_) => ChangeKind::Modified,
            None => ChangeKind::Added,
        };
        self.record(kind, event, &object, previous);
        object
    }

    /// Removes an object; watches see its last state with the revision of the deletion.
    pub fn remove(&mut self, kind: ResourceKind, place: &ObjectKey) -> Option<StoredObject> {
        let previous = self.objects.get_mut(&kind)?.remove(place)?;
        let last = self.stamp((*previous).clone());
        self.record(kind, ChangeKind::Deleted, &last, Some(previous));
        Some(last)
    }

    /// The changes after `revision`, oldest first.
    pub fn since(&self, revision: u64) -> Result<impl Iterator<Item = &StoreChange>, Compacted> {
        self.history.since(revision)
    }

    /// Drops the history, as etcd does every five minutes.
    pub fn compact(&mut self) {
        self.history.compact(self.revision);
    }

    fn stamp(&mut self, mut object: Value) -> StoredObject {
        self.revision += 1;
        put(
            &mut object,
            "/metadata/resourceVersion",
            self.revision.to_string(),
        );
        StoredObject::new(object)
    }

    fn record(
        &mut self,
        kind: ResourceKind,
        event: ChangeKind,
        object: &StoredObject,
        previous: Option<StoredObject>,
    ) {
        self.history.push(StoreChange {
            revision: self.revision,
            kind,
            event,
            object: StoredObject::clone(object),
            previous,
        });
        self.latest.send_replace(self.revision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(namespace: &str, name: &str, value: &str) -> Value {
        json!({"metadata": {"namespace": namespace, "name": name}, "value": value})
    }

    fn names(objects: &[StoredObject]) -> Vec<&str> {
        objects.iter().map(|object| object::name(object)).collect()
    }

    #[test]
    fn a_list_of_one_namespace_holds_no_other() {
        let mut store = ObjectStore::new();
        for (namespace, name) in [("b", "1"), ("a", "2"), ("ab", "3"), ("a", "1")] {
            store.put(ResourceKind::Secret, secret(namespace, name, ""));
        }
        let of_a: Vec<StoredObject> = store
            .list(ResourceKind::Secret, Some("a"))
            .cloned()
            .collect();
        assert_eq!(names(&of_a), ["1", "2"]);
        assert_eq!(store.list(ResourceKind::Secret, None).count(), 4);
    }

    #[test]
    fn the_past_is_what_it_was() {
        let mut store = ObjectStore::new();
        store.put(ResourceKind::Secret, secret("a", "kept", "old"));
        store.put(ResourceKind::Secret, secret("a", "removed", ""));
        let then = store.revision();
        store.put(ResourceKind::Secret, secret("a", "kept", "new"));
        store.put(ResourceKind::Secret, secret("a", "added", ""));
        store.remove(ResourceKind::Secret, &ObjectKey::new("a", "removed"));

        let past = store
            .list_at(ResourceKind::Secret, Some("a"), then)
            .unwrap();
        assert_eq!(names(&past), ["kept", "removed"]);
        assert_eq!(past[0]["value"], "old");

        store.compact();
        assert!(
            store
                .list_at(ResourceKind::Secret, Some("a"), then)
                .is_err()
        );
        assert!(
            store
                .list_at(ResourceKind::Secret, None, store.revision())
                .is_ok()
        );
    }

    #[test]
    fn a_write_of_the_same_is_no_change() {
        let mut store = ObjectStore::new();
        let first = store.put(ResourceKind::Secret, secret("a", "s", "x"));
        let again = store.put(ResourceKind::Secret, (*first).clone());
        assert_eq!(first, again);
        let other = store.put(ResourceKind::Secret, secret("a", "s", "y"));
        assert_ne!(first["metadata"], other["metadata"]);
    }
}
