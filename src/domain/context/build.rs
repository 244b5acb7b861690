//! Builds a [`PodContext`] from the store. The cost follows the Pod's namespace; only for a Pod that lacks a
//! Secret are those of the other namespaces looked through.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    PeerContainer, PodContext, Presence, PullSecretRef, Visibility, WorkloadContext,
    credential_chain::has_matching_credential, deleted_job_pod, node_pulls::pulls_ahead,
    peers::peers, secret_uses::secret_uses, similar::similar_images,
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

/// Maximum number of ServiceAccounts, and of Secrets of other namespaces, in a context.
const MAX_RELATED: usize = 32;

/// Builds the context of one Pod; `None` if the store has no such Pod.
pub fn pod_context(
    store: &Store,
    sight: &WatchCoverage,
    key: &ObjectRef<Pod>,
    now: Timestamp,
) -> Option<PodContext> {
    let pod = Arc::clone(store.pod(key)?);
    Some(of_pod(store, sight, pod, now))
}

/// Builds the context of a Pod that need not be in the store.
pub(super) fn of_pod(
    store: &Store,
    sight: &WatchCoverage,
    pod: Arc<Pod>,
    now: Timestamp,
) -> PodContext {
    let key = &pod.key;
    let here = Scope::Namespace(key.namespace.clone());
    let images = images(&pod);
    let listed = pull_secret_refs(store, sight, &pod);
    let others: Vec<Arc<Secret>> = store
        .secrets(&here)
        .filter(|secret| {
            secret.secret_type.is_pull_secret() && !pod.pull_secrets.contains(&secret.key.name)
        })
        .cloned()
        .collect();
    let workload = store.workload_of(&pod).cloned();
    let elsewhere = secrets_elsewhere(store, &listed, &pod, &images);
    PodContext {
        now,
        account: account(store, sight, &key.namespace, &pod.service_account),
        peers_elsewhere: peers_elsewhere(store, &elsewhere, &pod, &images),
        elsewhere,
        secrets_visibility: visibility(sight, &key.namespace),
        accounts_unseen: !sight.is_complete(WatchKind::ServiceAccounts, &key.namespace),
        accounts: accounts_with_secrets(store, &here),
        revisions: workload
            .as_deref()
            .map_or_else(Vec::new, |workload| revisions(store, workload)),
        peers: peers(store, &[here], &pod, &images),
        pulls_ahead: pulls_ahead(store, &pod),
        secret_uses: secret_uses(store, &pod, &listed, &others, &images),
        similar_images: similar_images(store, &pod, workload.as_deref()),
        events: store.events_of_pod(key),
        last_errors: store.last_errors(key).to_vec(),
        unlisted_secrets: others,
        pull_secrets: listed,
        workload,
        pod,
    }
}

/// The ServiceAccounts of the namespace that list Secrets, the ones that most Pods run as first.
fn accounts_with_secrets(store: &Store, here: &Scope) -> Vec<Arc<ServiceAccount>> {
    let mut holders: Vec<_> = store
        .accounts(here)
        .filter(|account| !account.pull_secrets.is_empty())
        .cloned()
        .collect();
    holders.sort_by_key(|account| std::cmp::Reverse(store.pods_of_account(&account.key).len()));
    holders.truncate(MAX_RELATED);
    holders
}

/// Builds the context of a workload.
pub fn workload_context(
    store: &Store,
    sight: &WatchCoverage,
    workload: &Arc<Workload>,
    now: Timestamp,
) -> WorkloadContext {
    let id = &workload.id;
    let newest = newest_run(store, workload);
    let account = account(store, sight, &id.key.namespace, &workload.service_account);
    let run = newest.as_ref().unwrap_or(workload);
    let has_pods = store.pods_of_owner(&run.meta.uid).len() > 0;
    WorkloadContext {
        now,
        workload: Arc::clone(workload),
        lost: deleted_job_pod::pod(store, run, account.present()).map(|pod| {
            let context = of_pod(store, sight, Arc::new(pod), now);
            Box::new(context)
        }),
        has_pods,
        newest,
        account,
        events: events_of_workload(store, workload),
    }
}

