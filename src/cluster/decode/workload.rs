//! Decodes the six workload kinds into one type.
//!
//! Their statuses name the same numbers differently; each kind's rule is a function of its own below.

use std::{marker::PhantomData, sync::Arc};

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    de::{LenientStr, NullableVec, NumberOrLength, OptTime, StringMap},
    interner::Interner,
    kind::{Decode, namespaced},
    meta::WireMeta,
    template::WirePodSpec,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Revision, Workload, WorkloadKind, WorkloadRef, WorkloadStatus},
    },
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
    },
};

/// The API of one of the six workload kinds.
pub(in crate::cluster) trait WorkloadApi: Send + Sync + 'static {
    const KIND: WorkloadKind;
    /// The `kind` of a list of them.
    const LIST: &'static str;
    /// Type and status of the conditions by which the controller complains.
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)];

    fn rollout(spec: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus;
}

pub(in crate::cluster) struct WorkloadDecoder<K>(PhantomData<K>);

impl<K> Default for WorkloadDecoder<K> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

pub(in crate::cluster) type Deployments = WorkloadDecoder<Deployment>;
pub(in crate::cluster) type ReplicaSets = WorkloadDecoder<ReplicaSet>;
pub(in crate::cluster) type StatefulSets = WorkloadDecoder<StatefulSet>;
pub(in crate::cluster) type DaemonSets = WorkloadDecoder<DaemonSet>;
pub(in crate::cluster) type Jobs = WorkloadDecoder<Job>;
pub(in crate::cluster) type CronJobs = WorkloadDecoder<CronJob>;

pub(in crate::cluster) struct Deployment;
pub(in crate::cluster) struct ReplicaSet;
pub(in crate::cluster) struct StatefulSet;
pub(in crate::cluster) struct DaemonSet;
pub(in crate::cluster) struct Job;
pub(in crate::cluster) struct CronJob;

#[derive(Deserialize)]
pub(in crate::cluster) struct WireWorkload<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
    spec: Option<WireSpec<'a>>,
    status: Option<WireWorkloadStatus<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireSpec<'a> {
    replicas: Option<i64>,
    #[serde(borrow)]
    selector: Option<WireSelector<'a>>,
    template: Option<WireTemplate<'a>>,
    paused: Option<bool>,
    /// Jobs and CronJobs.
    suspend: Option<bool>,
    parallelism: Option<i64>,
    completions: Option<i64>,
    job_template: Option<WireJobTemplate<'a>>,
    progress_deadline_seconds: Option<i64>,
    strategy: Option<WireStrategy<'a>>,
    /// What a StatefulSet or DaemonSet calls its strategy.
    update_strategy: Option<WireStrategy<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireStrategy<'a> {
    #[serde(borrow, rename = "type")]
    kind: LenientStr<'a>,
    rolling_update: Option<WireRollingUpdate<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireRollingUpdate<'a> {
    /// A number or a share.
    #[serde(borrow)]
    max_surge: LenientStr<'a>,
    max_unavailable: LenientStr<'a>,
    /// Of a StatefulSet.
    partition: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireSelector<'a> {
    #[serde(borrow)]
    match_labels: StringMap<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireTemplate<'a> {
    #[serde(borrow)]
    spec: Option<WirePodSpec<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireJobTemplate<'a> {
    #[serde(borrow)]
    spec: Option<WireJobSpec<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireJobSpec<'a> {
    #[serde(borrow)]
    template: Option<WireTemplate<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireWorkloadStatus<'a> {
    observed_generation: Option<i64>,
    replicas: Option<i64>,
    updated_replicas: Option<i64>,
    ready_replicas: Option<i64>,
    available_replicas: Option<i64>,
    desired_number_scheduled: Option<i64>,
    current_number_scheduled: Option<i64>,
    updated_number_scheduled: Option<i64>,
    number_ready: Option<i64>,
    number_available: Option<i64>,
    /// A number for Jobs, a list of references for CronJobs.
    active: NumberOrLength,
    ready: Option<i64>,
    succeeded: Option<i64>,
    #[serde(borrow)]
    conditions: NullableVec<WireWorkloadCondition<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireWorkloadCondition<'a> {
    #[serde(borrow, rename = "type")]
    kind: LenientStr<'a>,
    status: LenientStr<'a>,
    reason: LenientStr<'a>,
    message: LenientStr<'a>,
    /// Only a Deployment's conditions have it.
    #[serde(rename = "lastUpdateTime")]
    updated: OptTime,
}

