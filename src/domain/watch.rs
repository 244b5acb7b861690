//! Which watches there are, and the state of each: what the screen must know to say how old its
//! data is.

use std::sync::Arc;

use jiff::Timestamp;

use super::{key::Namespace, objects::WorkloadKind, rights::Permission};

/// What a watch looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    Namespaces,
    Secrets(SecretSlice),
    ServiceAccounts,
    Pods,
    Events,
    Workloads(WorkloadKind),
}

/// Secrets come by three watches, so that no data but that of pull Secrets is ever transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSlice {
    DockerConfigJson,
    DockerCfg,
    /// All other types: metadata only, to tell a Secret of the wrong type from a missing one.
    Other,
}

/// Where a watch looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Cluster,
    Namespace(Namespace),
}

/// One watch: a kind in a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId {
    pub kind: WatchKind,
    pub scope: Scope,
}

/// The state of one watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchState {
    Connecting,
    /// The initial list is on its way; so many objects are here.
    Listing {
        received: usize,
    },
    /// The list is complete and changes arrive as they happen.
    Live,
    /// The data is as old as this; the watch tries again by itself.
    Stale {
        since: Timestamp,
        why: Arc<str>,
    },
    /// The server refuses; the watch asks again now and then, as rights may be granted.
    Forbidden {
        missing: Permission,
        why: Arc<str>,
    },
}
