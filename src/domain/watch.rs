//! Which watches there are, and the state of each: what the screen must know to say how old its
//! data is.

use std::{collections::BTreeSet, sync::Arc};

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

impl SecretSlice {
    pub const ALL: [Self; 3] = [Self::DockerConfigJson, Self::DockerCfg, Self::Other];
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

/// Where the lists are whole: only there does an object that is not in the store not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    whole: BTreeSet<WatchId>,
    /// What the server refuses to list.
    denied: BTreeSet<WatchId>,
}

impl Sight {
    /// Everything is seen, as a cluster's administrator sees it.
    pub fn full() -> Self {
        let kinds = [
            WatchKind::Namespaces,
            WatchKind::ServiceAccounts,
            WatchKind::Pods,
            WatchKind::Events,
        ]
        .into_iter()
        .chain(SecretSlice::ALL.map(WatchKind::Secrets))
        .chain(WorkloadKind::ALL.map(WatchKind::Workloads));
        let everywhere = |kind| WatchId {
            kind,
            scope: Scope::Cluster,
        };
        Self {
            whole: kinds.map(everywhere).collect(),
            denied: BTreeSet::new(),
        }
    }

    /// Learns from what a watch says of itself. A stale list was whole once, and is judged as it was.
    pub fn note(&mut self, id: &WatchId, state: &WatchState) {
        match state {
            WatchState::Live => {
                self.whole.insert(id.clone());
                self.denied.remove(id);
            }
            WatchState::Forbidden { .. } => {
                self.whole.remove(id);
                self.denied.insert(id.clone());
            }
            WatchState::Connecting | WatchState::Listing { .. } | WatchState::Stale { .. } => {}
        }
    }

    /// This watch is no more.
    pub fn lose(&mut self, id: &WatchId) {
        self.whole.remove(id);
        self.denied.remove(id);
    }

    /// Whether all objects of this kind in this namespace are in the store.
    pub fn sees(&self, kind: WatchKind, namespace: &Namespace) -> bool {
        holds(&self.whole, kind, namespace)
    }

    /// Whether the user may not list the Secrets of this namespace.
    pub fn is_denied_secrets(&self, namespace: &Namespace) -> bool {
        let denied = |slice| holds(&self.denied, WatchKind::Secrets(slice), namespace);
        !self.sees_secrets(namespace) && SecretSlice::ALL.into_iter().any(denied)
    }

    /// Whether a Secret of any type that is not in the store does not exist.
    pub fn sees_secrets(&self, namespace: &Namespace) -> bool {
        SecretSlice::ALL
            .into_iter()
            .all(|slice| self.sees(WatchKind::Secrets(slice), namespace))
    }
}

fn holds(watches: &BTreeSet<WatchId>, kind: WatchKind, namespace: &Namespace) -> bool {
    let scopes = [Scope::Cluster, Scope::Namespace(namespace.clone())];
    scopes
        .into_iter()
        .any(|scope| watches.contains(&WatchId { kind, scope }))
}
