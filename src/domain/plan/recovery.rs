//! Whether what a plan was for has recovered: every Pod that suffered is ready, or what replaced it.
//!
//! Judged by what comes after the plan was applied. Which Pods were there before is known by their uids, and
//! what the controllers have not seen yet by the generation of the workload: the clock of the server may be
//! another than ours. That a fault has another name now is no recovery.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Change, Outcome, Plan};
use crate::domain::{
    key::{Key, Name},
    objects::{Pod, ServiceAccount, Subject, Workload, WorkloadKey, WorkloadKind},
    status::{Health, pod_status},
    watch::Scope,
    world::World,
};

/// What a plan is for, as it is before the plan is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    pods: Vec<AffectedPod>,
    /// Workloads of which all Pods have to be ready.
    whole: BTreeMap<WorkloadKey, Awaited>,
    /// The uids of all Pods of these workloads and controllers.
    before: BTreeSet<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct AffectedPod {
    key: Key<Pod>,
    uid: Arc<str>,
    controller: Option<Controller>,
    /// The plan deletes it.
    is_deleted: bool,
}

/// What replaces a Pod: the workload at the top of its owners, else its direct owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Controller {
    Workload(WorkloadKey),
    Owner(Arc<str>),
}

/// What the store has to show of a workload before it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Awaited {
    /// `metadata.generation` before the plan.
    generation: i64,
    /// Changes of its spec in the plan; each makes the generation grow by one.
    changes: i64,
    /// The plan changes its template, so that its old Pods go.
    rolls: bool,
}

/// How far the recovery is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Pods that have to be ready.
    pub wanted: usize,
    pub ready: usize,
    /// Pods that fail now, and that the plan does not take away.
    pub failing: Vec<Key<Pod>>,
    /// Some of those are new since the plan was applied.
    pub new_ones_fail: bool,
    /// Something has not been seen yet, or is on its way.
    pub pending: bool,
}

impl Recovery {
    pub fn is_complete(&self) -> bool {
        !self.pending && self.failing.is_empty() && self.ready >= self.wanted
    }
}

impl Affected {
    /// What this plan is for. `pods`, `workloads`: what suffers from the fault; what the plan does not reach
    /// is not waited for.
    pub fn of(
        world: &World,
        plan: &Plan,
        pods: impl IntoIterator<Item = Key<Pod>>,
        workloads: impl IntoIterator<Item = WorkloadKey>,
    ) -> Self {
        let reached = Reached::by(plan);
        let mut affected = Self {
            whole: reached.rolled.clone(),
            ..Self::default()
        };
        for (id, awaited) in &mut affected.whole {
            awaited.generation = world
                .workload(id)
                .map_or(0, |workload| workload.rollout.generation);
        }
        let deleted = plan.changes.iter().filter_map(|change| match change {
            Change::DeletePod(key) => Some(key.clone()),
            _ => None,
        });
        let pods: BTreeSet<Key<Pod>> = pods.into_iter().chain(deleted).collect();
        for key in pods {
            let Some(pod) = world.pod(&key) else { continue };
            let workload = world.workload_of(pod);
            let is_whole = workload.is_some_and(|id| affected.whole.contains_key(&id.id));
            if !is_whole && reached.reaches(pod, workload.map(|workload| &**workload)) {
                affected.pods.push(AffectedPod {
                    uid: Arc::clone(&pod.meta.uid),
                    controller: controller(world, pod),
                    is_deleted: reached.deletes(pod, workload.map(|workload| &workload.id)),
                    key,
                });
            }
        }
        for id in workloads {
            let makes_none = world
                .workload(&id)
                .is_some_and(|workload| workload.rollout.current == 0);
            if makes_none && reached.is_shared() {
                affected.whole.entry(id).or_default();
            }
        }
        affected.before = affected.uids(world);
        affected
    }

