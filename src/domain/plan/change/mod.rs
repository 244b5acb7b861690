//! One change: what it does, and to what.

use std::{fmt, sync::Arc};

use super::{
    before::{Before, ContainerImage, Seen},
    entries::{Edit, Login},
    found::{Lists, Template},
    outline::Outline,
    stored_config::StoredConfig,
};
use crate::domain::{
    key::{Key, Name, Namespace},
    objects::{
        Pod, PullPolicy, Secret, ServiceAccount, Subject, Workload, WorkloadKey, WorkloadKind,
    },
};

/// A workload whose Pods are replaced when its template changes (`kubectl rollout restart`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Restartable(WorkloadKey);

impl Restartable {
    /// `None` for kinds that do not replace their Pods: Jobs, CronJobs, bare ReplicaSets.
    pub fn new(id: WorkloadKey) -> Option<Self> {
        match id.kind {
            WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
                Some(Self(id))
            }
            WorkloadKind::ReplicaSet | WorkloadKind::Job | WorkloadKind::CronJob => None,
        }
    }

    pub fn id(&self) -> &WorkloadKey {
        &self.0
    }
}

/// A Pod, or a workload whose Pod template can be changed: what a container's image is set in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageOwner(Subject);

impl ImageOwner {
    /// `None` for a Job: its Pod template is immutable.
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
    pub fn workload(&self) -> Option<&WorkloadKey> {
        match &self.0 {
            Subject::Pod(_) => None,
            Subject::Workload(id) => Some(id),
        }
    }

    /// `deployment/web`, as kubectl takes it.
    pub fn kubectl(&self) -> String {
        match &self.0 {
            Subject::Pod(key) => format!("pod/{}", key.name),
            Subject::Workload(id) => id.kubectl(),
        }
    }

    /// The names of the fields from the object to the spec of its Pods.
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

/// A typed change.
#[derive(Clone, Debug)]
pub enum Change {
    CreateNamespace(Namespace),
    CreateSecret {
        key: Key<Secret>,
        server: String,
        login: Login,
    },
    /// `before`: the configuration that the rehearsal found; another one by then is left alone.
    EditSecret {
        key: Key<Secret>,
        edit: Edit,
        before: Option<Seen<StoredConfig>>,
    },
    /// A Secret's type is immutable, so it is deleted and made again with all that it holds. `found`: what
    /// it holds, once that was read from the server.
    ConvertSecret {
        key: Key<Secret>,
        found: Option<Arc<Outline>>,
    },
    CopySecret(Copy),
    DeleteSecret {
        key: Key<Secret>,
    },
    CreateAccount {
        key: Key<ServiceAccount>,
        pull_secrets: Vec<Name<Secret>>,
    },
    DeleteAccount {
        key: Key<ServiceAccount>,
    },
    /// `seen`: the list as it is known; what is there when the change is made counts.
    AttachSecret {
        account: Key<ServiceAccount>,
        secret: Name<Secret>,
        seen: Vec<Name<Secret>>,
    },
    DetachSecret {
        account: Key<ServiceAccount>,
        secret: Name<Secret>,
        seen: Vec<Name<Secret>>,
    },
    /// `before`: what must be there for the change to be made, as it was read from the server by the
    /// rehearsal, or left by the change that this one takes back; `None` until then.
    SetAccount {
        workload: Restartable,
        before: Option<Seen<Name<ServiceAccount>>>,
        account: Name<ServiceAccount>,
    },
    /// The image of a container in a Pod template, or in a Pod without a controller. `before`: as in
    /// `SetAccount`.
    SetImage {
        workload: ImageOwner,
        container: Arc<str>,
        before: Option<Seen<ContainerImage>>,
        image: String,
    },
    /// `imagePullSecrets` of a Pod template that has a list of its own: admission does not read the
    /// ServiceAccount's then. `seen`: the list as it is known; what is there when the change is made counts.
    SetTemplatePullSecrets {
        workload: Restartable,
        add: Name<Secret>,
        /// The name whose place the new one takes.
        instead_of: Option<Name<Secret>>,
        seen: Vec<Name<Secret>>,
    },
    CreateDeployment(Deployment),
    Restart(Restartable),
    /// A Deployment's rollout stops where it is, or goes on.
    SetPaused {
        deployment: Key<Workload>,
        paused: bool,
    },
    /// A Deployment gets the Pod template of one of its older ReplicaSets again
    /// (`kubectl rollout undo --to-revision`).
    RollBack {
        deployment: Key<Workload>,
        set: Name<Workload>,
        revision: u64,
        /// The template that is there, once it was read from the server.
        before: Option<Seen<Template>>,
        /// As they will be: container name and image.
        after: Images,
    },
    /// Pods that wait: what owns them makes new ones, which do not wait. `uid`: of the Pod that was seen;
    /// another one of its name is left alone.
    DeletePod {
        pod: Key<Pod>,
        uid: Option<Arc<str>>,
    },
    /// A run of a CronJob, with its Pods: the next run has the changed template. `uid`: as in `DeletePod`.
    DeleteJob {
        job: Key<Workload>,
        uid: Option<Arc<str>>,
    },
    /// A change that was made is unmade, as far as nobody has changed the same since. `found`: a list as
    /// it is and as it will be, once it was read from the server.
    TakeBack {
        change: Box<Self>,
        before: Arc<Before>,
        found: Option<Lists>,
    },
}

/// A pull Secret that another namespace gets too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub from: Key<Secret>,
    pub to: Key<Secret>,
    pub existing: Existing,
    /// The servers of the entries that are copied, as far as they are known.
    pub brings: Vec<Arc<str>>,
    /// The servers of the Secret that is there already; `None`: there is none, as far as is known.
    pub there: Option<Vec<Arc<str>>>,
}

