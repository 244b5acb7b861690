//! Decoding of one kind of object.

use std::{fmt::Debug, hash::Hash, sync::Arc};

use serde::Deserialize;

use super::{interner::Interner, protobuf::MessageReader};
use crate::domain::{
    k8s::object_ref::{Name, Namespace, ObjectRef},
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
    },
};

/// Decodes one kind: its wire type, its object and its key.
pub(in crate::cluster) trait Decode: Send + Sync + 'static {
    type Wire<'a>: Deserialize<'a>;
    type Object: Send + Sync;
    type Key: Clone + Eq + Hash + Debug + Send;

    /// The `kind` of a list.
    const LIST: &'static str;

    /// How the wire struct is read from protobuf, for kinds that are asked for in it.
    fn protobuf<'a>() -> Option<MessageReader<'a, Self::Wire<'a>>> {
        None
    }

    /// Makes the domain object; `None` when it lacks what every object has.
    fn object(&self, wire: Self::Wire<'_>, texts: &mut Interner) -> Option<Self::Object>;

    fn key(object: &Self::Object) -> Self::Key;

    /// The key of an object of which nothing but the name could be read.
    fn key_from_name(object: &ObjectName) -> Option<Self::Key>;

    /// The object's `resourceVersion`, from which a watch goes on.
    fn version<'w>(wire: &'w Self::Wire<'_>) -> &'w str;

    /// Stand-ins for namespaces that are known by name when their list may not be had.
    fn placeholders(&self, _names: &[Namespace]) -> Vec<Arc<Self::Object>> {
        Vec::new()
    }

    fn batch(&self, delta: Delta<Self::Object, Self::Key>) -> StoreUpdate;
}

/// Key of a namespaced object.
pub(super) fn namespaced<K>(object: &ObjectName) -> Option<ObjectRef<K>> {
    let namespace = object.namespace.clone()?;
    Some(ObjectRef::new(
        namespace,
        Name::new(Arc::clone(&object.name)),
    ))
}