    fn uids(&self, world: &World) -> BTreeSet<Arc<str>> {
        let namespaces = self.pods.iter().map(|pod| &pod.key.namespace);
        let namespaces = namespaces.chain(self.whole.keys().map(|id| &id.key.namespace));
        let namespaces: BTreeSet<_> = namespaces.collect();
        let pods = namespaces.into_iter().flat_map(|namespace| {
            let here = Scope::Namespace(namespace.clone());
            world
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
            if *outcome != Outcome::Applied
                && let Some((id, _)) = rolled(change)
                && let Some(awaited) = self.whole.get_mut(&id)
            {
                awaited.changes -= 1;
            }
        }
        for awaited in self.whole.values_mut() {
            awaited.changes = awaited.changes.max(0);
        }
    }

    /// The workloads that the plan is for.
    pub fn workloads(&self) -> Vec<WorkloadKey> {
        let of_pods = self.pods.iter().filter_map(|pod| match &pod.controller {
            Some(Controller::Workload(id)) => Some(id),
            Some(Controller::Owner(_)) | None => None,
        });
        let all: BTreeSet<&WorkloadKey> = self.whole.keys().chain(of_pods).collect();
        all.into_iter().cloned().collect()
    }

    /// A Pod of those that the plan is for, where none of a workload is.
    pub fn pod(&self) -> Option<&Key<Pod>> {
        self.pods.first().map(|pod| &pod.key)
    }
}

fn controller(world: &World, pod: &Pod) -> Option<Controller> {
    match world.workload_of(pod) {
        Some(workload) => Some(Controller::Workload(workload.id.clone())),
        None => {
            let owner = pod.meta.owner.as_ref()?;
            Some(Controller::Owner(Arc::clone(&owner.uid)))
        }
    }
}

/// The workload whose template a change changes, and by how many writes of its spec.
fn rolled(change: &Change) -> Option<(WorkloadKey, i64)> {
    match change {
        Change::Restart(workload)
        | Change::SetAccount { workload, .. }
        | Change::SetTemplatePullSecrets { workload, .. } => Some((workload.id().clone(), 1)),
        Change::SetImage { workload, .. } => {
            let id = workload.workload()?;
            rolls(id.kind).then(|| (id.clone(), 1))
        }
        Change::RollBack { deployment, .. } => Some((
            WorkloadKey {
                kind: WorkloadKind::Deployment,
                key: deployment.clone(),
            },
            1,
        )),
        Change::CreateDeployment(deployment) => Some((deployment.id(), 0)),
        Change::CreateNamespace(_)
        | Change::CreateSecret { .. }
        | Change::EditSecret { .. }
        | Change::ConvertSecret { .. }
        | Change::CopySecret(_)
        | Change::DeleteSecret { .. }
        | Change::CreateAccount { .. }
        | Change::DeleteAccount { .. }
        | Change::AttachSecret { .. }
        | Change::DetachSecret { .. }
        | Change::SetPaused { .. }
        | Change::DeletePod(_)
        | Change::DeleteJob(_)
        | Change::TakeBack { .. } => None,
    }
}

fn rolls(kind: WorkloadKind) -> bool {
    match kind {
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => true,
        WorkloadKind::ReplicaSet | WorkloadKind::Job | WorkloadKind::CronJob => false,
    }
}

/// What the changes of a plan reach.
#[derive(Default)]
struct Reached {
    rolled: BTreeMap<WorkloadKey, Awaited>,
    subjects: BTreeSet<Subject>,
    jobs: BTreeSet<Key<Workload>>,
    deleted: BTreeSet<Key<Pod>>,
    /// A Secret: all that suffer from the same fault are reached.
    secret: bool,
    accounts: BTreeSet<Key<ServiceAccount>>,
}

impl Reached {
    fn by(plan: &Plan) -> Self {
        let mut reached = Self::default();
        for change in &plan.changes {
            if let Some((id, changes)) = rolled(change) {
                let awaited = reached.rolled.entry(id).or_default();
                awaited.changes += changes;
                awaited.rolls = true;
            }
            reached.add(change);
        }
        reached
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::CreateSecret { .. }
            | Change::EditSecret { .. }
            | Change::ConvertSecret { .. }
            | Change::CopySecret(_) => self.secret = true,
            Change::CreateAccount { key, .. } => {
                self.accounts.insert(key.clone());
            }
            Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. } => {
                self.accounts.insert(account.clone());
            }
            Change::SetImage { workload, .. } => {
                self.subjects.insert(workload.subject().clone());
            }
            Change::DeletePod(key) => {
                self.deleted.insert(key.clone());
            }
            Change::DeleteJob(key) => {
                self.jobs.insert(key.clone());
            }
            Change::CreateNamespace(_)
            | Change::DeleteSecret { .. }
            | Change::DeleteAccount { .. }
            | Change::SetAccount { .. }
            | Change::SetTemplatePullSecrets { .. }
            | Change::CreateDeployment(_)
            | Change::Restart(_)
            | Change::SetPaused { .. }
            | Change::RollBack { .. }
            | Change::TakeBack { .. } => {}
        }
    }

    fn is_shared(&self) -> bool {
        self.secret || !self.accounts.is_empty()
    }

    fn reaches(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        let subject = workload.map(|workload| Subject::Workload(workload.id.clone()));
        let subject = subject.unwrap_or_else(|| Subject::Pod(pod.key.clone()));
        let account: Key<ServiceAccount> =
            Key::new(pod.key.namespace.clone(), pod.service_account.clone());
        let own_list = workload.is_some_and(|workload| !workload.pull_secrets.is_empty());
        self.deleted.contains(&pod.key)
            || self.subjects.contains(&subject)
            || self.deletes_job(pod)
            || (self.accounts.contains(&account) && !own_list)
            || (self.secret && (self.accounts.is_empty() || self.accounts.contains(&account)))
    }

    fn deletes_job(&self, pod: &Pod) -> bool {
        pod.meta.owner.as_ref().is_some_and(|owner| {
            let name: Name<Workload> = Name::new(Arc::clone(&owner.name));
            let job = Key::new(pod.key.namespace.clone(), name);
            &*owner.kind == WorkloadKind::Job.as_str() && self.jobs.contains(&job)
        })
    }

    /// Whether a Pod is there no more after the plan.
    fn deletes(&self, pod: &Pod, workload: Option<&WorkloadKey>) -> bool {
        self.deleted.contains(&pod.key)
            || self.deletes_job(pod)
            || workload.is_some_and(|id| self.rolled.contains_key(id))
    }
}

