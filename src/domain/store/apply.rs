//! Applies updates to the store; the only code that changes it.

use std::{
    collections::{BTreeSet, HashSet},
    hash::Hash,
    sync::Arc,
};

use jiff::Timestamp;

use super::{Move, Tally, World};
use crate::domain::{
    k8s::{
        object_ref::{Key, Name, Namespace},
        objects::{
            Event, NamespaceObject, Owner, Pod, Secret, SecretType, ServiceAccount, Subject,
            Workload, WorkloadKey, WorkloadKind,
        },
        pod_status::{Health, pod_status},
        pull_failure,
    },
    store::{
        update::{Batch, Delta},
        watch::{Scope, SecretSlice},
    },
};

impl World {
    /// Applies an update of a watch; `now` is when it was received.
    pub fn fold(&mut self, batch: Batch, now: Timestamp) {
        match batch {
            Batch::Namespaces(delta) => self.fold_namespaces(delta),
            Batch::Secrets(slice, delta) => self.fold_secrets(slice, delta),
            Batch::ServiceAccounts(delta) => self.fold_accounts(delta),
            Batch::Pods(delta) => self.fold_pods(delta, now),
            Batch::Events(delta) => self.fold_events(delta),
            Batch::Workloads(kind, delta) => self.fold_workloads(kind, delta),
        }
    }

    fn fold_namespaces(&mut self, delta: Delta<NamespaceObject, Namespace>) {
        self.versions.namespaces += 1;
        let present = self.namespaces.keys().cloned();
        for gone in gone(&delta, present, |namespace| namespace.name.clone()) {
            self.namespaces.remove(&gone);
        }
        for namespace in delta.changed {
            self.namespaces.insert(namespace.name.clone(), namespace);
        }
    }

