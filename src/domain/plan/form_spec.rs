//! Specifications of the forms that are filled in before a plan can be made, with their options.

use std::sync::Arc;

use super::{CredentialUsage, ImageOwner, Reach};
use crate::domain::{
    diagnostics::FixTarget,
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Pod, Secret, ServiceAccount, Workload, WorkloadRef},
    },
};

/// The specification of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormSpec {
    /// A login for a Secret that is there.
    Login {
        secret: ObjectRef<Secret>,
        server: String,
        username: String,
        /// What the login is for, where that is known.
        image: Option<Arc<str>>,
        /// What the ServiceAccount of the targets lists.
        listed: Vec<Name<Secret>>,
        /// What waits for it: what lists the Secret need not wait on, the others get it attached.
        targets: Vec<FixTarget>,
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
    Rotate {
        /// The Secret that it was asked for.
        secret: ObjectRef<Secret>,
        spreads: Vec<CredentialUsage>,
        /// Which Secrets are checked at first: this one, as a fix of one workload changes no other, or all.
        reach: Reach,
    },
    /// Namespaces that get a Secret too.
    Copy {
        from: ObjectRef<Secret>,
        brings: Vec<Arc<str>>,
        targets: Vec<CopyTarget>,
    },
    /// Another image for one container, or for the containers of several workloads.
    Image {
        targets: Vec<ImageTarget>,
        /// What is filled in; `None`: the image as it is.
        suggested: Option<String>,
        /// Tags that the registry has listed, those that look like the image's first; empty: not known.
        tags: Vec<String>,
        /// Workloads with the same image that cannot get another one, and why.
        left_out: Vec<String>,
    },
    /// The ServiceAccounts that list a Secret.
    Bind {
        secret: ObjectRef<Secret>,
        accounts: Vec<AccountPullSecrets>,
    },
    /// The pull secrets that a ServiceAccount lists.
    List {
        account: ObjectRef<ServiceAccount>,
        listing: AccountPullSecrets,
        secrets: Vec<Name<Secret>>,
    },
    /// The ServiceAccount of a workload.
    RunAs {
        workload: WorkloadRef,
        before: Name<ServiceAccount>,
        accounts: Vec<Name<ServiceAccount>>,
    },
    /// All that a first private image needs.
    Setup { namespace: Option<Namespace> },
    /// A workload for a private image.
    Deploy { namespace: Option<Namespace> },
    /// That a Secret may go, and from which lists.
    DeleteSecret {
        secret: ObjectRef<Secret>,
        accounts: Vec<AccountPullSecrets>,
        pods: usize,
    },
    DeleteAccount {
        account: ObjectRef<ServiceAccount>,
        pods: usize,
        workloads: Vec<WorkloadRef>,
    },
    /// Export format and path of a plan.
    Export,
}

/// A namespace as target of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyTarget {
    pub namespace: Namespace,
    /// The servers of a Secret of the same name that is there already.
    pub existing_servers: Option<Vec<Arc<str>>>,
}

/// A container whose image is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageTarget {
    pub owner: ImageOwner,
    pub container: Arc<str>,
    /// The image in the template, or in a Pod without a controller, as it is known.
    pub before: Arc<str>,
    /// The paused Deployment that has to be resumed for the image to get to its Pods.
    pub resumes: Option<WorkloadRef>,
    /// Pods with the old image that nothing replaces by itself.
    pub pods: Vec<ObjectRef<Pod>>,
    /// The runs of a CronJob that have the old image.
    pub jobs: Vec<ObjectRef<Workload>>,
}

/// A ServiceAccount with its pull secrets and workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPullSecrets {
    pub account: Name<ServiceAccount>,
    pub list: Vec<Name<Secret>>,
    pub workloads: Vec<WorkloadRef>,
    /// Those of its workloads that have Pods waiting for an image.
    pub waiting: Vec<WorkloadRef>,
}

impl FormSpec {
    pub fn title(&self) -> String {
        match self {
            Self::Login { secret, .. } => format!("New credential for Secret {secret}"),
            Self::NewSecret { namespace, .. } => format!("New pull secret in {namespace}"),
            Self::Rotate {
                secret, spreads, ..
            } => match &spreads[..] {
                [one] => format!(
                    "Rotate credential of Secret {secret}: {} at {}",
                    one.username, one.server
                ),
                _ => format!("Rotate credential of Secret {secret}"),
            },
            Self::Copy { from, .. } => format!("Copy Secret {from}"),
            Self::Image { targets, .. } => match &targets[..] {
                [
                    ImageTarget {
                        owner, container, ..
                    },
                ] => format!("New image for {container} in {owner}"),
                several => format!("New image for {} workloads", several.len()),
            },
            Self::Bind { secret, .. } => format!("ServiceAccounts using {secret}"),
            Self::List { account, .. } => format!("Pull secrets of ServiceAccount {account}"),
            Self::RunAs { workload, .. } => format!("ServiceAccount of {workload}"),
            Self::Setup { .. } => "First-time setup for a private image".to_owned(),
            Self::Deploy { .. } => "Create a Deployment from a private image".to_owned(),
            Self::DeleteSecret { secret, .. } => format!("Delete Secret {secret}"),
            Self::DeleteAccount { account, .. } => format!("Delete ServiceAccount {account}"),
            Self::Export => "Export as YAML".to_owned(),
        }
    }
}