/// How far what a plan was for has recovered.
pub fn recovery(world: &World, affected: &Affected) -> Recovery {
    let mut found = Recovery::default();
    for (id, awaited) in &affected.whole {
        whole(world, id, *awaited, &affected.before, &mut found);
    }
    let mut gone: BTreeMap<&Controller, usize> = BTreeMap::new();
    for pod in &affected.pods {
        one(world, pod, &mut gone, &mut found);
    }
    for (controller, count) in gone {
        replaced(world, controller, count, &affected.before, &mut found);
    }
    found
}

fn is_ready(pod: &Pod) -> bool {
    matches!(pod_status(pod).health, Health::Healthy | Health::Finished)
}

fn fails(pod: &Pod) -> bool {
    matches!(
        pod_status(pod).health,
        Health::PullFailing | Health::Failing
    )
}

/// All Pods of a workload.
fn whole(
    world: &World,
    id: &WorkloadKey,
    awaited: Awaited,
    before: &BTreeSet<Arc<str>>,
    found: &mut Recovery,
) {
    let Some(workload) = world.workload(id) else {
        found.wanted += 1;
        found.pending = true;
        return;
    };
    let rollout = &workload.rollout;
    let is_run = matches!(id.kind, WorkloadKind::Job | WorkloadKind::CronJob);
    let wanted = rollout.desired.max(u32::from(is_run));
    let pods = pods_of(world, &Controller::Workload(id.clone()));
    for pod in pods.iter().filter(|pod| fails(pod)) {
        let is_new = !before.contains(&pod.meta.uid);
        if is_new || !awaited.rolls {
            found.failing.push(pod.key.clone());
            found.new_ones_fail |= is_new;
        }
    }
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let seen = rollout.generation >= awaited.generation + awaited.changes
        && rollout.observed_generation >= rollout.generation;
    let rolled_out = !rolls(id.kind)
        || (rollout.updated >= rollout.desired
            && rollout.ready >= rollout.desired
            && rollout.current <= rollout.desired.max(rollout.updated));
    found.pending |= !(seen && rolled_out);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    found.wanted = found.wanted.saturating_add(wanted);
    // Before the controller has seen the change, those that are ready are the old ones.
    found.ready += if seen { ready.min(wanted) } else { 0 };
}