/// A number of Pods; the API leaves zeros out.
fn number(value: Option<i64>) -> u32 {
    u32::try_from(value.unwrap_or(0)).unwrap_or(0)
}

/// `spec.replicas`, which means one when it is not given.
fn replicas(spec: &WireSpec<'_>) -> u32 {
    number(spec.replicas.or(Some(1)))
}

impl WorkloadApi for Deployment {
    const KIND: WorkloadKind = WorkloadKind::Deployment;
    const LIST: &'static str = "DeploymentList";
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)] =
        &[("ReplicaFailure", "True"), ("Progressing", "False")];

    fn rollout(spec: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus {
        WorkloadStatus {
            desired: replicas(spec),
            current: number(status.replicas),
            updated: number(status.updated_replicas),
            ready: number(status.ready_replicas),
            available: number(status.available_replicas),
            paused: spec.paused == Some(true),
            ..WorkloadStatus::default()
        }
    }
}

impl WorkloadApi for ReplicaSet {
    const KIND: WorkloadKind = WorkloadKind::ReplicaSet;
    const LIST: &'static str = "ReplicaSetList";
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)] =
        &[("ReplicaFailure", "True")];

    fn rollout(spec: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus {
        WorkloadStatus {
            desired: replicas(spec),
            current: number(status.replicas),
            // A ReplicaSet's template never changes: all its Pods are of its one revision.
            updated: number(status.replicas),
            ready: number(status.ready_replicas),
            available: number(status.available_replicas),
            ..WorkloadStatus::default()
        }
    }
}

impl WorkloadApi for StatefulSet {
    const KIND: WorkloadKind = WorkloadKind::StatefulSet;
    const LIST: &'static str = "StatefulSetList";
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)] = &[];

    fn rollout(spec: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus {
        WorkloadStatus {
            desired: replicas(spec),
            current: number(status.replicas),
            updated: number(status.updated_replicas),
            ready: number(status.ready_replicas),
            // Servers before 1.22 do not report it.
            available: number(status.available_replicas.or(status.ready_replicas)),
            ..WorkloadStatus::default()
        }
    }
}

impl WorkloadApi for DaemonSet {
    const KIND: WorkloadKind = WorkloadKind::DaemonSet;
    const LIST: &'static str = "DaemonSetList";
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)] = &[];

    fn rollout(_: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus {
        WorkloadStatus {
            desired: number(status.desired_number_scheduled),
            current: number(status.current_number_scheduled),
            updated: number(status.updated_number_scheduled),
            ready: number(status.number_ready),
            available: number(status.number_available),
            ..WorkloadStatus::default()
        }
    }
}

impl WorkloadApi for Job {
    const KIND: WorkloadKind = WorkloadKind::Job;
    const LIST: &'static str = "JobList";
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)] = &[("Failed", "True")];

    fn rollout(spec: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus {
        let succeeded = number(status.succeeded);
        let current = status.active.0.saturating_add(succeeded);
        WorkloadStatus {
            // Without a number of completions, one success completes the Job.
            desired: number(spec.completions.or(spec.parallelism).or(Some(1))),
            current,
            updated: current,
            // Servers before 1.24 do not report which of the active Pods are ready.
            ready: number(status.ready).saturating_add(succeeded),
            available: succeeded,
            paused: spec.suspend == Some(true),
            ..WorkloadStatus::default()
        }
    }
}

impl WorkloadApi for CronJob {
    const KIND: WorkloadKind = WorkloadKind::CronJob;
    const LIST: &'static str = "CronJobList";
    const FAILURE_CONDITIONS: &'static [(&'static str, &'static str)] = &[];

    fn rollout(spec: &WireSpec<'_>, status: &WireWorkloadStatus<'_>) -> WorkloadStatus {
        WorkloadStatus {
            current: status.active.0,
            paused: spec.suspend == Some(true),
            ..WorkloadStatus::default()
        }
    }
}