    fn fold_secrets(&mut self, slice: SecretSlice, delta: Delta<Secret>) {
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
            let before = self.secrets.put(Arc::clone(&secret));
            self.users.secret(before.as_deref(), Some(&secret));
        }
        self.stir(delta.replace, stirred);
    }

    fn fold_accounts(&mut self, delta: Delta<ServiceAccount>) {
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
            let before = self.accounts.put(Arc::clone(&account));
            self.users.account(before.as_deref(), Some(&account));
        }
        self.stir(delta.replace, stirred);
    }

    fn fold_pods(&mut self, delta: Delta<Pod>, now: Timestamp) {
        self.versions.pods += 1;
        let present = self.pods.iter(&delta.scope).map(|pod| pod.key.clone());
        for key in gone(&delta, present, |pod| pod.key.clone()) {
            let before = self.pods.remove(&key);
            self.use_of(before.as_deref(), None);
            self.memory.forget(&key);
            self.count(before.as_ref(), None);
        }
        for pod in delta.changed {
            let before = self.pods.put(Arc::clone(&pod));
            self.use_of(before.as_deref(), Some(&pod));
            self.memory.see_pod(before.as_deref(), &pod, now);
            self.count(before.as_ref(), Some(&pod));
            self.recall(&pod);
        }
    }

    fn fold_events(&mut self, delta: Delta<Event>) {
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
            if let Some(before) = self.events.put(Arc::clone(&event)) {
                self.lines.remove(&before);
            }
            self.lines.put(&event);
            if let Some(pod) = subject_pod(&event).and_then(|key| self.pods.get(&key)) {
                self.memory.see_event(pod, &event);
            }
            if let Some(subject) = self.subject(&event) {
                self.touched.note(subject);
            }
        }
    }

    fn fold_workloads(&mut self, kind: WorkloadKind, delta: Delta<Workload, WorkloadKey>) {
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
            self.touched.note(Subject::Workload(id));
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
            self.touched.note(Subject::Workload(id));
        }
    }

    /// What a Job does is told of its CronJob.
    fn touch_above(&mut self, workload: &Arc<Workload>) {
        let top = &self.top_of(workload).id;
        if *top != workload.id {
            let above = Subject::Workload(top.clone());
            self.touched.note(above);
        }
    }

    /// Of credentials that changed: the Pods of their namespaces may fail for another reason now, and the
    /// workloads without Pods.
    fn stir(&mut self, replaced: bool, namespaces: BTreeSet<Namespace>) {
        for namespace in &namespaces {
            *self.local.entry(namespace.clone()).or_default() += 1;
        }
        if replaced {
            self.touched.overflow();
            return;
        }
        for namespace in namespaces {
            let here = Scope::Namespace(namespace);
            let failing = [Health::PullFailing, Health::Failing]
                .into_iter()
                .flat_map(|health| self.pods_in(health, &here));
            let keys: Vec<_> = failing.map(|pod| pod.key.clone()).collect();
            for key in keys {
                self.touched.note(Subject::Pod(key));
            }
            let workloads = self
                .workloads_of(&here)
                .filter(|it| it.rollout.current == 0 || it.rollout.trouble.is_some());
            let ids: Vec<_> = workloads.map(|it| self.top_of(it).id.clone()).collect();
            for id in ids {
                self.touched.note(Subject::Workload(id));
            }
        }
    }

    /// Subjects whose diagnosis an event can change; events of a ReplicaSet count for its Deployment.
    fn subject(&self, event: &Event) -> Option<Subject> {
        if let Some(pod) = subject_pod(event) {
            return Some(Subject::Pod(pod));
        }
        let kind = WorkloadKind::parse(&event.subject.kind)?;
        let namespace = event.subject.namespace.clone()?;
        let key = Key::new(namespace, Name::new(Arc::clone(&event.subject.name)));
        let workload = self.workloads.get(&WorkloadKey { kind, key })?;
        Some(Subject::Workload(self.top_of(workload).id.clone()))
    }

    fn use_of(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        if self.users.pod(before, after) {
            self.versions.users += 1;
        }
    }

    /// Keeps the sums per namespace and the Pods by health.
    fn count(&mut self, before: Option<&Arc<Pod>>, after: Option<&Arc<Pod>>) {
        let health = |pod: Option<&Arc<Pod>>| pod.map(|pod| pod_status(pod).health);
        let (was, is) = (health(before), health(after));
        let is_unwell = |health: Option<Health>| health.is_some_and(|it| !it.is_sound());
        if let Some(pod) = after.or(before)
            && (is_unwell(was) || is_unwell(is))
        {
            self.touched.note(Subject::Pod(pod.key.clone()));
        }
        if let Some(pod) = after.or(before)
            && !has_pulled(before).eq(has_pulled(after))
        {
            self.versions.pulled += 1;
            *self.pulled.entry(pod.key.namespace.clone()).or_default() += 1;
        }
        let moved = was != is;
        self.versions.places += u64::from(moved);
        if moved && let Some(pod) = after.or(before) {
            self.moved.note(Move {
                pod: pod.key.clone(),
                from: was,
                to: is,
            });
        }
        if moved && let Some((pod, health)) = before.zip(was) {
            if let Some(pods) = self.by_health.get_mut(&health) {
                pods.remove(&pod.key);
            }
            if let Some(tally) = self.tallies.get_mut(&pod.key.namespace) {
                tally.add(health, usize::wrapping_sub);
                if tally.pods == 0 {
                    self.tallies.remove(&pod.key.namespace);
                }
            }
        }
        if let Some((pod, health)) = after.zip(is) {
            let pods = self.by_health.entry(health).or_default();
            pods.insert(pod.key.clone(), Arc::clone(pod));
            if moved {
                let tally = self.tallies.entry(pod.key.namespace.clone());
                tally.or_default().add(health, usize::wrapping_add);
            }
        }
    }

    /// Events may arrive before the Pod that they are about.
    fn recall(&mut self, pod: &Pod) {
        if pull_failure::failures(pod).next().is_none() || !self.memory.of(&pod.key).is_empty() {
            return;
        }
        for line in self
            .lines
            .about("Pod", &pod.key.namespace, pod.key.name.as_str())
        {
            self.memory.see_event(pod, &line.event);
        }
    }
}

impl Tally {
    fn add(&mut self, health: Health, step: fn(usize, usize) -> usize) {
        self.pods = step(self.pods, 1);
        match health {
            Health::PullFailing => self.pull_failing = step(self.pull_failing, 1),
            Health::Failing => self.failing = step(self.failing, 1),
            Health::Progressing | Health::Healthy | Health::Finished => {}
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
        return delta.gone.clone();
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

fn slice_of(secret: &Secret) -> SecretSlice {
    match secret.secret_type {
        SecretType::DockerConfigJson => SecretSlice::DockerConfigJson,
        SecretType::DockerCfg => SecretSlice::DockerCfg,
        SecretType::Other(_) => SecretSlice::Other,
    }
}

/// The images that a Pod's containers were started from, or are about to be.
fn has_pulled(pod: Option<&Arc<Pod>>) -> impl Iterator<Item = &Arc<str>> {
    let containers = pod.into_iter().flat_map(|pod| &pod.containers);
    containers.filter(|it| it.has_image()).map(|it| &it.image)
}

/// What [`Versions::specs`](super::Versions::specs) is about.
fn spec(workload: &Workload) -> (i64, &str, Option<&Owner>) {
    let (meta, rollout) = (&workload.meta, &workload.rollout);
    (rollout.generation, &meta.uid, meta.owner.as_deref())
}

fn subject_pod(event: &Event) -> Option<Key<Pod>> {
    if &*event.subject.kind != "Pod" {
        return None;
    }
    let namespace = event.subject.namespace.clone()?;
    let name = Name::new(Arc::clone(&event.subject.name));
    Some(Key::new(namespace, name))
}
