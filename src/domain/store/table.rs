//! Objects of one kind, by namespace and name, in the order of their names.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Event, Pod, Secret, ServiceAccount},
    },
    store::watch::Scope,
};

/// An object with a key.
pub trait Keyed: Sized {
    fn key(&self) -> &ObjectRef<Self>;
}

macro_rules! keyed {
    ($($kind:ty),+) => { $(impl Keyed for $kind {
        fn key(&self) -> &ObjectRef<Self> {
            &self.key
        }
    })+ };
}
keyed!(Event, Pod, Secret, ServiceAccount);

/// The objects of one kind.
pub(super) struct ObjectTable<T> {
    namespaces: BTreeMap<Namespace, BTreeMap<Name<T>, Arc<T>>>,
    len: usize,
}

impl<T> Default for ObjectTable<T> {
    fn default() -> Self {
        Self {
            namespaces: BTreeMap::new(),
            len: 0,
        }
    }
}

impl<T: Keyed> ObjectTable<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: &ObjectRef<T>) -> Option<&Arc<T>> {
        self.namespaces.get(&key.namespace)?.get(&key.name)
    }

    /// Inserts an object, and returns the replaced one.
    pub(super) fn insert(&mut self, object: Arc<T>) -> Option<Arc<T>> {
        let key = object.key().clone();
        let before = self
            .namespaces
            .entry(key.namespace)
            .or_default()
            .insert(key.name, object);
        self.len += usize::from(before.is_none());
        before
    }

    pub(super) fn remove(&mut self, key: &ObjectRef<T>) -> Option<Arc<T>> {
        let objects = self.namespaces.get_mut(&key.namespace)?;
        let removed = objects.remove(&key.name)?;
        if objects.is_empty() {
            self.namespaces.remove(&key.namespace);
        }
        self.len -= 1;
        Some(removed)
    }

    /// The objects of a scope, by namespace and then by name.
    pub(super) fn iter<'a>(&'a self, scope: &Scope) -> Box<dyn Iterator<Item = &'a Arc<T>> + 'a> {
        match scope {
            Scope::Cluster => Box::new(self.namespaces.values().flat_map(BTreeMap::values)),
            Scope::Namespace(namespace) => Box::new(
                self.namespaces
                    .get(namespace)
                    .into_iter()
                    .flat_map(BTreeMap::values),
            ),
        }
    }
}