/// The first condition by which this kind's controller complains.
fn failure_condition(
    complaints: &[(&str, &str)],
    conditions: &[WireWorkloadCondition<'_>],
    texts: &mut Interner,
) -> Option<(Arc<str>, Arc<str>)> {
    let found = conditions
        .iter()
        .find(|found| complaints.contains(&(found.kind.as_str(), found.status.as_str())))?;
    Some((texts.text(&found.reason), texts.text(&found.message)))
}

/// Whether a Job has run to its end, for good or ill. No other kind has such conditions.
fn is_finished(conditions: &[WireWorkloadCondition<'_>]) -> bool {
    conditions.iter().any(|found| {
        matches!(found.kind.as_str(), "Complete" | "Failed") && found.status.as_str() == "True"
    })
}

/// When a Deployment's controller last saw progress.
fn progressed(conditions: &[WireWorkloadCondition<'_>]) -> Option<Timestamp> {
    let progressing = conditions
        .iter()
        .find(|c| c.kind.as_str() == "Progressing")?;
    progressing.updated.0
}

impl<K: WorkloadApi> WorkloadDecoder<K> {
    fn revision(meta: &WireMeta<'_>, created: Option<Timestamp>) -> Option<Revision> {
        let number = meta.annotations.revision.as_str().parse().ok()?;
        // A ReplicaSet is made when its revision begins; a Deployment does not say when that was.
        let since = created.filter(|_| K::KIND == WorkloadKind::ReplicaSet);
        Some(Revision { number, since })
    }
}

impl<K: WorkloadApi> Decode for WorkloadDecoder<K> {
    type Wire<'a> = WireWorkload<'a>;
    type Object = Workload;
    type Key = WorkloadRef;

    const LIST: &'static str = K::LIST;

    fn object(&self, wire: WireWorkload<'_>, texts: &mut Interner) -> Option<Workload> {
        let key: ObjectRef<Workload> = wire.metadata.key(texts)?;
        let meta = wire.metadata.meta(texts);
        let mut spec = wire.spec.unwrap_or_default();
        let strategy = spec.strategy.take().or(spec.update_strategy.take());
        let mut strategy = strategy.unwrap_or_default();
        let rolling = strategy.rolling_update.take().unwrap_or_default();
        let status = wire.status.unwrap_or_default();
        let rollout = WorkloadStatus {
            generation: wire.metadata.generation.unwrap_or_default(),
            // A controller that has not looked at a new object yet has observed none of it.
            observed_generation: match K::KIND {
                WorkloadKind::Job | WorkloadKind::CronJob => wire.metadata.generation,
                WorkloadKind::Deployment
                | WorkloadKind::ReplicaSet
                | WorkloadKind::StatefulSet
                | WorkloadKind::DaemonSet => status.observed_generation,
            }
            .unwrap_or_default(),
            is_finished: is_finished(&status.conditions.0),
            on_delete: strategy.kind.as_str() == "OnDelete",
            partition: number(rolling.partition),
            failure_condition: failure_condition(
                K::FAILURE_CONDITIONS,
                &status.conditions.0,
                texts,
            ),
            revision: Self::revision(&wire.metadata, meta.created),
            deadline: spec
                .progress_deadline_seconds
                .and_then(|seconds| u32::try_from(seconds).ok()),
            progressed: progressed(&status.conditions.0),
            surge: texts.some(&rolling.max_surge),
            unavailable: texts.some(&rolling.max_unavailable),
            ..K::rollout(&spec, &status)
        };
        let selector = spec.selector.unwrap_or_default();
        let template = spec.template.or_else(|| spec.job_template?.spec?.template);
        let pod = template
            .and_then(|template| template.spec)
            .unwrap_or_default();
        Some(Workload {
            id: WorkloadRef { kind: K::KIND, key },
            meta,
            selector: texts.labels(&selector.match_labels),
            service_account: pod.service_account(texts),
            images: pod.images(texts),
            has_unnamed_pull_secret: pod.has_unnamed_pull_secret(),
            pull_secrets: texts.pull_secrets(pod.image_pull_secrets),
            status: rollout,
        })
    }

    fn key(object: &Workload) -> WorkloadRef {
        object.id.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<WorkloadRef> {
        let key = namespaced(object)?;
        Some(WorkloadRef { kind: K::KIND, key })
    }

    fn version<'w>(wire: &'w WireWorkload<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn batch(&self, delta: Delta<Workload, WorkloadRef>) -> StoreUpdate {
        StoreUpdate::Workloads(K::KIND, delta)
    }
}
