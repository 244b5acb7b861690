//! One change: what it does, to what, and which permission it takes.

use std::{fmt, sync::Arc};

use super::entries::{Edit, Login};
use crate::domain::{
    key::{Key, Name, Namespace},
    objects::{Pod, Secret, ServiceAccount, Workload, WorkloadKey, WorkloadKind},
    rights::Permission,
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
    EditSecret {
        key: Key<Secret>,
        edit: Edit,
    },
    /// A Secret's type is immutable, so it is deleted and made again with the same content.
    ConvertSecret {
        key: Key<Secret>,
    },
    CopySecret {
        from: Key<Secret>,
        to: Namespace,
    },
    CreateAccount {
        key: Key<ServiceAccount>,
        pull_secrets: Vec<Name<Secret>>,
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
    SetAccount {
        workload: Restartable,
        account: Name<ServiceAccount>,
    },
    SetImage {
        workload: Restartable,
        container: Arc<str>,
        before: Arc<str>,
        image: String,
    },
    CreateDeployment {
        key: Key<Workload>,
        image: String,
        account: Name<ServiceAccount>,
        replicas: u32,
    },
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
        /// As they are and as they will be: container name and image.
        before: Images,
        after: Images,
    },
    /// Pods that wait: what owns them makes new ones, which do not wait.
    DeletePod(Key<Pod>),
}

impl Change {
    /// The namespace that the change is made in.
    pub fn namespace(&self) -> &Namespace {
        match self {
            Self::CreateNamespace(namespace) => namespace,
            Self::CreateSecret { key, .. }
            | Self::EditSecret { key, .. }
            | Self::ConvertSecret { key } => &key.namespace,
            Self::CopySecret { to, .. } => to,
            Self::CreateAccount { key, .. } => &key.namespace,
            Self::AttachSecret { account, .. } | Self::DetachSecret { account, .. } => {
                &account.namespace
            }
            Self::SetAccount { workload, .. }
            | Self::SetImage { workload, .. }
            | Self::Restart(workload) => &workload.id().key.namespace,
            Self::CreateDeployment { key, .. } => &key.namespace,
            Self::SetPaused { deployment, .. } | Self::RollBack { deployment, .. } => {
                &deployment.namespace
            }
            Self::DeletePod(key) => &key.namespace,
        }
    }

    /// What the user must be allowed to do.
    pub fn permissions(&self) -> Vec<Permission> {
        let one =
            |verb: &str, group: &str, resource: &str, namespace: Option<&Namespace>| Permission {
                verb: verb.into(),
                group: group.into(),
                resource: resource.into(),
                namespace: namespace.cloned(),
            };
        let here = Some(self.namespace());
        match self {
            Self::CreateNamespace(_) => vec![one("create", "", "namespaces", None)],
            Self::CreateSecret { .. } => vec![one("create", "", "secrets", here)],
            Self::EditSecret { .. } => vec![
                one("get", "", "secrets", here),
                one("patch", "", "secrets", here),
            ],
            Self::ConvertSecret { .. } => vec![
                one("get", "", "secrets", here),
                one("delete", "", "secrets", here),
                one("create", "", "secrets", here),
            ],
            Self::CopySecret { from, .. } => vec![
                one("get", "", "secrets", Some(&from.namespace)),
                one("create", "", "secrets", here),
            ],
            Self::CreateAccount { .. } => vec![one("create", "", "serviceaccounts", here)],
            Self::AttachSecret { .. } | Self::DetachSecret { .. } => vec![
                one("get", "", "serviceaccounts", here),
                one("patch", "", "serviceaccounts", here),
            ],
            Self::SetAccount { workload, .. }
            | Self::SetImage { workload, .. }
            | Self::Restart(workload) => {
                let resource = plural(workload.id().kind);
                vec![one("patch", "apps", resource, here)]
            }
            Self::CreateDeployment { .. } => vec![one("create", "apps", "deployments", here)],
            Self::SetPaused { .. } => vec![one("patch", "apps", "deployments", here)],
            Self::RollBack { .. } => vec![
                one("get", "apps", "replicasets", here),
                one("get", "apps", "deployments", here),
                one("patch", "apps", "deployments", here),
            ],
            Self::DeletePod(_) => vec![one("delete", "", "pods", here)],
        }
    }
}

/// The resource of a restartable kind.
fn plural(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployments",
        WorkloadKind::StatefulSet => "statefulsets",
        WorkloadKind::DaemonSet => "daemonsets",
        WorkloadKind::ReplicaSet => "replicasets",
        WorkloadKind::Job => "jobs",
        WorkloadKind::CronJob => "cronjobs",
    }
}

/// The change in a sentence.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateNamespace(name) => write!(f, "Create the namespace {name}"),
            Self::CreateSecret { key, server, login } => write!(
                f,
                "Create the pull Secret {key} for {server} as {}",
                login.username
            ),
            Self::EditSecret { key, edit } => match edit {
                Edit::Put { server, login } => write!(
                    f,
                    "Give {} a new credential for {server} in the Secret {key}; other entries stay",
                    login.username
                ),
                Edit::Rekey { from, to } => {
                    write!(f, "Move the entry {from} of the Secret {key} to {to}")
                }
                Edit::Remove { server } => {
                    write!(f, "Remove the entry {server} from the Secret {key}")
                }
            },
            Self::ConvertSecret { key } => write!(
                f,
                "Delete the Secret {key} and create it again as kubernetes.io/dockerconfigjson"
            ),
            Self::CopySecret { from, to } => write!(f, "Copy the Secret {from} to namespace {to}"),
            Self::CreateAccount { key, .. } => write!(f, "Create the ServiceAccount {key}"),
            Self::AttachSecret {
                account, secret, ..
            } => write!(f, "Attach {secret} to the ServiceAccount {account}"),
            Self::DetachSecret {
                account, secret, ..
            } => write!(f, "Take {secret} off the ServiceAccount {account}"),
            Self::SetAccount { workload, account } => {
                write!(
                    f,
                    "Let {} run as the ServiceAccount {account}",
                    workload.id()
                )
            }
            Self::SetImage {
                workload,
                container,
                image,
                ..
            } => write!(
                f,
                "Set the image of {container} in {} to {image}",
                workload.id()
            ),
            Self::CreateDeployment { key, image, .. } => {
                write!(f, "Create the Deployment {key} with {image}")
            }
            Self::Restart(workload) => {
                write!(
                    f,
                    "Restart {}: new Pods, one after the other",
                    workload.id()
                )
            }
            Self::SetPaused { deployment, paused } => {
                let verb = if *paused { "Pause" } else { "Resume" };
                write!(f, "{verb} the rollout of the Deployment {deployment}")
            }
            Self::RollBack {
                deployment,
                revision,
                ..
            } => write!(
                f,
                "Take the Deployment {deployment} back to its revision {revision}"
            ),
            Self::DeletePod(key) => {
                write!(
                    f,
                    "Delete the waiting Pod {key}: its owner makes a new one at once"
                )
            }
        }
    }
}
