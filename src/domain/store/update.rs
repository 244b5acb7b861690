//! Updates that the watches send to the `Store`: one kind of object each.

use std::sync::Arc;

use super::watch::{Scope, SecretWatch};
use crate::domain::k8s::{
    object_ref::{Namespace, ObjectRef},
    objects::{
        Event, NamespaceObject, Pod, Secret, ServiceAccount, Workload, WorkloadKind, WorkloadRef,
    },
};

/// Changes from one watch.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreUpdate {
    Namespaces(Delta<NamespaceObject, Namespace>),
    Secrets(SecretWatch, Delta<Secret>),
    ServiceAccounts(Delta<ServiceAccount>),
    Pods(Delta<Pod>),
    Events(Delta<Event>),
    Workloads(WorkloadKind, Delta<Workload, WorkloadRef>),
}

/// The newest state per object; an object is in `changed` or in `removed`, never in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta<T, K = ObjectRef<T>> {
    pub scope: Scope,
    /// The list is whole: what is not in `changed` no longer exists in this scope.
    pub replace: bool,
    pub changed: Vec<Arc<T>>,
    pub removed: Vec<K>,
}
