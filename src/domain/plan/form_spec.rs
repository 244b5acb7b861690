//! Specifications of the forms that are filled in before a plan can be made, with their options.

use std::sync::Arc;

use super::{ImageOwner, Spread};
use crate::domain::{
    diagnostics::FixTarget,
    k8s::{
        object_ref::{Key, Name, Namespace},
        objects::{Pod, Secret, ServiceAccount, Workload, WorkloadKey},
    },
};

/// The specification of a form.
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
        /// What waits for it.
        targets: Vec<FixTarget>,
    },
    /// Another login for all that carry this one.
    Rotate { spreads: Vec<Spread> },
    /// Namespaces that get a Secret too.
    Copy {
        from: Key<Secret>,
        brings: Vec<Arc<str>>,
        targets: Vec<Target>,
    },
    /// Another image for one container, or for the containers of several workloads.
    Image {
        targets: Vec<ImageTarget>,
        /// Workloads with the same image that cannot get another one, and why.
        left_out: Vec<String>,
    },
    /// The ServiceAccounts that list a Secret.
    Bind {
        secret: Key<Secret>,
        accounts: Vec<Listing>,
    },
    /// The pull Secrets that a ServiceAccount lists.
    List {
        account: Key<ServiceAccount>,
        listing: Listing,
        secrets: Vec<Name<Secret>>,
    },
    /// The ServiceAccount of a workload.
    RunAs {
        workload: WorkloadKey,
        before: Name<ServiceAccount>,
        accounts: Vec<Name<ServiceAccount>>,
    },
    /// All that a first private image needs.
    Setup { namespace: Option<Namespace> },
    /// A workload for a private image.
    Deploy { namespace: Option<Namespace> },
    /// That a Secret may go, and from which lists.
    DeleteSecret {
        secret: Key<Secret>,
        accounts: Vec<Listing>,
        pods: usize,
    },
    DeleteAccount {
        account: Key<ServiceAccount>,
        pods: usize,
        workloads: Vec<WorkloadKey>,
    },
    /// Export format and path of a plan.
    Export,
}

/// A namespace that a Secret can be copied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub namespace: Namespace,
    /// The servers of a Secret of the same name that is there already.
    pub there: Option<Vec<Arc<str>>>,
}

/// A container that gets another image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageTarget {
    pub owner: ImageOwner,
    pub container: Arc<str>,
    /// The image in the template, or in a Pod without a controller, as it is known.
    pub before: Arc<str>,
    /// Pods with the old image that nothing replaces by itself.
    pub pods: Vec<Key<Pod>>,
    /// The runs of a CronJob that have the old image.
    pub jobs: Vec<Key<Workload>>,
}

/// A ServiceAccount, its pull Secrets and what runs as it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub account: Name<ServiceAccount>,
    pub list: Vec<Name<Secret>>,
    pub workloads: Vec<WorkloadKey>,
    /// Those of its workloads that have Pods waiting for an image.
    pub waiting: Vec<WorkloadKey>,
}

impl Ask {
    pub fn title(&self) -> String {
        match self {
            Self::Login { secret, .. } => format!("A new credential for the Secret {secret}"),
            Self::NewSecret { namespace, .. } => format!("A new pull Secret in {namespace}"),
            Self::Rotate { spreads } => match &spreads[..] {
                [one] => format!("Rotate a credential: {} at {}", one.username, one.server),
                _ => "Rotate a credential, wherever it is".to_owned(),
            },
            Self::Copy { from, .. } => format!("Copy the Secret {from}"),
            Self::Image { targets, .. } => match &targets[..] {
                [
                    ImageTarget {
                        owner, container, ..
                    },
                ] => format!("Another image for {container} in {owner}"),
                several => format!("Another image for {} workloads", several.len()),
            },
            Self::Bind { secret, .. } => format!("Who lists the Secret {secret}"),
            Self::List { account, .. } => format!("Pull Secrets of the ServiceAccount {account}"),
            Self::RunAs { workload, .. } => format!("The ServiceAccount of {workload}"),
            Self::Setup { .. } => "First-time setup of a private image".to_owned(),
            Self::Deploy { .. } => "Deploy a private image".to_owned(),
            Self::DeleteSecret { secret, .. } => format!("Delete the Secret {secret}"),
            Self::DeleteAccount { account, .. } => format!("Delete the ServiceAccount {account}"),
            Self::Export => "Export as YAML".to_owned(),
        }
    }
}
