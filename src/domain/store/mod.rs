//! The store: the objects of the cluster at the last update, with indexes.
//!
//! One writer (`apply`); readers get shared references and `Arc`s. Indexes are kept while writing, so
//! that a reader never walks over all Pods. Only watches write here: no answer of an effect does.

mod apply;
mod change_log;
mod event_series;
mod last_pull_errors;
mod reference_index;
mod table;
#[cfg(test)]
mod tests;
pub mod unreadable;
pub mod update;
pub mod watch;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use self::{
    change_log::ChangeLog, event_series::EventIndex, last_pull_errors::LastPullErrors,
    reference_index::ReferenceIndex, table::ObjectTable,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{
            Event, NamespaceObject, OwnerReference, Pod, Secret, ServiceAccount, Subject, Workload,
            WorkloadKind, WorkloadRef,
        },
        pod_status::PodHealth,
    },
    registry_auth::credential::Fingerprint,
    store::watch::Scope,
};

pub use self::{
    event_series::{EventSeries, EventSeriesKey},
    last_pull_errors::LastPullError,
};

/// Owners above a workload that are followed: Kubernetes knows one, and anybody may write owners that go
/// round in a circle.
const MOST_OWNERS: usize = 8;

/// Counts that grow with every change of their kind: a reader that remembers them knows whether it
/// must look again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    pub namespaces: u64,
    pub secrets: u64,
    pub accounts: u64,
    pub pods: u64,
    /// Of Pods that came, went or changed their health: what a list of their names depends on.
    pub places: u64,
    pub events: u64,
    pub workloads: u64,
    /// Of who names which Secret, runs as which ServiceAccount, is owned by whom.
    pub users: u64,
    /// Of workloads that came, went, changed their spec or their owner.
    pub specs: u64,
    /// Of images that Pods have pulled, and of why they cannot.
    pub pulled: u64,
}

/// A Pod that came, went or changed its health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthChange {
    pub pod: ObjectRef<Pod>,
    pub from: Option<PodHealth>,
    pub to: Option<PodHealth>,
}

/// How many Pods a namespace has, and how many of them fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamespaceCounts {
    pub pods: usize,
    pub pull_failing: usize,
    pub failing: usize,
}

#[derive(Default)]
pub struct Store {
    namespaces: BTreeMap<Namespace, Arc<NamespaceObject>>,
    secrets: ObjectTable<Secret>,
    accounts: ObjectTable<ServiceAccount>,
    pods: ObjectTable<Pod>,
    events: ObjectTable<Event>,
    workloads: BTreeMap<WorkloadRef, Arc<Workload>>,
    workload_uids: HashMap<Arc<str>, WorkloadRef>,
    users: ReferenceIndex,
    lines: EventIndex,
    memory: LastPullErrors,
    by_health: BTreeMap<PodHealth, BTreeMap<ObjectRef<Pod>, Arc<Pod>>>,
    touched: ChangeLog<Subject>,
    moved: ChangeLog<HealthChange>,
    /// Changes of Secrets and ServiceAccounts, by namespace.
    local: HashMap<Namespace, u64>,
    /// Changes of what the Pods of a namespace have pulled, and of why they cannot.
    pulled: HashMap<Namespace, u64>,
    counts: BTreeMap<Namespace, NamespaceCounts>,
    versions: Versions,
}

impl Store {
    pub fn versions(&self) -> Versions {
        self.versions
    }

    pub fn namespaces(&self) -> impl Iterator<Item = &Arc<NamespaceObject>> {
        self.namespaces.values()
    }

    pub fn namespace(&self, name: &Namespace) -> Option<&Arc<NamespaceObject>> {
        self.namespaces.get(name)
    }

    /// Namespaces that hold Pods, known even when Namespaces may not be listed.
    pub fn tallies(&self) -> &BTreeMap<Namespace, NamespaceCounts> {
        &self.counts
    }

    /// Secrets of all types; those that are no pull secrets carry no content.
    pub fn secrets(&self, scope: &Scope) -> impl Iterator<Item = &Arc<Secret>> {
        self.secrets.iter(scope)
    }

    pub fn secret(&self, key: &ObjectRef<Secret>) -> Option<&Arc<Secret>> {
        self.secrets.get(key)
    }

    pub fn accounts(&self, scope: &Scope) -> impl Iterator<Item = &Arc<ServiceAccount>> {
        self.accounts.iter(scope)
    }