/// Events of a workload and of the ReplicaSet or Job that currently creates its Pods.
pub fn events_of_workload(store: &Store, workload: &Workload) -> Vec<Arc<Event>> {
    let mut all = events_about(store, workload);
    if let Some(run) = newest_run(store, workload) {
        all.extend(events_about(store, &run));
    }
    all
}

/// The object that currently creates the Pods: a CronJob's newest Job, a Deployment's newest ReplicaSet, else the
/// workload.
pub fn newest_run(store: &Store, workload: &Workload) -> Option<Arc<Workload>> {
    match workload.id.kind {
        WorkloadKind::CronJob => {
            let jobs = store.workloads_in(WorkloadKind::Job, &workload.id.key.namespace);
            let of_it = |job: &&Arc<Workload>| {
                let owner = job.meta.owner.as_ref();
                owner.is_some_and(|owner| owner.uid == workload.meta.uid)
            };
            jobs.filter(of_it)
                .max_by_key(|job| job.meta.created)
                .cloned()
        }
        WorkloadKind::Deployment => revisions(store, workload).into_iter().next(),
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
    store: &Store,
    sight: &WatchCoverage,
    namespace: &Namespace,
    name: &Name<ServiceAccount>,
) -> Presence<Arc<ServiceAccount>> {
    let key = ObjectRef::new(namespace.clone(), name.clone());
    let whole = sight.is_complete(WatchKind::ServiceAccounts, namespace);
    presence(store.account(&key), whole)
}

fn pull_secret_refs(store: &Store, sight: &WatchCoverage, pod: &Pod) -> Vec<PullSecretRef> {
    let namespace = &pod.key.namespace;
    let whole = sight.has_all_secrets(namespace);
    let of = |name: &Name<Secret>| {
        let key = ObjectRef::new(namespace.clone(), name.clone());
        PullSecretRef {
            name: name.clone(),
            secret: presence(store.secret(&key), whole),
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
    store: &Store,
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
    store
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
    store: &Store,
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
    peers(store, &scopes, pod, images)
}

/// The ReplicaSets of a Deployment, newest first; other workloads have none.
pub fn revisions(store: &Store, workload: &Workload) -> Vec<Arc<Workload>> {
    if workload.id.kind != WorkloadKind::Deployment {
        return Vec::new();
    }
    let owned = |revision: &&Arc<Workload>| {
        let owner = revision.meta.owner.as_ref();
        owner.is_some_and(|owner| owner.uid == workload.meta.uid)
    };
    let sets = store.workloads_in(WorkloadKind::ReplicaSet, &workload.id.key.namespace);
    let mut revisions: Vec<_> = sets.filter(owned).cloned().collect();
    let number = |set: &Workload| set.status.revision.as_ref().map(|it| it.number);
    revisions.sort_by_key(|set| Reverse(number(set)));
    revisions
}

/// Events of a workload, oldest first; without those of an earlier one of the same name.
pub(super) fn events_about(store: &Store, workload: &Workload) -> Vec<Arc<Event>> {
    let id = &workload.id;
    let mut events = events(store, id.kind.as_str(), &id.key);
    let is_of_it = |uid: &Arc<str>| *uid == workload.meta.uid;
    events.retain(|event| event.regarding.uid.as_ref().is_none_or(is_of_it));
    events
}

pub(super) fn events<K>(store: &Store, kind: &str, key: &ObjectRef<K>) -> Vec<Arc<Event>> {
    let mut lines: Vec<_> = store
        .events_about(kind, &key.namespace, key.name.as_str())
        .map(|line| Arc::clone(&line.event))
        .collect();
    lines.sort_by_key(|event| event.last);
    lines
}
