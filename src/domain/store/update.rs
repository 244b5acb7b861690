//! Updates that the watches send to the `World`: one kind of object each.

use std::sync::Arc;

use super::watch::{Scope, SecretSlice};
use crate::domain::k8s::{
    object_ref::{Key, Namespace},
    objects::{
        Event, NamespaceObject, Pod, Secret, ServiceAccount, Workload, WorkloadKey, WorkloadKind,
    },
};

/// Changes from one watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    Namespaces(Delta<NamespaceObject, Namespace>),
    Secrets(SecretSlice, Delta<Secret>),
    ServiceAccounts(Delta<ServiceAccount>),
    Pods(Delta<Pod>),
    Events(Delta<Event>),
    Workloads(WorkloadKind, Delta<Workload, WorkloadKey>),
}

/// The newest state per object; an object is in `changed` or in `gone`, never in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta<T, K = Key<T>> {
    pub scope: Scope,
    /// The list is whole: what is not in `changed` no longer exists in this scope.
    pub replace: bool,
    pub changed: Vec<Arc<T>>,
    pub gone: Vec<K>,
}