    pub fn account(&self, key: &ObjectRef<ServiceAccount>) -> Option<&Arc<ServiceAccount>> {
        self.accounts.get(key)
    }

    pub fn pods(&self, scope: &Scope) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.iter(scope)
    }

    pub fn pod(&self, key: &ObjectRef<Pod>) -> Option<&Arc<Pod>> {
        self.pods.get(key)
    }

    pub fn pod_count(&self) -> usize {
        self.pods.len()
    }

    /// Pods of one state of health, by namespace and name.
    pub fn pods_in(&self, health: PodHealth, scope: &Scope) -> impl Iterator<Item = &Arc<Pod>> {
        let pods = self.by_health.get(&health).into_iter();
        let (first, only) = match scope {
            Scope::Cluster => (Bound::Unbounded, None),
            Scope::Namespace(namespace) => {
                let lowest = ObjectRef::new(namespace.clone(), Name::new(""));
                (Bound::Included(lowest), Some(namespace.clone()))
            }
        };
        pods.flat_map(move |pods| pods.range((first.clone(), Bound::Unbounded)))
            .take_while(move |(key, _)| only.as_ref().is_none_or(|only| *only == key.namespace))
            .map(|(_, pod)| pod)
    }

    pub fn workload(&self, id: &WorkloadRef) -> Option<&Arc<Workload>> {
        self.workloads.get(id)
    }

    pub fn workloads(&self) -> impl Iterator<Item = &Arc<Workload>> {
        self.workloads.values()
    }

    /// The workloads of a scope, by kind, namespace and name.
    pub fn workloads_of(&self, scope: &Scope) -> Box<dyn Iterator<Item = &Arc<Workload>> + '_> {
        match scope {
            Scope::Cluster => Box::new(self.workloads()),
            Scope::Namespace(namespace) => {
                let namespace = namespace.clone();
                let kinds = WorkloadKind::ALL.into_iter();
                Box::new(kinds.flat_map(move |kind| self.workloads_in(kind, &namespace)))
            }
        }
    }

    /// The workloads of one kind in one namespace.
    pub fn workloads_in<'a>(
        &'a self,
        kind: WorkloadKind,
        namespace: &Namespace,
    ) -> impl Iterator<Item = &'a Arc<Workload>> + use<'a> {
        let lowest = WorkloadRef {
            kind,
            key: ObjectRef::new(namespace.clone(), Name::new("")),
        };
        let namespace = namespace.clone();
        self.workloads
            .range(lowest..)
            .take_while(move |(id, _)| id.kind == kind && id.key.namespace == namespace)
            .map(|(_, workload)| workload)
    }

    /// The workloads of one kind, by namespace and name.
    pub fn workloads_of_kind(&self, kind: WorkloadKind) -> impl Iterator<Item = &Arc<Workload>> {
        let lowest = WorkloadRef {
            kind,
            key: ObjectRef::new(Namespace::new(""), Name::new("")),
        };
        self.workloads
            .range(lowest..)
            .take_while(move |(id, _)| id.kind == kind)
            .map(|(_, workload)| workload)
    }

    /// Grows with every change of a Secret or a ServiceAccount of this namespace.
    pub fn credentials_version(&self, namespace: &Namespace) -> u64 {
        self.local.get(namespace).copied().unwrap_or_default()
    }

    /// Grows whenever a Pod of this namespace has pulled an image, one that had is gone, or one is told something
    /// else about why it cannot.
    pub fn pulled_version(&self, namespace: &Namespace) -> u64 {
        self.pulled.get(namespace).copied().unwrap_or_default()
    }

    /// How far a reader of [`Store::touched_since`] has read that has seen everything.
    pub fn touched_until(&self) -> u64 {
        self.touched.cursor()
    }

    /// Pods that fail or are on their way, and workloads, of which something was told since a reader was so
    /// far; `None` where so much was that it has to look at all of them.
    pub fn touched_since(&self, read: u64) -> Option<impl Iterator<Item = &Subject>> {
        self.touched.since(read)
    }

    /// How far a reader of [`Store::moved_since`] has read that has seen everything.
    pub fn moved_until(&self) -> u64 {
        self.moved.cursor()
    }

    /// Pods that came, went or changed their health since a reader was so far, in this order; `None` where
    /// there were too many.
    pub fn moved_since(&self, read: u64) -> Option<impl ExactSizeIterator<Item = &HealthChange>> {
        self.moved.since(read)
    }

    /// The workload that a person would name as the Pod's: its owner's owner where there is one.
    ///
    /// `None` for a bare Pod, and while the owner has not been seen.
    pub fn workload_of(&self, pod: &Pod) -> Option<&Arc<Workload>> {
        let owner = pod.meta.owner.as_ref()?;
        Some(self.root_owner(self.owner(&pod.key.namespace, owner)?))
    }

    /// The workload itself, or the one that makes it: a ReplicaSet's Deployment, a Job's CronJob.
    pub fn root_owner<'a>(&'a self, workload: &'a Arc<Workload>) -> &'a Arc<Workload> {
        let above = |workload: &&'a Arc<Workload>| {
            let owner = workload.meta.owner.as_ref()?;
            self.owner(&workload.id.key.namespace, owner)
        };
        std::iter::successors(Some(workload), above)
            .take(MOST_OWNERS)
            .last()
            .unwrap_or(workload)
    }

    /// An owner is of the same namespace: another one that is named is none to Kubernetes.
    fn owner(&self, namespace: &Namespace, owner: &OwnerReference) -> Option<&Arc<Workload>> {
        WorkloadKind::parse(&owner.kind)?;
        let id = self.workload_uids.get(&owner.uid)?;
        (id.key.namespace == *namespace).then(|| self.workloads.get(id))?
    }

    /// Pods that run as this ServiceAccount.
    pub fn pods_of_account(
        &self,
        key: &ObjectRef<ServiceAccount>,
    ) -> impl ExactSizeIterator<Item = &Name<Pod>> {
        self.users
            .pods_of_account(key)
            .map(BTreeSet::iter)
            .unwrap_or_default()
    }

    /// Pods that list this Secret, whether it exists or not.
    pub fn pods_of_secret(
        &self,
        key: &ObjectRef<Secret>,
    ) -> impl ExactSizeIterator<Item = &Name<Pod>> {
        self.users
            .pods_of_secret(key)
            .map(BTreeSet::iter)
            .unwrap_or_default()
    }

    /// ServiceAccounts that list this Secret, whether it exists or not.
    pub fn accounts_of_secret(
        &self,
        key: &ObjectRef<Secret>,
    ) -> impl ExactSizeIterator<Item = &Name<ServiceAccount>> {
        self.users
            .accounts_of_secret(key)
            .map(BTreeSet::iter)
            .unwrap_or_default()
    }

    /// Secrets, of all namespaces, that carry this credential.
    pub fn secrets_with(
        &self,
        credential: Fingerprint,
    ) -> impl ExactSizeIterator<Item = &ObjectRef<Secret>> {
        self.users
            .secrets_with(credential)
            .map(BTreeSet::iter)
            .unwrap_or_default()
    }

    /// Pods whose controlling owner has this uid.
    pub fn pods_of_owner(&self, uid: &str) -> impl ExactSizeIterator<Item = &ObjectRef<Pod>> {
        self.users
            .pods_of_owner(uid)
            .map(BTreeSet::iter)
            .unwrap_or_default()
    }

    /// Event lines, newest first.
    pub fn event_lines(&self) -> impl Iterator<Item = &EventSeries> {
        self.lines.iter()
    }

    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    pub fn event_line(&self, key: &EventSeriesKey) -> Option<&EventSeries> {
        self.lines.get(key)
    }

    /// Event lines about one object of a namespace.
    pub fn events_about(
        &self,
        kind: &str,
        namespace: &Namespace,
        name: &str,
    ) -> impl Iterator<Item = &EventSeries> {
        self.lines.about(kind, namespace, name)
    }

    /// What was said of a Pod, oldest first; not what was said of an earlier Pod of its name.
    pub fn events_of_pod(&self, pod: &ObjectRef<Pod>) -> Vec<Arc<Event>> {
        let now = self.pod(pod);
        let lines = self.events_about("Pod", &pod.namespace, pod.name.as_str());
        let mut events: Vec<_> = lines
            .filter(|line| now.is_none_or(|pod| line.event.regarding.refers_to(pod)))
            .map(|line| Arc::clone(&line.event))
            .collect();
        events.sort_by_key(|event| event.last);
        events
    }

    /// What the containers of this Pod last failed with, remembered across back-off.
    pub fn last_errors(&self, pod: &ObjectRef<Pod>) -> &[LastPullError] {
        self.memory.get(pod)
    }
}