/// A Pod that is still there, or that has to be replaced.
fn one<'a>(
    world: &World,
    affected: &'a AffectedPod,
    gone: &mut BTreeMap<&'a Controller, usize>,
    found: &mut Recovery,
) {
    let there = world
        .pod(&affected.key)
        .filter(|pod| pod.meta.deleting.is_none());
    let same = there.filter(|pod| pod.meta.uid == affected.uid);
    match (same, &affected.controller) {
        (Some(_), _) if affected.is_deleted => {
            found.wanted += 1;
            found.pending = true;
        }
        (Some(pod), _) => {
            found.wanted += 1;
            count(pod, false, found);
        }
        (None, Some(controller)) => *gone.entry(controller).or_default() += 1,
        // Without a controller one of the same name takes its place.
        (None, None) => {
            found.wanted += 1;
            match there {
                Some(pod) => count(pod, true, found),
                None => found.pending = true,
            }
        }
    }
}

fn count(pod: &Pod, is_new: bool, found: &mut Recovery) {
    if fails(pod) {
        found.failing.push(pod.key.clone());
        found.new_ones_fail |= is_new;
    } else if is_ready(pod) {
        found.ready += 1;
    }
}

/// The new Pods of a controller, of which so many are gone.
fn replaced(
    world: &World,
    controller: &Controller,
    gone: usize,
    before: &BTreeSet<Arc<str>>,
    found: &mut Recovery,
) {
    let desired = match controller {
        Controller::Workload(id) => match id.kind {
            WorkloadKind::Job | WorkloadKind::CronJob => None,
            WorkloadKind::Deployment
            | WorkloadKind::ReplicaSet
            | WorkloadKind::StatefulSet
            | WorkloadKind::DaemonSet => world.workload(id).map(|found| found.rollout.desired),
        },
        Controller::Owner(_) => None,
    };
    let desired = desired.and_then(|desired| usize::try_from(desired).ok());
    let wanted = desired.map_or(gone, |desired| gone.min(desired));
    let pods = pods_of(world, controller);
    let new = pods.iter().filter(|pod| !before.contains(&pod.meta.uid));
    let mut those = Recovery::default();
    for pod in new {
        count(pod, true, &mut those);
    }
    found.wanted += wanted;
    found.ready += those.ready.min(wanted);
    found.failing.extend(those.failing);
    found.new_ones_fail |= those.new_ones_fail;
}

/// The Pods of a controller that are to stay.
fn pods_of(world: &World, controller: &Controller) -> Vec<Arc<Pod>> {
    let pods: Vec<&Arc<Pod>> = match controller {
        Controller::Workload(id) => {
            let here = Scope::Namespace(id.key.namespace.clone());
            let of_it = |pod: &&Arc<Pod>| world.workload_of(pod).is_some_and(|it| it.id == *id);
            world.pods(&here).filter(of_it).collect()
        }
        Controller::Owner(uid) => {
            let keys = world.pods_of_owner(uid);
            keys.filter_map(|key| world.pod(key)).collect()
        }
    };
    let stays = |pod: &&Arc<Pod>| pod.meta.deleting.is_none();
    pods.into_iter().filter(stays).cloned().collect()
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
