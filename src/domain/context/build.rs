//! Builds a [`PodContext`] from the store. The cost follows the Pod's namespace; only for a Pod that lacks a
//! Secret are those of the other namespaces looked through.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    PeerContainer, PodContext, Presence, PullSecretRef, Visibility, WorkloadContext,
    credential_chain::has_matching_credential, deleted_job_pod, node_pulls::pulls_ahead,
    peers::peers, similar::similar_images,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Event, Pod, Secret, ServiceAccount, Workload, WorkloadKind},
    },
    registry_auth::image_ref::ImageRef,
    store::{
        Store,
        watch::{Scope, WatchCoverage, WatchKind},
    },
};

/// Maximum number of ServiceAccounts, and of Secrets of other namespaces, in a case: keeps it small.
const MAX_RELATED: usize = 32;

/// Builds the case of one Pod; `None` if the store has no such Pod.
pub fn pod_context(
    world: &Store,
    sight: &WatchCoverage,
    key: &ObjectRef<Pod>,
    now: Timestamp,
) -> Option<PodContext> {
    let pod = Arc::clone(world.pod(key)?);
    Some(of_pod(world, sight, pod, now))
}

/// Everything about one Pod, which need not be in the store.
pub(super) fn of_pod(
    world: &Store,
    sight: &WatchCoverage,
    pod: Arc<Pod>,
    now: Timestamp,
) -> PodContext {
    let key = &pod.key;
    let here = Scope::Namespace(key.namespace.clone());
    let images = images(&pod);
    let listed = pull_secret_refs(world, sight, &pod);
    let others: Vec<Arc<Secret>> = world
        .secrets(&here)
        .filter(|secret| {
            secret.secret_type.is_pull_secret() && !pod.pull_secrets.contains(&secret.key.name)
        })
        .cloned()
        .collect();
    let workload = world.workload_of(&pod).cloned();
    let elsewhere = secrets_elsewhere(world, &listed, &pod, &images);
    PodContext {
        now,
        account: account(world, sight, &key.namespace, &pod.service_account),
        peers_elsewhere: peers_elsewhere(world, &elsewhere, &pod, &images),
        elsewhere,
        secrets_visibility: visibility(sight, &key.namespace),
        accounts_unseen: !sight.is_complete(WatchKind::ServiceAccounts, &key.namespace),
        accounts: accounts_with_secrets(world, &here),
        revisions: workload
            .as_deref()
            .map_or_else(Vec::new, |workload| revisions(world, workload)),
        peers: peers(world, &[here], &pod, &images),
        pulls_ahead: pulls_ahead(world, &pod),
        similar_images: similar_images(world, &pod, workload.as_deref()),
        events: world.events_of_pod(key),
        last_errors: world.last_errors(key).to_vec(),
        unlisted_secrets: others,
        pull_secrets: listed,
        workload,
        pod,
    }
}

/// The ServiceAccounts of the namespace that list Secrets, the ones that most Pods run as first.
fn accounts_with_secrets(world: &Store, here: &Scope) -> Vec<Arc<ServiceAccount>> {
    let mut holders: Vec<_> = world
        .accounts(here)
        .filter(|account| !account.pull_secrets.is_empty())
        .cloned()
        .collect();
    holders.sort_by_key(|account| std::cmp::Reverse(world.pods_of_account(&account.key).len()));
    holders.truncate(MAX_RELATED);
    holders
}

/// Builds the case of a workload.
pub fn workload_context(
    world: &Store,
    sight: &WatchCoverage,
    workload: &Arc<Workload>,
    now: Timestamp,
) -> WorkloadContext {
    let id = &workload.id;
    let newest = newest_run(world, workload);
    let account = account(world, sight, &id.key.namespace, &workload.service_account);
    let run = newest.as_ref().unwrap_or(workload);
    let has_pods = world.pods_of_owner(&run.meta.uid).len() > 0;
    WorkloadContext {
        now,
        workload: Arc::clone(workload),
        lost: deleted_job_pod::pod(world, run, account.present()).map(|pod| {
            let case = of_pod(world, sight, Arc::new(pod), now);
            Box::new(case)
        }),
        has_pods,
        newest,
        account,
        events: events_of_workload(world, workload),
    }
}

/// What was said of a workload, and of the ReplicaSet or Job that creates its Pods now.
pub fn events_of_workload(world: &Store, workload: &Workload) -> Vec<Arc<Event>> {
    let mut all = events_about(world, workload);
    if let Some(run) = newest_run(world, workload) {
        all.extend(events_about(world, &run));
    }
    all
}

/// What creates the Pods of a workload now: the Job that a CronJob created last, the newest ReplicaSet of a
/// Deployment; the others create them themselves.
pub fn newest_run(world: &Store, workload: &Workload) -> Option<Arc<Workload>> {
    match workload.id.kind {
        WorkloadKind::CronJob => {
            let jobs = world.workloads_in(WorkloadKind::Job, &workload.id.key.namespace);
            let of_it = |job: &&Arc<Workload>| {
                let owner = job.meta.owner.as_ref();
                owner.is_some_and(|owner| owner.uid == workload.meta.uid)
            };
            jobs.filter(of_it)
                .max_by_key(|job| job.meta.created)
                .cloned()
        }
        WorkloadKind::Deployment => revisions(world, workload).into_iter().next(),
        WorkloadKind::ReplicaSet
        | WorkloadKind::StatefulSet
        | WorkloadKind::DaemonSet
        | WorkloadKind::Job => None,
    }
}

