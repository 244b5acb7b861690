//! From the wire to `domain` objects: only the fields that the product uses, in one pass.
//!
//! The wire structs (`Wire…`) have the names of the API's fields and borrow their texts from the
//! received bytes; the interner makes them shared texts. managedFields, annotations and everything
//! else that nobody shows is skipped without being built.
//!
//! Lists of the kinds that are many come as protobuf where the server speaks it: they are smaller, and
//! cost the server half of what JSON does. The same wire structs are filled from both.
//!
//! An object that cannot be read is left out and counted, and never spoils the list it came in.

mod event;
mod interner;
mod meta;
mod namespace;
mod page;
mod pod;
mod protobuf;
mod secret;
mod service_account;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod workload;

use std::{fmt::Debug, hash::Hash, sync::Arc};

use serde::Deserialize;

use crate::domain::{
    batch::{Batch, Delta},
    key::Namespace,
};

pub(super) use event::Events;
pub(super) use interner::Interner;
pub(super) use namespace::Namespaces;
pub(super) use page::{Change, Opened, change, objects};
pub(super) use pod::Pods;
pub(super) use protobuf::{Reader, status};
pub(super) use secret::{OtherSecrets, PullSecrets};
pub(super) use service_account::ServiceAccounts;
pub(super) use workload::{CronJobs, DaemonSets, Deployments, Jobs, ReplicaSets, StatefulSets};

/// How one kind comes off the wire.
pub(super) trait Decode: Send + Sync + 'static {
    type Wire<'a>: Deserialize<'a>;
    type Object: Send + Sync;
    type Key: Clone + Eq + Hash + Debug + Send;

    /// How the wire struct is read from protobuf, for kinds that are asked for in it.
    fn protobuf<'a>() -> Option<Reader<'a, Self::Wire<'a>>> {
        None
    }

    /// Makes the domain object; `None` when it lacks what every object has.
    fn object(&self, wire: Self::Wire<'_>, texts: &mut Interner) -> Option<Self::Object>;

    fn key(object: &Self::Object) -> Self::Key;

    /// The object's `resourceVersion`, from which a watch goes on.
    fn version<'w>(wire: &'w Self::Wire<'_>) -> &'w str;

    /// Stand-ins for namespaces that are known by name when their list may not be had.
    fn known(&self, _names: &[Namespace]) -> Vec<Arc<Self::Object>> {
        Vec::new()
    }

    fn batch(&self, delta: Delta<Self::Object, Self::Key>) -> Batch;
}
