//! The target of a fix: the Pod of a finding, the workload that created it, and the container.
//!
//! All changes and all kubectl commands of a fix are rendered from it. So a fix names no object of another
//! workload, and nothing that Kubernetes refuses: the Pod template of a Job is immutable, nothing recreates
//! a Pod without a controller, and an ephemeral container is in no template at all.

use std::sync::Arc;

use crate::domain::k8s::{
    object_ref::{Name, Namespace, ObjectRef},
    objects::{
        ContainerRole, ImageVolume, OwnerReference, Pod, Secret, ServiceAccount, Workload,
        WorkloadKind, WorkloadRef,
    },
};

/// The target of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixTarget {
    pub namespace: Namespace,
    /// `None`: the workload cannot create Pods.
    pub pod: Option<ObjectRef<Pod>>,
    pub owner: PodOwner,
    pub template_rollout: TemplateRollout,
    /// `None` with the Pod.
    pub container: Option<TargetContainer>,
    /// The image volume whose image cannot be pulled; `None`: it is the container's own.
    pub volume: Option<ImageVolume>,
    /// What the Pod lists: the only list that the kubelet reads.
    pub listed: Arc<[Name<Secret>]>,
    /// Secrets of the type `kubernetes.io/dockercfg`, whose configuration has another form.
    pub legacy_secrets: Arc<[Name<Secret>]>,
    pub list_origin: ListOrigin,
    pub service_account: Name<ServiceAccount>,
}

/// A container whose image cannot be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetContainer {
    pub name: Arc<str>,
    pub role: ContainerRole,
    /// The image in the Pod.
    pub image: Arc<str>,
    /// The image in the workload's Pod template now; `None` where the template has no such container, as
    /// when a webhook has injected it.
    pub template_image: Option<Arc<str>>,
}

/// How a changed template of the owner reaches the Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateRollout {
    /// The controller replaces the Pod.
    Automatic,
    /// The update strategy `OnDelete`: when the Pod is deleted. A rollout restart replaces none.
    OnDelete,
    /// The Deployment is paused: when it is resumed. `kubectl rollout restart` is refused before.
    Paused,
    /// Not at all: below the partition of a StatefulSet a Pod is created again from the old revision.
    BelowPartition(u32),
}

/// The source of a Pod's `imagePullSecrets`, which is the list to edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListOrigin {
    /// The Pod template (of a Pod without a controller: its own spec) lists these; the ServiceAccount's
    /// list is not read then. That of a static Pod is never read.
    Template(Arc<[Name<Secret>]>),
    /// Admission copies the ServiceAccount's list into each new Pod that has none.
    ServiceAccount,
}

/// The owner of a Pod, by how it handles a deleted Pod and a changed template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodOwner {
    /// No controller: a deleted Pod is not recreated.
    None,
    /// Replaces its Pods when its template changes: Deployment, StatefulSet, DaemonSet.
    Rolling(WorkloadRef),
    /// A ReplicaSet without a Deployment: a changed template is for new Pods only.
    ReplicaSet(WorkloadRef),
    /// Its template is immutable.
    Job(WorkloadRef),
    /// A changed template is for the next run. `job`: the run that the Pod is of.
    CronJob {
        id: WorkloadRef,
        job: Option<ObjectRef<Workload>>,
    },
    /// A file on this node: the kubelet creates the Pod, and that of the API server is a mirror of it. Admission
    /// refuses a mirror Pod that names a Secret or a ServiceAccount, and copies no list into it.
    StaticPod { node: Arc<str> },
    /// A controller of another kind (an Argo Rollout, a TaskRun), or one that has not been seen. `creator`: the
    /// ReplicaSet or Job that it has created for the Pod; its template is the controller's.
    Other {
        kind: Arc<str>,
        name: Arc<str>,
        creator: Option<WorkloadKind>,
    },
}

impl PodOwner {
    /// The owner of a Pod: its controller, and the workload above it.
    pub fn from_owner(
        namespace: &Namespace,
        owner: Option<&OwnerReference>,
        top: Option<&Workload>,
    ) -> Self {
        match (owner, top) {
            (owner, Some(workload)) => {
                let job = owner
                    .filter(|owner| &*owner.kind == WorkloadKind::Job.as_str())
                    .map(|job| ObjectRef::new(namespace.clone(), Name::new(Arc::clone(&job.name))));
                Self::of_workload(workload, job)
            }
            (Some(owner), None) if &*owner.kind == "Node" => Self::StaticPod {
                node: Arc::clone(&owner.name),
            },
            (Some(owner), None) => Self::Other {
                kind: Arc::clone(&owner.kind),
                name: Arc::clone(&owner.name),
                creator: None,
            },
            (None, None) => Self::None,
        }
    }

