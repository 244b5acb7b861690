//! Targets of Pod template changes: workloads that roll out, and owners of an image.

use std::{fmt, sync::Arc};

use crate::domain::k8s::objects::{Subject, WorkloadKind, WorkloadRef};

/// A workload that replaces its Pods when its template changes (`kubectl rollout restart`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Restartable(WorkloadRef);

impl Restartable {
    /// Creates it; `None` for kinds that do not replace their Pods: Jobs, CronJobs, bare ReplicaSets.
    pub fn new(id: WorkloadRef) -> Option<Self> {
        match id.kind {
            WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
                Some(Self(id))
            }
            WorkloadKind::ReplicaSet | WorkloadKind::Job | WorkloadKind::CronJob => None,
        }
    }

    pub fn id(&self) -> &WorkloadRef {
        &self.0
    }
}

/// A Pod, or a workload with a mutable Pod template: where a container's image is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageOwner(Subject);

impl ImageOwner {
    /// Creates it; `None` for a Job, whose Pod template is immutable.
    pub fn new(subject: Subject) -> Option<Self> {
        match &subject {
            Subject::Pod(_) => Some(Self(subject)),
            Subject::Workload(id) => match id.kind {
                WorkloadKind::Deployment
                | WorkloadKind::ReplicaSet
                | WorkloadKind::StatefulSet
                | WorkloadKind::DaemonSet
                | WorkloadKind::CronJob => Some(Self(subject)),
                WorkloadKind::Job => None,
            },
        }
    }

    pub fn subject(&self) -> &Subject {
        &self.0
    }

    /// The workload; `None` for a Pod without one.
    pub fn workload(&self) -> Option<&WorkloadRef> {
        match &self.0 {
            Subject::Pod(_) => None,
            Subject::Workload(id) => Some(id),
        }
    }

    /// `deployment/web`, as kubectl accepts it.
    pub fn kubectl(&self) -> String {
        match &self.0 {
            Subject::Pod(key) => format!("pod/{}", key.name),
            Subject::Workload(id) => id.kubectl(),
        }
    }

    /// Path from the object to the Pod spec, as field names.
    pub fn pod_spec(&self) -> &'static [&'static str] {
        match self.workload().map(|id| id.kind) {
            None => &["spec"],
            Some(WorkloadKind::CronJob) => &["spec", "jobTemplate", "spec", "template", "spec"],
            Some(
                WorkloadKind::Deployment
                | WorkloadKind::ReplicaSet
                | WorkloadKind::StatefulSet
                | WorkloadKind::DaemonSet
                | WorkloadKind::Job,
            ) => &["spec", "template", "spec"],
        }
    }
}

impl From<Restartable> for ImageOwner {
    fn from(workload: Restartable) -> Self {
        Self(Subject::Workload(workload.0))
    }
}

impl fmt::Display for ImageOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Containers of a Pod template with their images.
pub type Images = Arc<[(Arc<str>, Arc<str>)]>;