/// What becomes of a Secret that has the name of the copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It stays as it is, and the change fails where it differs.
    #[default]
    Keep,
    /// It gets the entries of the copy beside its own.
    Merge,
    /// It gets the content of the copy.
    Replace,
}

/// A Deployment that is to be made, with one container of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub key: Key<Workload>,
    pub image: String,
    pub account: Name<ServiceAccount>,
    pub replicas: u32,
    pub port: Option<u16>,
    /// `None`: what Kubernetes makes of the tag (`Always` for `:latest`, else `IfNotPresent`).
    pub policy: Option<PullPolicy>,
}

impl Deployment {
    /// As `kubectl create deployment` makes it.
    pub fn new(
        key: Key<Workload>,
        image: impl Into<String>,
        account: Name<ServiceAccount>,
    ) -> Self {
        Self {
            key,
            image: image.into(),
            account,
            replicas: 1,
            port: None,
            policy: None,
        }
    }

    pub fn id(&self) -> WorkloadKey {
        WorkloadKey {
            kind: WorkloadKind::Deployment,
            key: self.key.clone(),
        }
    }
}

impl Change {
    /// Deletes a Pod; which one of that name is known when the plan is proposed.
    pub fn delete_pod(pod: Key<Pod>) -> Self {
        Self::DeletePod { pod, uid: None }
    }

    /// Deletes whatever Job bears the name, until the plan is pinned to the one that was seen.
    pub fn delete_job(job: Key<Workload>) -> Self {
        Self::DeleteJob { job, uid: None }
    }

    /// Changes entries of a pull Secret; what it must hold for that is known after the rehearsal.
    pub fn edit_secret(key: Key<Secret>, edit: Edit) -> Self {
        Self::EditSecret {
            key,
            edit,
            before: None,
        }
    }

    /// Makes a pull Secret of a Secret of another type.
    pub fn convert_secret(key: Key<Secret>) -> Self {
        Self::ConvertSecret { key, found: None }
    }

    /// The namespace that the change is made in.
    pub fn namespace(&self) -> &Namespace {
        match self {
            Self::CreateNamespace(namespace) => namespace,
            Self::CreateSecret { key, .. }
            | Self::EditSecret { key, .. }
            | Self::ConvertSecret { key, .. }
            | Self::DeleteSecret { key } => &key.namespace,
            Self::CopySecret(copy) => &copy.to.namespace,
            Self::CreateAccount { key, .. } | Self::DeleteAccount { key } => &key.namespace,
            Self::AttachSecret { account, .. } | Self::DetachSecret { account, .. } => {
                &account.namespace
            }
            Self::SetAccount { workload, .. }
            | Self::SetTemplatePullSecrets { workload, .. }
            | Self::Restart(workload) => &workload.id().key.namespace,
            Self::SetImage { workload, .. } => workload.subject().namespace(),
            Self::CreateDeployment(deployment) => &deployment.key.namespace,
            Self::SetPaused { deployment, .. } | Self::RollBack { deployment, .. } => {
                &deployment.namespace
            }
            Self::DeletePod { pod, .. } => &pod.namespace,
            Self::DeleteJob { job, .. } => &job.namespace,
            Self::TakeBack { change, .. } => change.namespace(),
        }
    }
}
