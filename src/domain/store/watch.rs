//! The watches and their states, which show the age of the data.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::unreadable::UnreadableObjects;
use crate::domain::{
    k8s::{object_ref::Namespace, objects::WorkloadKind},
    rbac::Permission,
};

/// The kind of object that a watch returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    Namespaces,
    Secrets(SecretWatch),
    ServiceAccounts,
    Pods,
    Events,
    Workloads(WorkloadKind),
}

impl WatchKind {
    /// Plural name of the objects, as in the API.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespaces",
            Self::Secrets(_) => "Secrets",
            Self::ServiceAccounts => "ServiceAccounts",
            Self::Pods => "Pods",
            Self::Events => "Events",
            Self::Workloads(WorkloadKind::Deployment) => "Deployments",
            Self::Workloads(WorkloadKind::ReplicaSet) => "ReplicaSets",
            Self::Workloads(WorkloadKind::StatefulSet) => "StatefulSets",
            Self::Workloads(WorkloadKind::DaemonSet) => "DaemonSets",
            Self::Workloads(WorkloadKind::Job) => "Jobs",
            Self::Workloads(WorkloadKind::CronJob) => "CronJobs",
        }
    }

    /// Whether this kind is needed to claim that there are no problems.
    ///
    /// What fails shows in the Pods, in the workloads that make none, and in the events of what has no
    /// other place for its errors. Secrets and ServiceAccounts explain a failure and are not needed to
    /// see one; a CronJob's failures are those of its Jobs.
    pub fn shows_failures(self) -> bool {
        match self {
            Self::Pods | Self::Events => true,
            Self::Workloads(kind) => kind != WorkloadKind::CronJob,
            Self::Namespaces | Self::Secrets(_) | Self::ServiceAccounts => false,
        }
    }
}

/// The three watches for Secrets, so that only the data of pull secrets is transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretWatch {
    DockerConfigJson,
    DockerCfg,
    /// All other types: metadata only, to tell a Secret of the wrong type from a missing one.
    Other,
}

impl SecretWatch {
    pub const ALL: [Self; 3] = [Self::DockerConfigJson, Self::DockerCfg, Self::Other];
}

/// The scope of a watch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Cluster,
    Namespace(Namespace),
}

/// A watch: a kind in a scope.
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
        /// What was listed while that was permitted is kept as it was then; `None`: nothing ever was.
        as_of: Option<Timestamp>,
    },
}

/// The lists that are complete: only there, an object missing from the store does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchCoverage {
    complete: BTreeSet<WatchId>,
    /// What the server refuses to list.
    denied: BTreeSet<WatchId>,
    /// What the lists lack because it could not be decoded.
    unreadable: BTreeMap<WatchId, Arc<UnreadableObjects>>,
}

impl WatchCoverage {
    /// Complete coverage, as for a cluster administrator.
    pub fn complete() -> Self {
        let kinds = [
            WatchKind::Namespaces,
            WatchKind::ServiceAccounts,
            WatchKind::Pods,
            WatchKind::Events,
        ]
        .into_iter()
        .chain(SecretWatch::ALL.map(WatchKind::Secrets))
        .chain(WorkloadKind::ALL.map(WatchKind::Workloads));
        let everywhere = |kind| WatchId {
            kind,
            scope: Scope::Cluster,
        };
        Self {
            complete: kinds.map(everywhere).collect(),
            denied: BTreeSet::new(),
            unreadable: BTreeMap::new(),
        }
    }

    /// Records the state of a watch. A stale list was complete once, and counts as such.
    pub fn set_state(&mut self, id: &WatchId, state: &WatchState) {
        match state {
            WatchState::Live => {
                self.complete.insert(id.clone());
                self.denied.remove(id);
            }
            WatchState::Forbidden { .. } => {
                self.complete.remove(id);
                self.denied.insert(id.clone());
            }
            WatchState::Connecting | WatchState::Listing { .. } | WatchState::Stale { .. } => {}
        }
    }

    /// Records the objects of a watch that could not be decoded.
    pub fn set_unreadable(&mut self, id: WatchId, unreadable: Arc<UnreadableObjects>) {
        if unreadable.is_empty() {
            self.unreadable.remove(&id);
        } else {
            self.unreadable.insert(id, unreadable);
        }
    }

    /// The scopes in which the list of this kind is complete.
    pub fn complete_scopes(&self, kind: WatchKind) -> impl Iterator<Item = &Scope> {
        let complete = self.complete.iter();
        complete
            .filter(move |id| id.kind == kind)
            .map(|id| &id.scope)
    }

    /// Objects that could not be decoded, per watch.
    pub fn unreadable(&self) -> impl Iterator<Item = (&WatchId, &UnreadableObjects)> {
        let all = self.unreadable.iter();
        all.map(|(id, unreadable)| (id, &**unreadable))
    }

    /// Removes a watch.
    pub fn remove(&mut self, id: &WatchId) {
        self.complete.remove(id);
        self.denied.remove(id);
        self.unreadable.remove(id);
    }

    /// Whether all objects of this kind in this namespace are in the store.
    pub fn is_complete(&self, kind: WatchKind, namespace: &Namespace) -> bool {
        let scopes = [Scope::Cluster, Scope::Namespace(namespace.clone())];
        scopes.into_iter().any(|scope| {
            let id = WatchId { kind, scope };
            let lacks = self.unreadable.get(&id);
            self.complete.contains(&id) && lacks.is_none_or(|it| it.within(namespace).is_empty())
        })
    }

    /// Whether the user may not list the Secrets of this namespace.
    pub fn is_denied_secrets(&self, namespace: &Namespace) -> bool {
        let denied = |slice| holds(&self.denied, WatchKind::Secrets(slice), namespace);
        !self.has_all_secrets(namespace) && SecretWatch::ALL.into_iter().any(denied)
    }

    /// Whether all objects of this kind in the scope are in the store.
    pub fn is_complete_in(&self, kind: WatchKind, scope: &Scope) -> bool {
        match scope {
            Scope::Namespace(namespace) => self.is_complete(kind, namespace),
            Scope::Cluster => {
                let id = WatchId {
                    kind,
                    scope: Scope::Cluster,
                };
                self.complete.contains(&id) && !self.unreadable.contains_key(&id)
            }
        }
    }

    /// Whether a Secret that is not in the store does not exist, whatever its type.
    pub fn has_all_secrets(&self, namespace: &Namespace) -> bool {
        SecretWatch::ALL
            .into_iter()
            .all(|slice| self.is_complete(WatchKind::Secrets(slice), namespace))
    }
}

fn holds(watches: &BTreeSet<WatchId>, kind: WatchKind, namespace: &Namespace) -> bool {
    let scopes = [Scope::Cluster, Scope::Namespace(namespace.clone())];
    scopes
        .into_iter()
        .any(|scope| watches.contains(&WatchId { kind, scope }))
}