    fn of_workload(workload: &Workload, job: Option<ObjectRef<Workload>>) -> Self {
        let id = workload.id.clone();
        if let Some(above) = &workload.meta.owner
            && !has_own_template(id.kind)
        {
            return Self::Other {
                kind: Arc::clone(&above.kind),
                name: Arc::clone(&above.name),
                creator: Some(id.kind),
            };
        }
        match id.kind {
            WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
                Self::Rolling(id)
            }
            WorkloadKind::ReplicaSet => Self::ReplicaSet(id),
            WorkloadKind::Job => Self::Job(id),
            WorkloadKind::CronJob => Self::CronJob { id, job },
        }
    }

    /// The workload, if known.
    pub fn workload(&self) -> Option<&WorkloadRef> {
        match self {
            Self::Rolling(id) | Self::ReplicaSet(id) | Self::Job(id) | Self::CronJob { id, .. } => {
                Some(id)
            }
            Self::None | Self::StaticPod { .. } | Self::Other { .. } => None,
        }
    }

    /// Whether both are one owner; all Jobs of a CronJob have one template.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => false,
            (Self::CronJob { id, .. }, Self::CronJob { id: other, .. }) => id == other,
            (one, other) => one == other,
        }
    }

    /// Whether a deleted Pod is created again without side effects.
    ///
    /// A Job counts a deleted Pod as a failure: at its `backoffLimit` it fails for good. The API server's Pod
    /// of a static Pod is only a mirror of a file on the node. What a controller of another kind does is not
    /// known: Tekton and Argo Workflows fail the run.
    pub fn recreates_pods(&self) -> bool {
        match self {
            Self::None | Self::StaticPod { .. } | Self::Job(_) | Self::CronJob { .. } => false,
            Self::Other {
                creator: Some(creator),
                ..
            } => *creator != WorkloadKind::Job,
            Self::Other {
                kind,
                creator: None,
                ..
            } => matches!(
                &**kind,
                "ReplicaSet" | "ReplicationController" | "StatefulSet" | "DaemonSet"
            ),
            Self::Rolling(_) | Self::ReplicaSet(_) => true,
        }
    }

    /// Whether the Pod belongs to a Job, even an unknown one.
    pub fn is_job(&self) -> bool {
        match self {
            Self::Job(_) | Self::CronJob { .. } => true,
            Self::Other { kind, creator, .. } => {
                **kind == *WorkloadKind::Job.as_str() || *creator == Some(WorkloadKind::Job)
            }
            Self::None | Self::StaticPod { .. } | Self::Rolling(_) | Self::ReplicaSet(_) => false,
        }
    }
}

/// Whether a workload of this kind is edited although a controller of another kind owns it. Its owner may
/// revert that, as the plan says. A ReplicaSet or a Job is only a copy of its owner's template.
fn has_own_template(kind: WorkloadKind) -> bool {
    match kind {
        WorkloadKind::Deployment
        | WorkloadKind::StatefulSet
        | WorkloadKind::DaemonSet
        | WorkloadKind::CronJob => true,
        WorkloadKind::ReplicaSet | WorkloadKind::Job => false,
    }
}

impl TemplateRollout {
    /// `pod`: `None` for a workload that has none.
    fn new(workload: &Workload, pod: Option<&Pod>) -> Self {
        let status = &workload.status;
        match workload.id.kind {
            _ if status.on_delete => Self::OnDelete,
            WorkloadKind::Deployment if status.paused => Self::Paused,
            WorkloadKind::StatefulSet
                if pod.and_then(ordinal).unwrap_or_default() < status.partition =>
            {
                Self::BelowPartition(status.partition)
            }
            WorkloadKind::Deployment
            | WorkloadKind::ReplicaSet
            | WorkloadKind::StatefulSet
            | WorkloadKind::DaemonSet
            | WorkloadKind::Job
            | WorkloadKind::CronJob => Self::Automatic,
        }
    }
}

