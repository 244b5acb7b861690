//! Reconstructs the deleted Pod of a failed Job from its events.
//!
//! Past its `activeDeadlineSeconds` a Job deletes the Pods that run (`pkg/controller/job`, seen with 1.37).
//! What stays are its condition and, for an hour, the events of the Pods.

use std::sync::Arc;

use super::build::{events, events_about};
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{
            Container, ContainerRole, ContainerState, Event, ObjectMeta, OwnerReference, Phase,
            Pod, PullPolicy, ServiceAccount, Workload, WorkloadKind,
        },
        pull_failure,
    },
    store::Store,
};

/// The Pod with the newest failed pull, with the Job's template; `None` while the Job has Pods, or without such an
/// event.
pub(super) fn pod(
    store: &Store,
    job: &Arc<Workload>,
    account: Option<&Arc<ServiceAccount>>,
) -> Option<Pod> {
    let told = events_of_lost(store, job);
    let event = told.iter().rev().find(|event| states_pull_failure(event))?;
    let name = event.regarding.container()?;
    let mut images = job.images.iter();
    let (name, image) = images.find(|(container, _)| **container == *name)?;
    let listed = match account {
        Some(account) if job.pull_secrets.is_empty() => &account.pull_secrets,
        _ => &job.pull_secrets,
    };
    Some(Pod {
        key: ObjectRef::new(job.id.key.namespace.clone(), pod_name(event)),
        meta: ObjectMeta {
            uid: event.regarding.uid.clone().unwrap_or_default(),
            resource_version: "".into(),
            created: None,
            deleting: None,
            labels: Arc::from([]),
            manager_annotations: Box::default(),
            owner: Some(Arc::new(OwnerReference {
                kind: WorkloadKind::Job.as_str().into(),
                name: job.id.key.name.shared(),
                uid: Arc::clone(&job.meta.uid),
            })),
        },
        service_account: job.service_account.clone(),
        pull_secrets: Arc::clone(listed),
        has_unnamed_pull_secret: job.has_unnamed_pull_secret,
        node: event.host.clone(),
        phase: Phase::Failed,
        reason: None,
        message: None,
        containers: Box::new([Container {
            name: Arc::clone(name),
            role: role(event),
            image: Arc::clone(image),
            image_id: None,
            policy: PullPolicy::IfNotPresent,
            state: ContainerState::Waiting {
                reason: "ErrImagePull".into(),
                message: Some(Arc::clone(&event.message)),
            },
            last_exit: None,
            ready: false,
            started: None,
            restarts: 0,
        }]),
        image_volumes: Box::new([]),
        scheduling_gates: Box::new([]),
        conditions: Box::new([]),
        started: None,
    })
}

/// Events of the deleted Pods of a failed Job, oldest first; empty for other workloads.
pub fn events_of_lost(store: &Store, job: &Workload) -> Vec<Arc<Event>> {
    let has_failed = job.id.kind == WorkloadKind::Job && job.status.failure_condition.is_some();
    if !has_failed || store.pods_of_owner(&job.meta.uid).len() > 0 {
        return Vec::new();
    }
    let namespace = &job.id.key.namespace;
    let of_job = events_about(store, job);
    // The words of the Job's controller (`pkg/controller/controller_utils.go`).
    let made = of_job
        .iter()
        .filter(|event| &*event.reason == "SuccessfulCreate")
        .filter_map(|event| event.message.strip_prefix("Created pod: "));
    let mut told: Vec<_> = made
        .flat_map(|name| {
            let key: ObjectRef<Pod> = ObjectRef::new(namespace.clone(), Name::new(name));
            events(store, "Pod", &key)
        })
        .collect();
    told.sort_by_key(|event| event.last);
    told
}

fn states_pull_failure(event: &Event) -> bool {
    pull_failure::is_pull_failure_event(event) && pull_failure::names_cause(&event.message)
}

fn pod_name(event: &Event) -> Name<Pod> {
    Name::new(Arc::clone(&event.regarding.name))
}

fn role(event: &Event) -> ContainerRole {
    let field = event.regarding.field.as_deref().unwrap_or_default();
    if field.starts_with("spec.initContainers") {
        ContainerRole::Init
    } else {
        ContainerRole::App
    }
}
