//! From the wire to `domain` objects: only the fields that the product uses, in one pass.
//!
//! The wire structs (`Wire…`) have the names of the API's fields and borrow their texts from the
//! received bytes; the interner makes them shared texts. managedFields, annotations and everything
//! else that nobody shows is skipped without being built.
//!
//! An object that cannot be read is left out and counted, and never spoils the list it came in.

mod event;
mod interner;
mod meta;
mod namespace;
mod page;
mod pod;
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
pub(super) use page::{Change, change, page};
pub(super) use pod::Pods;
pub(super) use secret::{OtherSecrets, PullSecrets};
pub(super) use service_account::ServiceAccounts;
pub(super) use workload::{CronJobs, DaemonSets, Deployments, Jobs, ReplicaSets, StatefulSets};

/// How one kind comes off the wire.
pub(super) trait Decode: Send + Sync + 'static {
    type Wire<'a>: Deserialize<'a>;
    type Object: Send + Sync;
    type Key: Clone + Eq + Hash + Debug + Send;

    /// Makes the domain object; `None` when it lacks what every object has.
    fn object(&self, wire: Self::Wire<'_>, texts: &mut Interner) -> Option<Self::Object>;

    fn key(object: &Self::Object) -> Self::Key;

    /// The object's `resourceVersion`.
    fn version(object: &Self::Object) -> &Arc<str>;

    /// Stand-ins for namespaces that are known by name when their list may not be had.
    fn known(&self, _names: &[Namespace]) -> Vec<Arc<Self::Object>> {
        Vec::new()
    }

    fn batch(&self, delta: Delta<Self::Object, Self::Key>) -> Batch;
}
