//! Cache key of a diagnosis: versions of its inputs.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    context,
    diagnostics::{Need, grouping::Subject, needs_diagnosis, workload_needs_diagnosis},
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Pod, PodCondition, PodConditionType, Secret, Workload, WorkloadRef},
        pod_status::{PodHealth, pod_status},
    },
    store::{Store, watch::Scope},
};

/// Versions of what is the same for all subjects and not in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SharedVersions {
    /// Of the watch coverage.
    pub coverage: u64,
    /// Of the probe cache.
    pub probes: u64,
    /// Of what the server has said of nodes.
    pub nodes: u64,
}

#[derive(Clone, Debug)]
pub(super) struct CacheKey {
    pod: Option<Arc<Pod>>,
    workload: Option<Arc<Workload>>,
    /// The Pod's workload, and the generation of its spec: it may come to be known after the Pod.
    pub(super) owner: Option<(WorkloadRef, i64)>,
    /// Of the Secrets and ServiceAccounts that are looked at.
    credentials: CredentialVersions,
    shared: SharedVersions,
    /// Time of the Pod's last error, from events and statuses that named a cause.
    pub(super) last_error_at: Option<Timestamp>,
    /// Number of pulls by other Pods of the namespace.
    peers: u64,
    /// The object that currently creates the Pods of a workload.
    run: Option<Arc<Workload>>,
    /// Number of its Pods.
    pods: usize,
}

impl CacheKey {
    pub(super) fn new(store: &Store, subject: &Subject, shared: SharedVersions) -> Self {
        let basis = Self {
            pod: None,
            workload: None,
            owner: None,
            credentials: CredentialVersions::OfNamespace(
                store.credentials_version(subject.namespace()),
            ),
            shared,
            last_error_at: None,
            peers: store.pulled_version(subject.namespace()),
            run: None,
            pods: 0,
        };
        match subject {
            Subject::Pod(key) => {
                let pod = store.pod(key);
                Self {
                    credentials: pod.map_or(basis.credentials, |pod| {
                        CredentialVersions::new(store, subject.namespace(), &pod.pull_secrets)
                    }),
                    owner: pod
                        .and_then(|pod| store.workload_of(pod))
                        .map(|owner| (owner.id.clone(), owner.status.generation)),
                    last_error_at: store
                        .last_errors(key)
                        .iter()
                        .map(|error| error.observed_at)
                        .max(),
                    pod: pod.cloned(),
                    ..basis
                }
            }
            Subject::Workload(id) => {
                let workload = store.workload(id);
                let newest = workload.and_then(|it| context::newest_run(store, it));
                let events = workload.map(|it| context::events_of_workload(store, it));
                let run = newest.as_ref().or(workload);
                let lost = run.map(|it| context::events_of_lost(store, it));
                let events = events.into_iter().chain(lost).flatten();
                Self {
                    last_error_at: events.filter_map(|event| event.last).max(),
                    credentials: workload.map_or(basis.credentials, |workload| {
                        let listed = &workload.pull_secrets;
                        CredentialVersions::new(store, subject.namespace(), listed)
                    }),
                    workload: workload.cloned(),
                    pods: run.map_or(0, |run| store.pods_of_owner(&run.meta.uid).len()),
                    run: newest,
                    ..basis
                }
            }
        }
    }

    /// Returns whether the diagnosis is still current.
    pub(super) fn is_current(&self, other: &Self) -> bool {
        is_same(self.pod.as_ref(), other.pod.as_ref())
            && is_same(self.workload.as_ref(), other.workload.as_ref())
            && self.owner == other.owner
            && self.credentials == other.credentials
            && self.shared == other.shared
            && self.last_error_at == other.last_error_at
            && self.peers == other.peers
            && is_same(self.run.as_ref(), other.run.as_ref())
            && self.pods == other.pods
    }

    /// Returns the number of pulls by other Pods of the namespace.
    pub(super) fn peers(&self) -> u64 {
        self.peers
    }

    /// Whether the diagnosis depends on the Secrets of all namespaces.
    pub(super) fn depends_on_all_namespaces(&self) -> bool {
        matches!(self.credentials, CredentialVersions::OfCluster(..))
    }

    /// Returns since when the subject has been failing.
    pub(super) fn failing_since(&self) -> Option<Timestamp> {
        if let Some(pod) = &self.pod {
            let ready = pod.condition(PodConditionType::Ready);
            let fell = ready
                .filter(|ready| !ready.is_true)
                .and_then(PodCondition::last_transition_time);
            return fell.or(pod.meta.created);
        }
        self.workload.as_ref()?.meta.created
    }
}

fn is_same<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// Changes of the Secrets and ServiceAccounts that are looked at, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CredentialVersions {
    OfNamespace(u64),
    /// Where a listed Secret is missing, those of all namespaces are looked through for it.
    OfCluster(u64, u64),
}

impl CredentialVersions {
    fn new(store: &Store, namespace: &Namespace, listed: &[Name<Secret>]) -> Self {
        let is_there = |name| {
            let key = ObjectRef::new(namespace.clone(), name);
            store.secret(&key).is_some()
        };
        if !listed.is_empty() && listed.iter().cloned().all(is_there) {
            return Self::OfNamespace(store.credentials_version(namespace));
        }
        let versions = store.versions();
        Self::OfCluster(versions.secrets, versions.accounts)
    }
}

/// All subjects that may need a diagnosis.
pub(super) fn subjects(store: &Store) -> impl Iterator<Item = Subject> {
    let pods = [
        PodHealth::PullFailing,
        PodHealth::Failing,
        PodHealth::Progressing,
    ]
    .into_iter()
    .flat_map(|health| store.pods_in(health, &Scope::Cluster))
    .map(|pod| Subject::Pod(pod.key.clone()));
    let workloads = store
        .workloads()
        .filter(|workload| workload_needs_diagnosis(workload))
        .map(|workload| Subject::Workload(workload.id.clone()));
    pods.chain(workloads)
}

/// Returns whether the subject needs a diagnosis.
pub(super) fn need(store: &Store, subject: &Subject, now: Timestamp) -> Need {
    match subject {
        Subject::Pod(key) => store.pod(key).map_or(Need::Never, |pod| {
            // What is on its way is judged by its events, which need not be gathered for others.
            let events = match pod_status(pod).health {
                PodHealth::Progressing => store.events_of_pod(key),
                _ => Vec::new(),
            };
            needs_diagnosis(pod, &events, now)
        }),
        Subject::Workload(id) => match store.workload(id) {
            Some(workload) if workload_needs_diagnosis(workload) => Need::Now,
            _ => Need::Never,
        },
    }
}
