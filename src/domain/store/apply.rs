//! Applies updates to the store; the only code that changes it.

use std::{
    collections::{BTreeSet, HashSet},
    hash::Hash,
    sync::Arc,
};

use jiff::Timestamp;

use super::{HealthChange, NamespaceCounts, Store};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{
            Event, NamespaceObject, OwnerReference, Pod, Secret, SecretType, ServiceAccount,
            Subject, Workload, WorkloadKind, WorkloadRef,
        },
        pod_status::{PodHealth, pod_status},
        pull_failure,
    },
    store::{
        update::{Delta, StoreUpdate},
        watch::{Scope, SecretWatch},
    },
};

impl Store {
    /// Applies an update of a watch; `now` is when it was received.
    pub fn apply(&mut self, batch: StoreUpdate, now: Timestamp) {
        match batch {
            StoreUpdate::Namespaces(delta) => self.apply_namespaces(delta),
            StoreUpdate::Secrets(slice, delta) => self.apply_secrets(slice, delta),
            StoreUpdate::ServiceAccounts(delta) => self.apply_accounts(delta),
            StoreUpdate::Pods(delta) => self.apply_pods(delta, now),
            StoreUpdate::Events(delta) => self.apply_events(delta),
            StoreUpdate::Workloads(kind, delta) => self.apply_workloads(kind, delta),
        }
    }

    fn apply_namespaces(&mut self, delta: Delta<NamespaceObject, Namespace>) {
        self.versions.namespaces += 1;
        let present = self.namespaces.keys().cloned();
        for gone in gone(&delta, present, |namespace| namespace.name.clone()) {
            self.namespaces.remove(&gone);
        }
        for namespace in delta.changed {
            self.namespaces.insert(namespace.name.clone(), namespace);
        }
    }

    fn apply_secrets(&mut self, slice: SecretWatch, delta: Delta<Secret>) {
        self.versions.secrets += 1;
        let mut stirred = BTreeSet::new();
        let present = self
            .secrets
            .iter(&delta.scope)
            .filter(|secret| slice_of(secret) == slice)
            .map(|secret| secret.key.clone());
        for key in gone(&delta, present, |secret| secret.key.clone()) {
            // A Secret made again under another type belongs to another watch, which may have
            // spoken first.
            if self
                .secrets
                .get(&key)
                .is_some_and(|secret| slice_of(secret) == slice)
            {
                let before = self.secrets.remove(&key);
                self.users.secret(before.as_deref(), None);
                stirred.insert(key.namespace);
            }
        }
        for secret in delta.changed {
            // The list of another watch may be older than the Secret that was made in place of its own.
            if self.secrets.get(&secret.key).is_some_and(|known| {
                slice_of(known) != slice && known.meta.created > secret.meta.created
            }) {
                continue;
            }
            stirred.insert(secret.key.namespace.clone());
            let before = self.secrets.insert(Arc::clone(&secret));
            self.users.secret(before.as_deref(), Some(&secret));
        }
        self.mark_namespaces_changed(delta.replace, stirred);
    }

    fn apply_accounts(&mut self, delta: Delta<ServiceAccount>) {
        self.versions.accounts += 1;
        self.versions.users += 1;
        let mut stirred = BTreeSet::new();
        let present = self
            .accounts
            .iter(&delta.scope)
            .map(|account| account.key.clone());
        for key in gone(&delta, present, |account| account.key.clone()) {
            let before = self.accounts.remove(&key);
            self.users.account(before.as_deref(), None);
            stirred.insert(key.namespace);
        }
        for account in delta.changed {
            stirred.insert(account.key.namespace.clone());
            let before = self.accounts.insert(Arc::clone(&account));
            self.users.account(before.as_deref(), Some(&account));
        }
        self.mark_namespaces_changed(delta.replace, stirred);
    }

    fn apply_pods(&mut self, delta: Delta<Pod>, now: Timestamp) {
        self.versions.pods += 1;
        let present = self.pods.iter(&delta.scope).map(|pod| pod.key.clone());
        for key in gone(&delta, present, |pod| pod.key.clone()) {
            let before = self.pods.remove(&key);
            self.update_references(before.as_deref(), None);
            self.memory.remove(&key);
            self.count(before.as_ref(), None);
        }
        for pod in delta.changed {
            let before = self.pods.insert(Arc::clone(&pod));
            self.update_references(before.as_deref(), Some(&pod));
            if self.memory.observe_pod(before.as_deref(), &pod, now) {
                self.note_pull(&pod.key.namespace);
            }
            self.count(before.as_ref(), Some(&pod));
            self.replay_events(&pod);
        }
    }

