//! The watches: one task per kind and scope, which send into one bounded channel.
//!
//! `Watches` is the handle: while it lives, the tasks run; dropping it ends them all. Cluster-wide
//! rights are tried first; a kind that may not be listed everywhere is watched in the namespaces that
//! were chosen, so that rights in one namespace are enough for that namespace.

mod backoff;
mod coalescer;
mod discovery;
mod endpoint;
mod health;
mod list_gate;
mod list_watch;
mod ndjson;
mod pager;
mod phase;
mod status;
mod supervisor;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    connect::Connection,
    decode::{
        CronJobs, DaemonSets, Decode, Deployments, EventDecoder, Jobs, NamespaceDecoder,
        OtherSecretDecoder, PodDecoder, PullSecretDecoder, ReplicaSets, ServiceAccountDecoder,
        StatefulSets,
    },
};
use crate::domain::{
    k8s::{object_ref::Namespace, objects::WorkloadKind},
    rbac::Permission,
    registry_auth::credential::FingerprintKey,
    store::{
        unreadable::UnreadableObjects,
        update::StoreUpdate,
        watch::{Scope, SecretWatch, WatchId, WatchKind, WatchState},
    },
};
use endpoint::endpoints;
use health::ServerHealth;
use list_gate::ListGate;
use supervisor::Supervisor;

/// Capacity of the channel, in batches: a few per kind.
///
/// More would only make the data older; when the channel is full, the watches merge their changes.
const CHANNEL_CAPACITY: usize = 32;

/// What part of the cluster is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchScope {
    /// Everywhere, the first of these namespaces first; kinds that may not be listed everywhere, in these.
    Cluster { fallback: Vec<Namespace> },
    /// In these namespaces only.
    Namespaces(Vec<Namespace>),
}

impl WatchScope {
    /// The namespaces that are named.
    fn namespaces(&self) -> &[Namespace] {
        match self {
            Self::Cluster { fallback } => fallback,
            Self::Namespaces(namespaces) => namespaces,
        }
    }
}

/// An update of any watch.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchUpdate {
    Batch(StoreUpdate),
    /// These objects of the watch could not be decoded, and no others; sent before the state that it led to.
    Unreadable(WatchId, Arc<UnreadableObjects>),
    State(WatchId, WatchState),
    /// This watch is no more; its objects were taken back or are another watch's now.
    Ended(WatchId),
}

/// The permissions that the watches need, in all namespaces.
///
/// If the server has two endpoints of a kind, the one tried first counts.
pub fn permissions() -> Vec<Permission> {
    let first = WATCHED
        .into_iter()
        .filter_map(|kind| endpoints(kind).first());
    first
        .flat_map(|endpoint| {
            ["list", "watch"].map(|verb| endpoint.permission(verb, &Scope::Cluster))
        })
        .collect()
}

/// All kinds that are watched; what a first screen needs comes first.
pub const WATCHED: [WatchKind; 13] = [
    WatchKind::Pods,
    WatchKind::Namespaces,
    WatchKind::Secrets(SecretWatch::DockerConfigJson),
    WatchKind::Secrets(SecretWatch::DockerCfg),
    WatchKind::Secrets(SecretWatch::Other),
    WatchKind::ServiceAccounts,
    WatchKind::Events,
    WatchKind::Workloads(WorkloadKind::Deployment),
    WatchKind::Workloads(WorkloadKind::ReplicaSet),
    WatchKind::Workloads(WorkloadKind::StatefulSet),
    WatchKind::Workloads(WorkloadKind::DaemonSet),
    WatchKind::Workloads(WorkloadKind::Job),
    WatchKind::Workloads(WorkloadKind::CronJob),
];

/// The running watches of one connection.
#[derive(Debug)]
pub struct Watches {
    scope: WatchedScope,
    /// Ends its tasks when dropped.
    _tasks: JoinSet<()>,
}

impl Watches {
    /// Starts all watches; returns the receiver of their updates.
    pub fn start(
        connection: &Connection,
        watch_scope: WatchScope,
        fingerprints: &FingerprintKey,
    ) -> (Self, mpsc::Receiver<WatchUpdate>) {
        let (lane, feed) = mpsc::channel(CHANNEL_CAPACITY);
        let (watch_scope, follow) = watch::channel(watch_scope);
        let health = Arc::new(ServerHealth::new());
        let mut start = WatchStarter {
            tasks: JoinSet::new(),
            connection,
            lane,
            health: Arc::clone(&health),
            lists: ListGate::new(),
            follow,
        };
        for kind in WATCHED {
            start.kind(kind, fingerprints);
        }
        let client = connection.client.clone();
        start
            .tasks
            .spawn(async move { health.probe_loop(&client).await });
        let watches = Self {
            scope: WatchedScope(watch_scope),
            _tasks: start.tasks,
        };
        (watches, feed)
    }

    /// Returns the scope, which can be changed.
    pub fn scope(&self) -> WatchedScope {
        self.scope.clone()
    }
}

/// The scope of running watches.
#[derive(Clone, Debug)]
pub struct WatchedScope(watch::Sender<WatchScope>);

impl WatchedScope {
    /// Changes the scope; objects that are no longer in it are removed.
    pub fn set(&self, watch_scope: WatchScope) {
        self.0.send_if_modified(|present| {
            let changed = *present != watch_scope;
            *present = watch_scope;
            changed
        });
    }
}

struct WatchStarter<'a> {
    tasks: JoinSet<()>,
    connection: &'a Connection,
    lane: mpsc::Sender<WatchUpdate>,
    health: Arc<ServerHealth>,
    lists: ListGate,
    follow: watch::Receiver<WatchScope>,
}

impl WatchStarter<'_> {
    fn kind(&mut self, kind: WatchKind, fingerprints: &FingerprintKey) {
        match kind {
            WatchKind::Namespaces => self.spawn(kind, NamespaceDecoder),
            WatchKind::Secrets(SecretWatch::Other) => self.spawn(kind, OtherSecretDecoder),
            WatchKind::Secrets(
                slice @ (SecretWatch::DockerConfigJson | SecretWatch::DockerCfg),
            ) => {
                let fingerprints = fingerprints.clone();
                self.spawn(
                    kind,
                    PullSecretDecoder {
                        slice,
                        fingerprints,
                    },
                );
            }
            WatchKind::ServiceAccounts => self.spawn(kind, ServiceAccountDecoder),
            WatchKind::Pods => self.spawn(kind, PodDecoder),
            WatchKind::Events => self.spawn(kind, EventDecoder),
            WatchKind::Workloads(workload) => match workload {
                WorkloadKind::Deployment => self.spawn(kind, Deployments::default()),
                WorkloadKind::ReplicaSet => self.spawn(kind, ReplicaSets::default()),
                WorkloadKind::StatefulSet => self.spawn(kind, StatefulSets::default()),
                WorkloadKind::DaemonSet => self.spawn(kind, DaemonSets::default()),
                WorkloadKind::Job => self.spawn(kind, Jobs::default()),
                WorkloadKind::CronJob => self.spawn(kind, CronJobs::default()),
            },
        }
    }

    fn spawn<D: Decode>(&mut self, kind: WatchKind, decode: D) {
        let supervisor = Supervisor {
            kind,
            decode: Arc::new(decode),
            client: self.connection.client.clone(),
            limit: self.connection.request_limit,
            updates: self.lane.clone(),
            health: Arc::clone(&self.health),
            lists: self.lists.clone(),
        };
        let watch_scope = self.follow.clone();
        self.tasks.spawn(supervisor.supervise(watch_scope));
    }
}
