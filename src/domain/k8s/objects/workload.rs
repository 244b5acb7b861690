//! Workloads: what makes Pods, and how far their rollout is.
//!
//! One type for the six kinds: ownership and progress are asked of all of them alike.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Labels, ObjectMeta, Secret, ServiceAccount};
use crate::domain::k8s::object_ref::{Name, ObjectRef};

/// The built-in kinds that own Pods, directly or through another of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WorkloadKind {
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
}

impl WorkloadKind {
    pub const ALL: [Self; 6] = [
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
    ];

    /// The kind as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }

    /// The short name of the resource, as `kubectl api-resources` lists it; of a Job, which has none, `job`.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Deployment => "deploy",
            Self::ReplicaSet => "rs",
            Self::StatefulSet => "sts",
            Self::DaemonSet => "ds",
            Self::Job => "job",
            Self::CronJob => "cj",
        }
    }

    /// The API group that it is of.
    pub fn group(self) -> &'static str {
        match self {
            Self::Deployment | Self::ReplicaSet | Self::StatefulSet | Self::DaemonSet => "apps",
            Self::Job | Self::CronJob => "batch",
        }
    }

    /// The resource, as paths of the API and permissions name it.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Deployment => "deployments",
            Self::ReplicaSet => "replicasets",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::Job => "jobs",
            Self::CronJob => "cronjobs",
        }
    }

    /// The kind that the API calls by this name, if it is one of ours.
    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == kind)
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A workload's key: names are unique per kind only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadRef {
    pub kind: WorkloadKind,
    pub key: ObjectRef<Workload>,
}

impl WorkloadRef {
    /// `deployment/web`, as kubectl takes it.
    pub fn kubectl(&self) -> String {
        format!("{}/{}", self.kind.as_str().to_lowercase(), self.key.name)
    }

    /// `deploy/web`, for where there is little room.
    pub fn short_name(&self) -> String {
        format!("{}/{}", self.kind.short_name(), self.key.name)
    }
}

impl fmt::Display for WorkloadRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.key.name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    pub id: WorkloadRef,
    pub meta: ObjectMeta,
    /// `spec.selector.matchLabels`; empty for a CronJob.
    pub selector: Labels,
    /// Of the Pod template; `default` when the template names none.
    pub service_account: Name<ServiceAccount>,
    pub pull_secrets: Arc<[Name<Secret>]>,
    /// Whether the template's list has an entry without a name: see [`Pod`](super::Pod).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unnamed_pull_secret: bool,
    /// Container name and image of the Pod template, init containers first.
    pub images: Arc<[(Arc<str>, Arc<str>)]>,
    #[serde(rename = "rollout")]
    pub status: WorkloadStatus,
}

/// Numbers and conditions of a rollout, as the controllers report them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadStatus {
    pub desired: u32,
    /// Pods of any revision.
    pub current: u32,
    pub updated: u32,
    pub ready: u32,
    pub available: u32,
    pub generation: i64,
    /// Behind `generation` while the controller has not yet seen the last change.
    pub observed_generation: i64,
    /// A Deployment that is paused; a Job or CronJob that is suspended.
    pub paused: bool,
    /// A Job that has run to its end, for good or ill.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_finished: bool,
    /// `OnDelete`: a change of the template reaches a Pod only when somebody deletes that Pod.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_delete: bool,
    /// Of a StatefulSet: the Pods below this ordinal keep the old template.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub partition: u32,
    /// The controller's own complaint: a Deployment that ran out of its progress deadline, a
    /// ReplicaSet that cannot create Pods, a Job that failed. Reason and message.
    #[serde(rename = "trouble")]
    pub failure_condition: Option<(Arc<str>, Arc<str>)>,
    pub revision: Option<Revision>,
    /// `spec.progressDeadlineSeconds` of a Deployment: without progress for so long, its controller
    /// calls the rollout failed. It does not stop trying.
    pub deadline: Option<u32>,
    /// When the controller last saw progress.
    pub progressed: Option<Timestamp>,
    /// `maxSurge` and `maxUnavailable` of a rolling update, as they are written: a number or a share.
    pub surge: Option<Arc<str>>,
    pub unavailable: Option<Arc<str>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Workload {
    /// Whether the controller has observed the last change and carried it out, as `kubectl rollout status` says.
    /// A change that waits for somebody (a paused Deployment, a suspended Job) has not been carried out.
    pub fn is_rolled_out(&self) -> bool {
        let rollout = &self.status;
        let is_observed = rollout.observed_generation >= rollout.generation;
        match self.id.kind {
            // What it creates is looked at by itself.
            WorkloadKind::CronJob => true,
            WorkloadKind::Job => rollout.is_finished || (!rollout.paused && rollout.current > 0),
            WorkloadKind::ReplicaSet => is_observed && rollout.available >= rollout.desired,
            WorkloadKind::Deployment => {
                is_observed
                    && rollout.updated >= rollout.desired
                    && rollout.current <= rollout.updated
                    && rollout.available >= rollout.desired
            }
            WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
                let updated = match (rollout.on_delete, rollout.partition) {
                    // Which Pods get the change is up to somebody else.
                    (true, _) => 0,
                    (false, partition) => rollout.desired.saturating_sub(partition),
                };
                is_observed && rollout.updated >= updated && rollout.available >= rollout.desired
            }
        }
    }
}

/// `deployment.kubernetes.io/revision` of a Deployment or ReplicaSet, and when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub number: u64,
    pub since: Option<Timestamp>,
}
