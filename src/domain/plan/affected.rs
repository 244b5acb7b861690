//! The Pods and workloads that a plan affects, before it is applied.
//!
//! What comes after is told by this: which Pods were there before is known by their uids, and what the
//! controllers have not seen yet by the generation of the workload. The clock of the server may be another
//! than ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Outcome, Plan,
    change::{Affects, Change},
};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Pod, Secret, Subject, Workload, WorkloadKind, WorkloadRef},
    },
    store::{Store, watch::Scope},
};

/// What a plan is for, as it is before the plan is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    pub(super) pods: Vec<AffectedPod>,
    /// Workloads of which all Pods have to be ready.
    pub(super) whole: BTreeMap<WorkloadRef, Awaited>,
    /// The uids of all Pods of these workloads and controllers.
    pub(super) before: BTreeSet<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AffectedPod {
    pub(super) key: ObjectRef<Pod>,
    pub(super) uid: Arc<str>,
    pub(super) controller: Option<Controller>,
    /// The plan deletes it.
    pub(super) is_deleted: bool,
}

/// What replaces a Pod: the workload at the top of its owners, else its direct owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Controller {
    Workload(WorkloadRef),
    Owner(Arc<str>),
}

/// What the store has to show of a workload before it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Awaited {
    /// `metadata.generation` before the plan.
    pub(super) generation: i64,
    /// Changes of its spec in the plan; each makes the generation grow by one.
    pub(super) changes: i64,
    /// The plan changes its template, so that its old Pods go.
    pub(super) rolls: bool,
}

impl Affected {
    /// What this plan is for. `pods`, `workloads`: what suffers from the fault; what the plan does not reach
    /// is not waited for.
    pub fn new(
        store: &Store,
        plan: &Plan,
        pods: impl IntoIterator<Item = ObjectRef<Pod>>,
        workloads: impl IntoIterator<Item = WorkloadRef>,
    ) -> Self {
        let reached = Reached::by(plan);
        let mut affected = Self {
            whole: reached.rolled.clone(),
            ..Self::default()
        };
        for (id, awaited) in &mut affected.whole {
            awaited.generation = store
                .workload(id)
                .map_or(0, |workload| workload.status.generation);
        }
        // Nothing takes the place of a Pod without a controller that somebody wants deleted.
        let is_replaced = |key: &&ObjectRef<Pod>| {
            let pod = store.pod(key);
            pod.is_some_and(|pod| pod.meta.owner.is_some())
        };
        let deleted = reached.deleted.iter().filter(is_replaced).cloned();
        let pods: BTreeSet<ObjectRef<Pod>> = pods.into_iter().chain(deleted).collect();
        for key in pods {
            let Some(pod) = store.pod(&key) else { continue };
            let workload = store.workload_of(pod);
            let is_whole = workload.is_some_and(|id| affected.whole.contains_key(&id.id));
            if !is_whole && reached.reaches(pod, workload.map(|workload| &**workload)) {
                affected.pods.push(AffectedPod {
                    uid: Arc::clone(&pod.meta.uid),
                    controller: controller(store, pod),
                    is_deleted: reached.deletes(pod, workload.map(|workload| &workload.id)),
                    key,
                });
            }
        }
        for id in workloads {
            let makes_none = store
                .workload(&id)
                .is_some_and(|workload| workload.status.current == 0);
            if makes_none && reached.is_shared() {
                affected.whole.entry(id).or_default();
            }
        }
        affected.before = affected.uids(store);
        affected
    }

    fn uids(&self, store: &Store) -> BTreeSet<Arc<str>> {
        let namespaces = self.pods.iter().map(|pod| &pod.key.namespace);
        let namespaces = namespaces.chain(self.whole.keys().map(|id| &id.key.namespace));
        let namespaces: BTreeSet<_> = namespaces.collect();
        let pods = namespaces.into_iter().flat_map(|namespace| {
            let here = Scope::Namespace(namespace.clone());
            store
                .pods(&here)
                .map(|pod| Arc::clone(&pod.meta.uid))
                .collect::<Vec<_>>()
        });
        pods.collect()
    }

