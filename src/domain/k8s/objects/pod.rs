//! A Pod: spec and status of each container side by side, in the order in which the kubelet deals
//! with them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ObjectMeta, PodCondition, PodConditionType, Secret, ServiceAccount};
use crate::domain::k8s::object_ref::{Name, ObjectRef};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pod {
    pub key: ObjectRef<Pod>,
    pub meta: ObjectMeta,
    pub service_account: Name<ServiceAccount>,
    /// What the Pod itself lists: its own, or what admission copied from the ServiceAccount. The
    /// kubelet reads only this list.
    pub pull_secrets: Arc<[Name<Secret>]>,
    /// Whether `imagePullSecrets` has an entry without a name, as an empty Helm value leaves it. It names no
    /// Secret, and yet the list counts as set: admission copies the ServiceAccount's into an empty one only
    /// (kubernetes v1.37 `plugin/pkg/admission/serviceaccount`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unnamed_pull_secret: bool,
    pub node: Option<Arc<str>>,
    pub phase: Phase,
    /// `status.reason` and `status.message`: `Evicted`, `NodeLost`, …
    pub reason: Option<Arc<str>>,
    pub message: Option<Arc<str>>,
    pub containers: Box<[Container]>,
    pub image_volumes: Box<[ImageVolume]>,
    /// The names of `spec.schedulingGates`: no scheduler looks at the Pod before they are gone (KEP-3521).
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub scheduling_gates: Box<[Arc<str>]>,
    pub conditions: Box<[PodCondition]>,
    /// When the kubelet acknowledged the Pod.
    pub started: Option<Timestamp>,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    #[default]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    pub name: Arc<str>,
    pub role: ContainerRole,
    /// As the spec writes it.
    pub image: Arc<str>,
    /// The digest that runs, once the runtime has resolved it (`status.imageID`).
    pub image_id: Option<Arc<str>>,
    pub policy: PullPolicy,
    pub state: ContainerState,
    /// `lastState.terminated`: how the previous run ended.
    pub last_exit: Option<Box<ContainerStateTerminated>>,
    pub ready: bool,
    /// Whether its startup probe has succeeded, or it has none; `None` where that is not reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<bool>,
    pub restarts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ContainerRole {
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
    App,
    Ephemeral,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerState {
    /// The kubelet has not reported on this container yet.
    Unreported,
    Waiting {
        /// `ContainerCreating`, `ErrImagePull`, … or, for a malformed Secret on newer kubelets, the
        /// error text itself.
        reason: Arc<str>,
        message: Option<Arc<str>>,
    },
    Running {
        since: Option<Timestamp>,
    },
    /// Boxed: most containers run, and each would be twice its size for it.
    Terminated(Box<ContainerStateTerminated>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStateTerminated {
    pub code: i32,
    pub reason: Option<Arc<str>>,
    pub message: Option<Arc<str>>,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
}

/// A volume of type `image` (KEP-4639): pulled by the kubelet like a container's image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageVolume {
    pub name: Arc<str>,
    pub image: Arc<str>,
    pub policy: PullPolicy,
}

/// The kind that owns the API server's mirror of a static Pod.
const NODE: &str = "Node";

impl Pod {
    /// The node whose kubelet creates the Pod from a file. Admission refuses a mirror Pod that names a Secret or
    /// a ServiceAccount, and copies no list into it (kubernetes v1.37 `plugin/pkg/admission/serviceaccount`).
    pub fn static_pod_node(&self) -> Option<&Arc<str>> {
        let owner = self.meta.owner.as_ref()?;
        (&*owner.kind == NODE).then_some(&owner.name)
    }

    /// The condition of this type, if reported.
    pub fn condition(&self, condition: PodConditionType) -> Option<&PodCondition> {
        self.conditions.iter().find(|c| c.condition == condition)
    }
}

impl Container {
    /// Whether the image is on the node: the container was started from it, or the runtime has resolved it.
    pub fn has_image(&self) -> bool {
        match self.state {
            ContainerState::Running { .. } | ContainerState::Terminated(_) => true,
            ContainerState::Unreported | ContainerState::Waiting { .. } => {
                self.image_id.as_deref().is_some_and(|id| !id.is_empty())
            }
        }
    }
}