/// The number at the end of the name of a StatefulSet's Pod.
fn ordinal(pod: &Pod) -> Option<u32> {
    let (_, ordinal) = pod.key.name.as_str().rsplit_once('-')?;
    ordinal.parse().ok()
}

impl FixTarget {
    /// The target for a container of a Pod.
    pub fn for_pod(
        pod: &Pod,
        container: &str,
        workload: Option<&Workload>,
        account_lists: Option<&[Name<Secret>]>,
    ) -> Self {
        let namespace = pod.key.namespace.clone();
        let owner = PodOwner::from_owner(&namespace, pod.meta.owner.as_deref(), workload);
        let found = pod.containers.iter().find(|it| *it.name == *container);
        let in_template = workload.and_then(|workload| {
            let mut images = workload.images.iter();
            images.find(|(name, _)| **name == *container)
        });
        Self {
            pod: Some(pod.key.clone()),
            container: found.map(|container| TargetContainer {
                name: Arc::clone(&container.name),
                role: container.role,
                image: Arc::clone(&container.image),
                template_image: in_template.map(|(_, image)| Arc::clone(image)),
            }),
            volume: None,
            template_rollout: workload.map_or(TemplateRollout::Automatic, |workload| {
                TemplateRollout::new(workload, Some(pod))
            }),
            listed: Arc::clone(&pod.pull_secrets),
            legacy_secrets: Arc::from([]),
            list_origin: ListOrigin::new(pod, workload, account_lists),
            service_account: pod.service_account.clone(),
            owner,
            namespace,
        }
    }

    /// The target for a workload that cannot create Pods.
    pub fn for_workload(workload: &Workload) -> Self {
        Self {
            namespace: workload.id.key.namespace.clone(),
            pod: None,
            owner: PodOwner::of_workload(workload, None),
            template_rollout: TemplateRollout::new(workload, None),
            container: None,
            volume: None,
            listed: Arc::clone(&workload.pull_secrets),
            legacy_secrets: Arc::from([]),
            list_origin: ListOrigin::of_template(workload),
            service_account: workload.service_account.clone(),
        }
    }

    /// Whether the container is ephemeral: changes to a workload or ServiceAccount do not reach it.
    pub fn is_ephemeral(&self) -> bool {
        let container = self.container.as_ref();
        container.is_some_and(|container| container.role == ContainerRole::Ephemeral)
    }

    /// Whether deleting the Pod retries the pull: it is created again, and no other container is disturbed for a debug
    /// container.
    pub fn is_retried_by_delete(&self) -> bool {
        self.pod.is_some() && self.owner.recreates_pods() && !self.is_ephemeral()
    }

    /// The node whose kubelet creates the Pod from a file.
    pub fn static_pod_node(&self) -> Option<&Arc<str>> {
        match &self.owner {
            PodOwner::StaticPod { node } => Some(node),
            PodOwner::None
            | PodOwner::Rolling(_)
            | PodOwner::ReplicaSet(_)
            | PodOwner::Job(_)
            | PodOwner::CronJob { .. }
            | PodOwner::Other { .. } => None,
        }
    }

    /// Why a change of the owner's template alone does not reach the Pod, in a sentence.
    pub(in crate::domain) fn held_template(&self) -> Option<String> {
        let id = self.owner.workload()?;
        match self.template_rollout {
            TemplateRollout::Automatic | TemplateRollout::OnDelete => None,
            TemplateRollout::Paused => Some(format!(
                "{id} is paused: a change of its template is rolled out when it is resumed."
            )),
            TemplateRollout::BelowPartition(partition) => Some(format!(
                "{id} creates Pods below ordinal {partition} from the old revision: lower spec.updateStrategy.rollingUpdate.partition."
            )),
        }
    }
}

impl ListOrigin {
    /// Where a Pod's list comes from. Admission fills an empty list and no other: where no template is known,
    /// a list that the ServiceAccount does not have is the Pod's own. To edit that one helps also where it is
    /// an old list of the ServiceAccount.
    pub(in crate::domain::diagnostics) fn new(
        pod: &Pod,
        workload: Option<&Workload>,
        account_lists: Option<&[Name<Secret>]>,
    ) -> Self {
        let is_own = || {
            pod.static_pod_node().is_some()
                || has_list(&pod.pull_secrets, pod.has_unnamed_pull_secret)
                    && account_lists != Some(&*pod.pull_secrets)
        };
        match workload {
            Some(workload) => Self::of_template(workload),
            None if is_own() => Self::Template(Arc::clone(&pod.pull_secrets)),
            None => Self::ServiceAccount,
        }
    }