    /// Nothing is waited for.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty() && self.whole.is_empty()
    }

    /// Does not wait for a change that turned out to be made already.
    pub fn applied(&mut self, plan: &Plan, outcomes: &[Outcome]) {
        for (change, outcome) in plan.changes.iter().zip(outcomes) {
            if *outcome == Outcome::Applied {
                continue;
            }
            for (id, writes) in rolled(change) {
                if let Some(awaited) = self.whole.get_mut(&id) {
                    awaited.changes -= writes;
                }
            }
        }
    }

    /// The workloads that the plan is for.
    pub fn workloads(&self) -> Vec<WorkloadRef> {
        let of_pods = self.pods.iter().filter_map(|pod| match &pod.controller {
            Some(Controller::Workload(id)) => Some(id),
            Some(Controller::Owner(_)) | None => None,
        });
        let all: BTreeSet<&WorkloadRef> = self.whole.keys().chain(of_pods).collect();
        all.into_iter().cloned().collect()
    }

    /// A Pod of those that the plan is for, where none of a workload is.
    pub fn pod(&self) -> Option<&ObjectRef<Pod>> {
        self.pods.first().map(|pod| &pod.key)
    }
}

fn controller(store: &Store, pod: &Pod) -> Option<Controller> {
    if let Some(workload) = store.workload_of(pod) {
        return Some(Controller::Workload(workload.id.clone()));
    }
    let owner = pod.meta.owner.as_ref()?;
    Some(Controller::Owner(Arc::clone(&owner.uid)))
}

/// The workloads whose templates a change changes, each with so many writes of its spec.
fn rolled(change: &Change) -> impl Iterator<Item = (WorkloadRef, i64)> {
    let affected = change.kind().affects().into_iter();
    affected.filter_map(|affected| match affected {
        Affects::Rollout { workload, writes } => Some((workload, writes)),
        Affects::Secret(_)
        | Affects::Account
        | Affects::Subject(_)
        | Affects::Pod(_)
        | Affects::Job(_) => None,
    })
}

/// Whether a changed template replaces the Pods of this kind.
pub(super) fn rolls(kind: WorkloadKind) -> bool {
    match kind {
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => true,
        WorkloadKind::ReplicaSet | WorkloadKind::Job | WorkloadKind::CronJob => false,
    }
}

/// What the changes of a plan reach.
#[derive(Default)]
struct Reached {
    rolled: BTreeMap<WorkloadRef, Awaited>,
    subjects: BTreeSet<Subject>,
    jobs: BTreeSet<ObjectRef<Workload>>,
    deleted: BTreeSet<ObjectRef<Pod>>,
    /// What lists one of these is reached by the kubelet's next attempt.
    secrets: BTreeSet<ObjectRef<Secret>>,
    /// A ServiceAccount, or its list: new Pods are reached.
    account: bool,
}

impl Reached {
    fn by(plan: &Plan) -> Self {
        let mut reached = Self::default();
        for change in &plan.changes {
            for (id, changes) in rolled(change) {
                let awaited = reached.rolled.entry(id).or_default();
                awaited.changes += changes;
                awaited.rolls = true;
            }
            for affected in change.kind().affects() {
                reached.add(affected);
            }
        }
        reached
    }

    fn add(&mut self, affected: Affects) {
        match affected {
            Affects::Secret(key) => {
                self.secrets.insert(key);
            }
            Affects::Account => self.account = true,
            Affects::Subject(subject) => {
                self.subjects.insert(subject);
            }
            Affects::Pod(key) => {
                self.deleted.insert(key);
            }
            Affects::Job(key) => {
                self.jobs.insert(key);
            }
            // Of these all Pods have to be ready.
            Affects::Rollout { .. } => {}
        }
    }

    fn is_shared(&self) -> bool {
        self.account || !self.secrets.is_empty()
    }

    /// Whether this Pod gets what it needs, or goes. A new list of its ServiceAccount does not reach a Pod
    /// that exists.
    fn reaches(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        let subject = workload.map(|workload| Subject::Workload(workload.id.clone()));
        let subject = subject.unwrap_or_else(|| Subject::Pod(pod.key.clone()));
        let lists = |secret: &ObjectRef<Secret>| {
            secret.namespace == pod.key.namespace && pod.pull_secrets.contains(&secret.name)
        };
        self.deleted.contains(&pod.key)
            || self.subjects.contains(&subject)
            || self.deletes_job(pod)
            || self.secrets.iter().any(lists)
    }

    fn deletes_job(&self, pod: &Pod) -> bool {
        pod.meta.owner.as_ref().is_some_and(|owner| {
            let name: Name<Workload> = Name::new(Arc::clone(&owner.name));
            let job = ObjectRef::new(pod.key.namespace.clone(), name);
            &*owner.kind == WorkloadKind::Job.as_str() && self.jobs.contains(&job)
        })
    }

    /// Whether a Pod is there no more after the plan.
    fn deletes(&self, pod: &Pod, workload: Option<&WorkloadRef>) -> bool {
        self.deleted.contains(&pod.key)
            || self.deletes_job(pod)
            || workload.is_some_and(|id| self.rolled.contains_key(id))
    }
}