    fn apply_events(&mut self, delta: Delta<Event>) {
        self.versions.events += 1;
        let present = self
            .events
            .iter(&delta.scope)
            .map(|event| event.key.clone());
        for key in gone(&delta, present, |event| event.key.clone()) {
            if let Some(before) = self.events.remove(&key) {
                self.lines.remove(&before);
            }
        }
        for event in delta.changed {
            if let Some(before) = self.events.insert(Arc::clone(&event)) {
                self.lines.remove(&before);
            }
            self.lines.put(&event);
            if let Some(pod) = subject_pod(&event).and_then(|key| self.pods.get(&key))
                && self.memory.observe_event(pod, &event)
            {
                let namespace = pod.key.namespace.clone();
                self.note_pull(&namespace);
            }
            if let Some(subject) = self.subject(&event) {
                self.touched.push(subject);
            }
        }
    }

    fn apply_workloads(&mut self, kind: WorkloadKind, delta: Delta<Workload, WorkloadRef>) {
        self.versions.workloads += 1;
        let present = self
            .workloads
            .keys()
            .filter(|id| id.kind == kind && in_scope(&id.key.namespace, &delta.scope))
            .cloned();
        for id in gone(&delta, present, |workload| workload.id.clone()) {
            if let Some(before) = self.workloads.remove(&id) {
                self.workload_uids.remove(&before.meta.uid);
                self.touch_above(&before);
            }
            self.versions.specs += 1;
            self.touched.push(Subject::Workload(id));
        }
        for workload in delta.changed {
            let id = workload.id.clone();
            let uid = Arc::clone(&workload.meta.uid);
            self.workload_uids.insert(uid, id.clone());
            let was = self.workloads.insert(id.clone(), Arc::clone(&workload));
            // Made again, and nothing told that the first one went.
            if let Some(was) = was.as_ref().filter(|it| it.meta.uid != workload.meta.uid) {
                self.workload_uids.remove(&was.meta.uid);
            }
            if was.is_none_or(|was| spec(&was) != spec(&workload)) {
                self.versions.specs += 1;
            }
            self.touch_above(&workload);
            self.touched.push(Subject::Workload(id));
        }
    }

    /// What a Job does is told of its CronJob.
    fn touch_above(&mut self, workload: &Arc<Workload>) {
        let top = &self.root_owner(workload).id;
        if *top != workload.id {
            let above = Subject::Workload(top.clone());
            self.touched.push(above);
        }
    }

    /// Of credentials that changed: the Pods of their namespaces may fail for another reason now, and the
    /// workloads without Pods.
    fn mark_namespaces_changed(&mut self, replaced: bool, namespaces: BTreeSet<Namespace>) {
        for namespace in &namespaces {
            *self.local.entry(namespace.clone()).or_default() += 1;
        }
        if replaced {
            self.touched.reset();
            return;
        }
        for namespace in namespaces {
            let here = Scope::Namespace(namespace);
            let failing = [PodHealth::PullFailing, PodHealth::Failing]
                .into_iter()
                .flat_map(|health| self.pods_in(health, &here));
            let keys: Vec<_> = failing.map(|pod| pod.key.clone()).collect();
            for key in keys {
                self.touched.push(Subject::Pod(key));
            }
            let workloads = self
                .workloads_of(&here)
                .filter(|it| it.status.current == 0 || it.status.failure_condition.is_some());
            let ids: Vec<_> = workloads.map(|it| self.root_owner(it).id.clone()).collect();
            for id in ids {
                self.touched.push(Subject::Workload(id));
            }
        }
    }

    /// Subjects whose diagnosis an event can change; events of a ReplicaSet count for its Deployment.
    fn subject(&self, event: &Event) -> Option<Subject> {
        if let Some(pod) = subject_pod(event) {
            return Some(Subject::Pod(pod));
        }
        let kind = WorkloadKind::parse(&event.regarding.kind)?;
        let namespace = event.regarding.namespace.clone()?;
        let key = ObjectRef::new(namespace, Name::new(Arc::clone(&event.regarding.name)));
        let workload = self.workloads.get(&WorkloadRef { kind, key })?;
        Some(Subject::Workload(self.root_owner(workload).id.clone()))
    }

    fn update_references(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        if self.users.pod(before, after) {
            self.versions.users += 1;
        }
    }