    fn of_template(workload: &Workload) -> Self {
        if has_list(&workload.pull_secrets, workload.has_unnamed_pull_secret) {
            Self::Template(Arc::clone(&workload.pull_secrets))
        } else {
            Self::ServiceAccount
        }
    }
}

/// Whether a spec sets `imagePullSecrets`: an entry without a name counts, too.
fn has_list(named: &[Name<Secret>], has_unnamed: bool) -> bool {
    has_unnamed || !named.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{self, key, owned, running, workload};

    fn owner_of(kind: WorkloadKind) -> PodOwner {
        let mut pod = fixtures::pod("shop", "web-1", running());
        pod.meta.owner = Some(Arc::new(OwnerReference {
            kind: "Job".into(),
            name: "web-7".into(),
            uid: "u".into(),
        }));
        let workload = workload(kind, "shop", "web", None);
        FixTarget::for_pod(&pod, "app", Some(&workload), None).owner
    }

    #[test]
    fn the_owner_is_told_by_what_it_does_with_its_pods() {
        let id = |kind| WorkloadRef {
            kind,
            key: key("shop", "web"),
        };
        for kind in WorkloadKind::ALL {
            let expected = match kind {
                WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
                    PodOwner::Rolling(id(kind))
                }
                WorkloadKind::ReplicaSet => PodOwner::ReplicaSet(id(kind)),
                WorkloadKind::Job => PodOwner::Job(id(kind)),
                WorkloadKind::CronJob => PodOwner::CronJob {
                    id: id(kind),
                    job: Some(key("shop", "web-7")),
                },
            };
            assert_eq!(owner_of(kind), expected);
            let is_job = matches!(kind, WorkloadKind::Job | WorkloadKind::CronJob);
            assert_eq!(expected.is_job(), is_job);
            assert_eq!(expected.recreates_pods(), !is_job, "{kind:?}");
        }
        let bare = fixtures::pod("shop", "web-1", running());
        let bare = FixTarget::for_pod(&bare, "app", None, None);
        assert_eq!(bare.owner, PodOwner::None);
        assert!(!bare.is_retried_by_delete());
        let mut mirror = fixtures::pod("shop", "web-1", running());
        mirror.meta.owner = Some(Arc::new(OwnerReference {
            kind: "Node".into(),
            name: "node-1".into(),
            uid: "u".into(),
        }));
        assert!(!FixTarget::for_pod(&mirror, "app", None, None).is_retried_by_delete());
        for kind in ["Job", "TaskRun", "Workflow"] {
            mirror.meta.owner = Some(Arc::new(OwnerReference {
                kind: kind.into(),
                name: "run".into(),
                uid: "u".into(),
            }));
            let target = FixTarget::for_pod(&mirror, "app", None, None);
            assert!(!target.is_retried_by_delete(), "{kind}");
        }
        // Its ReplicaSet has not been seen.
        let unseen = owned(fixtures::pod("shop", "web-1", running()), "web-5c9f");
        assert!(FixTarget::for_pod(&unseen, "app", None, None).is_retried_by_delete());
    }

    #[test]
    fn the_list_that_counts_is_the_templates_where_it_has_one() {
        let pod = fixtures::pod("shop", "web-1", running());
        let mut workload = workload(WorkloadKind::Deployment, "shop", "web", None);
        let origin =
            |workload: &Workload| FixTarget::for_pod(&pod, "app", Some(workload), None).list_origin;
        assert_eq!(origin(&workload), ListOrigin::ServiceAccount);
        let own: Arc<[Name<Secret>]> = Arc::from([Name::new("own")]);
        workload.pull_secrets = Arc::clone(&own);
        assert_eq!(origin(&workload), ListOrigin::Template(own));
        // A Pod without a controller: what its ServiceAccount does not list is its own.
        let bare = |lists: &[Name<Secret>]| FixTarget::for_pod(&pod, "app", None, Some(lists));
        let copied = bare(&[Name::new("regcred")]);
        assert_eq!(copied.list_origin, ListOrigin::ServiceAccount);
        assert!(matches!(bare(&[]).list_origin, ListOrigin::Template(_)));
    }
}
