//! What a judgement rests on, as far as it changes.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    chain,
    faults::Subject,
    key::Key,
    objects::{Condition, Pod, PodCondition, Workload, WorkloadKey},
    pull_test,
    status::{Health, pod_status},
    watch::Scope,
    world::World,
};

#[derive(Clone, Debug)]
pub(super) struct Basis {
    pod: Option<Arc<Pod>>,
    workload: Option<Arc<Workload>>,
    /// The Pod's workload, and the generation of its spec: it may come to be known after the Pod.
    pub(super) owner: Option<(WorkloadKey, i64)>,
    /// Of the Secrets and ServiceAccounts that are looked at.
    credentials: Credentials,
    /// What is seen of the cluster at all, counted.
    sight: u64,
    /// Registries have said so often something.
    answers: u64,
    /// Of the Pod's last error: events and statuses that named a cause.
    pub(super) told: Option<Timestamp>,
}

impl Basis {
    pub(super) fn of(world: &World, subject: &Subject, sight: u64, answers: u64) -> Self {
        let basis = Self {
            pod: None,
            workload: None,
            owner: None,
            credentials: Credentials::OfNamespace(world.credentials_version(subject.namespace())),
            sight,
            answers,
            told: None,
        };
        match subject {
            Subject::Pod(key) => {
                let pod = world.pod(key);
                Self {
                    credentials: pod.map_or(basis.credentials, |pod| Credentials::of(world, pod)),
                    owner: pod
                        .and_then(|pod| world.workload_of(pod))
                        .map(|owner| (owner.id.clone(), owner.rollout.generation)),
                    told: world.last_errors(key).iter().map(|error| error.seen).max(),
                    pod: pod.cloned(),
                    ..basis
                }
            }
            Subject::Workload(id) => {
                let workload = world.workload(id);
                let events = workload.map(|it| chain::events_of_workload(world, it));
                let events = events.unwrap_or_default();
                Self {
                    told: events.iter().filter_map(|event| event.last).max(),
                    workload: workload.cloned(),
                    ..basis
                }
            }
        }
    }

    /// Whether what was judged is still so.
    pub(super) fn holds(&self, other: &Self) -> bool {
        is_same(self.pod.as_ref(), other.pod.as_ref())
            && is_same(self.workload.as_ref(), other.workload.as_ref())
            && self.owner == other.owner
            && self.credentials == other.credentials
            && self.sight == other.sight
            && self.answers == other.answers
            && self.told == other.told
    }

    /// Whether it rests on the Secrets of all namespaces.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.credentials, Credentials::OfCluster(..))
    }

    /// Since when the subject has not been what it should be.
    pub(super) fn since(&self) -> Option<Timestamp> {
        if let Some(pod) = &self.pod {
            let ready = pod.condition(Condition::Ready);
            let fell = ready
                .filter(|ready| !ready.holds)
                .and_then(PodCondition::since);
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
enum Credentials {
    OfNamespace(u64),
    /// Where a listed Secret is missing, those of all namespaces are looked through for it.
    OfCluster(u64, u64),
}

impl Credentials {
    fn of(world: &World, pod: &Pod) -> Self {
        let namespace = &pod.key.namespace;
        let is_there = |name| {
            let key = Key::new(namespace.clone(), name);
            world.secret(&key).is_some()
        };
        if !pod.pull_secrets.is_empty() && pod.pull_secrets.iter().cloned().all(is_there) {
            return Self::OfNamespace(world.credentials_version(namespace));
        }
        let versions = world.versions();
        Self::OfCluster(versions.secrets, versions.accounts)
    }
}

/// All that is to be judged.
pub(super) fn subjects(world: &World) -> impl Iterator<Item = Subject> {
    let pods = [Health::PullFailing, Health::Failing]
        .into_iter()
        .flat_map(|health| world.pods_in(health, &Scope::Cluster))
        .map(|pod| Subject::Pod(pod.key.clone()));
    let workloads = world
        .workloads()
        .filter(|workload| makes_no_pods(workload))
        .map(|workload| Subject::Workload(workload.id.clone()));
    pods.chain(workloads)
}

/// Whether there is something wrong that could be judged.
pub(super) fn is_failing(world: &World, subject: &Subject) -> bool {
    match subject {
        Subject::Pod(key) => world.pod(key).is_some_and(|pod| {
            // A pull test that fails is an answer and not a fault.
            pod_status(pod).health <= Health::Failing && !pull_test::is_of_a_test(pod)
        }),
        Subject::Workload(id) => world.workload(id).is_some_and(|found| makes_no_pods(found)),
    }
}

/// What `diagnose::workload` has to say is about these; a ReplicaSet speaks for its Deployment.
fn makes_no_pods(workload: &Workload) -> bool {
    let rollout = &workload.rollout;
    rollout.desired > 0 && rollout.current == 0 && workload.meta.owner.is_none()
}