    /// Keeps the sums per namespace and the Pods by health.
    fn count(&mut self, before: Option<&Arc<Pod>>, after: Option<&Arc<Pod>>) {
        let health = |pod: Option<&Arc<Pod>>| pod.map(|pod| pod_status(pod).health);
        let (was, is) = (health(before), health(after));
        let is_unwell = |health: Option<PodHealth>| health.is_some_and(|it| !it.is_sound());
        if let Some(pod) = after.or(before)
            && (is_unwell(was) || is_unwell(is))
        {
            self.touched.push(Subject::Pod(pod.key.clone()));
        }
        if let Some(pod) = after.or(before)
            && !has_pulled(before).eq(has_pulled(after))
        {
            self.note_pull(&pod.key.namespace);
        }
        let moved = was != is;
        self.versions.places += u64::from(moved);
        if moved && let Some(pod) = after.or(before) {
            self.moved.push(HealthChange {
                pod: pod.key.clone(),
                from: was,
                to: is,
            });
        }
        if moved && let Some((pod, health)) = before.zip(was) {
            if let Some(pods) = self.by_health.get_mut(&health) {
                pods.remove(&pod.key);
            }
            if let Some(tally) = self.counts.get_mut(&pod.key.namespace) {
                tally.add(health, usize::wrapping_sub);
                if tally.pods == 0 {
                    self.counts.remove(&pod.key.namespace);
                }
            }
        }
        if let Some((pod, health)) = after.zip(is) {
            let pods = self.by_health.entry(health).or_default();
            pods.insert(pod.key.clone(), Arc::clone(pod));
            if moved {
                let tally = self.counts.entry(pod.key.namespace.clone());
                tally.or_default().add(health, usize::wrapping_add);
            }
        }
    }

    /// What other Pods of the namespace show of images and credentials has changed.
    fn note_pull(&mut self, namespace: &Namespace) {
        self.versions.pulled += 1;
        *self.pulled.entry(namespace.clone()).or_default() += 1;
    }

    /// Events may arrive before the Pod that they are about.
    fn replay_events(&mut self, pod: &Pod) {
        if pull_failure::pull_failures(pod).next().is_none()
            || !self.memory.get(&pod.key).is_empty()
        {
            return;
        }
        let mut is_news = false;
        for line in self
            .lines
            .about("Pod", &pod.key.namespace, pod.key.name.as_str())
        {
            is_news |= self.memory.observe_event(pod, &line.event);
        }
        if is_news {
            self.note_pull(&pod.key.namespace);
        }
    }
}

impl NamespaceCounts {
    fn add(&mut self, health: PodHealth, step: fn(usize, usize) -> usize) {
        self.pods = step(self.pods, 1);
        match health {
            PodHealth::PullFailing => self.pull_failing = step(self.pull_failing, 1),
            PodHealth::Failing => self.failing = step(self.failing, 1),
            PodHealth::Progressing | PodHealth::Healthy | PodHealth::Finished => {}
        }
    }
}

/// The keys that a delta takes away: those it names, or those that a whole list no longer has.
fn gone<T, K: Hash + Eq + Clone>(
    delta: &Delta<T, K>,
    present: impl Iterator<Item = K>,
    key: impl Fn(&T) -> K,
) -> Vec<K> {
    if !delta.replace {
        return delta.removed.clone();
    }
    let listed: HashSet<K> = delta.changed.iter().map(|object| key(object)).collect();
    present.filter(|key| !listed.contains(key)).collect()
}

fn in_scope(namespace: &Namespace, scope: &Scope) -> bool {
    match scope {
        Scope::Cluster => true,
        Scope::Namespace(only) => only == namespace,
    }
}

fn slice_of(secret: &Secret) -> SecretWatch {
    match secret.secret_type {
        SecretType::DockerConfigJson => SecretWatch::DockerConfigJson,
        SecretType::DockerCfg => SecretWatch::DockerCfg,
        SecretType::Other(_) => SecretWatch::Other,
    }
}

/// The images that a Pod's containers were started from, or are about to be.
fn has_pulled(pod: Option<&Arc<Pod>>) -> impl Iterator<Item = &Arc<str>> {
    let containers = pod.into_iter().flat_map(|pod| &pod.containers);
    containers.filter(|it| it.has_image()).map(|it| &it.image)
}

/// What [`Versions::specs`](super::Versions::specs) is about.
fn spec(workload: &Workload) -> (i64, &str, Option<&OwnerReference>) {
    let (meta, rollout) = (&workload.meta, &workload.status);
    (rollout.generation, &meta.uid, meta.owner.as_deref())
}

fn subject_pod(event: &Event) -> Option<ObjectRef<Pod>> {
    if &*event.regarding.kind != "Pod" {
        return None;
    }
    let namespace = event.regarding.namespace.clone()?;
    let name = Name::new(Arc::clone(&event.regarding.name));
    Some(ObjectRef::new(namespace, name))
}