/// `Missing` only if the list is complete; otherwise `Unknown`.
fn presence<T>(found: Option<&Arc<T>>, whole: bool) -> Presence<Arc<T>> {
    match found {
        Some(object) => Presence::Present(Arc::clone(object)),
        None if whole => Presence::Missing,
        None => Presence::Unknown,
    }
}

fn images(pod: &Pod) -> Vec<ImageRef> {
    let containers = pod.containers.iter().map(|container| &container.image);
    let volumes = pod.image_volumes.iter().map(|volume| &volume.image);
    containers
        .chain(volumes)
        .filter_map(|image| ImageRef::parse(image).ok())
        .collect()
}

fn account(
    world: &Store,
    sight: &WatchCoverage,
    namespace: &Namespace,
    name: &Name<ServiceAccount>,
) -> Presence<Arc<ServiceAccount>> {
    let key = ObjectRef::new(namespace.clone(), name.clone());
    let whole = sight.is_complete(WatchKind::ServiceAccounts, namespace);
    presence(world.account(&key), whole)
}

fn pull_secret_refs(world: &Store, sight: &WatchCoverage, pod: &Pod) -> Vec<PullSecretRef> {
    let namespace = &pod.key.namespace;
    let whole = sight.has_all_secrets(namespace);
    let of = |name: &Name<Secret>| {
        let key = ObjectRef::new(namespace.clone(), name.clone());
        PullSecretRef {
            name: name.clone(),
            secret: presence(world.secret(&key), whole),
        }
    };
    pod.pull_secrets.iter().map(of).collect()
}

fn visibility(sight: &WatchCoverage, namespace: &Namespace) -> Visibility {
    if sight.has_all_secrets(namespace) {
        Visibility::Complete
    } else if sight.is_denied_secrets(namespace) {
        Visibility::Forbidden
    } else {
        Visibility::Partial
    }
}

/// Pull secrets of other namespaces; searched only if one is missing in this one.
fn secrets_elsewhere(
    world: &Store,
    listed: &[PullSecretRef],
    pod: &Pod,
    images: &[ImageRef],
) -> Vec<Arc<Secret>> {
    let complete = !listed.is_empty()
        && listed
            .iter()
            .all(|listed| listed.secret.present().is_some());
    if complete {
        return Vec::new();
    }
    world
        .secrets(&Scope::Cluster)
        .filter(|secret| {
            secret.key.namespace != pod.key.namespace && secret.secret_type.is_pull_secret()
        })
        .filter(|secret| {
            listed.iter().any(|listed| listed.name == secret.key.name)
                || images
                    .iter()
                    .any(|image| has_matching_credential(secret, image))
        })
        .take(MAX_RELATED)
        .cloned()
        .collect()
}

/// The containers that tell of the credentials of these Secrets.
fn peers_elsewhere(
    world: &Store,
    secrets: &[Arc<Secret>],
    pod: &Pod,
    images: &[ImageRef],
) -> Vec<PeerContainer> {
    let mut namespaces: Vec<&Namespace> = secrets.iter().map(|it| &it.key.namespace).collect();
    namespaces.sort();
    namespaces.dedup();
    let scopes: Vec<Scope> = namespaces
        .into_iter()
        .map(|namespace| Scope::Namespace(namespace.clone()))
        .collect();
    peers(world, &scopes, pod, images)
}

/// The ReplicaSets of a Deployment, newest first; other workloads have none.
pub fn revisions(world: &Store, workload: &Workload) -> Vec<Arc<Workload>> {
    if workload.id.kind != WorkloadKind::Deployment {
        return Vec::new();
    }
    let owned = |revision: &&Arc<Workload>| {
        let owner = revision.meta.owner.as_ref();
        owner.is_some_and(|owner| owner.uid == workload.meta.uid)
    };
    let sets = world.workloads_in(WorkloadKind::ReplicaSet, &workload.id.key.namespace);
    let mut revisions: Vec<_> = sets.filter(owned).cloned().collect();
    let number = |set: &Workload| set.status.revision.as_ref().map(|it| it.number);
    revisions.sort_by_key(|set| Reverse(number(set)));
    revisions
}

/// What was said of a workload, oldest first; not what was said of an earlier one of its name.
pub(super) fn events_about(world: &Store, workload: &Workload) -> Vec<Arc<Event>> {
    let id = &workload.id;
    let mut events = events(world, id.kind.as_str(), &id.key);
    let is_of_it = |uid: &Arc<str>| *uid == workload.meta.uid;
    events.retain(|event| event.regarding.uid.as_ref().is_none_or(is_of_it));
    events
}

pub(super) fn events<K>(world: &Store, kind: &str, key: &ObjectRef<K>) -> Vec<Arc<Event>> {
    let mut lines: Vec<_> = world
        .events_about(kind, &key.namespace, key.name.as_str())
        .map(|line| Arc::clone(&line.event))
        .collect();
    lines.sort_by_key(|event| event.last);
    lines
}
