//! What has to be typed before there is a plan.

use std::sync::Arc;

use crate::domain::{
    key::{Key, Name, Namespace},
    objects::{Pod, Secret, ServiceAccount, WorkloadKey},
};

/// Something to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A login for a Secret that is there.
    Login {
        secret: Key<Secret>,
        server: String,
        username: String,
        /// What the login is for, where that is known.
        image: Option<Arc<str>>,
        /// Pods that wait and need not wait on.
        waiting: Vec<Key<Pod>>,
    },
    /// A login for a Secret that is to be made and attached.
    NewSecret {
        namespace: Namespace,
        name: String,
        server: String,
        image: Option<Arc<str>>,
        /// What gets it; `None`: nobody yet.
        account: Option<Name<ServiceAccount>>,
        listed: Vec<Name<Secret>>,
        workloads: Vec<WorkloadKey>,
    },
    /// Another image.
    Image {
        workload: WorkloadKey,
        container: Arc<str>,
        before: Arc<str>,
    },
    /// A ServiceAccount for a Secret.
    Bind { secret: Key<Secret> },
    /// All that a first private image needs.
    Setup { namespace: Option<Namespace> },
}

impl Ask {
    pub fn title(&self) -> String {
        match self {
            Self::Login { secret, .. } => format!("A new credential for the Secret {secret}"),
            Self::NewSecret { namespace, .. } => format!("A new pull Secret in {namespace}"),
            Self::Image {
                workload,
                container,
                ..
            } => format!("Another image for {container} in {workload}"),
            Self::Bind { secret } => format!("Attach the Secret {secret}"),
            Self::Setup { .. } => "First-time setup of a private image".to_owned(),
        }
    }
}
