//! The input of a diagnosis: one Pod with its ServiceAccount, pull secrets, workload, events and peers.
//!
//! A [`PodContext`] is all that a diagnosis may read: small, shared by `Arc` and serialisable, so that it is
//! also the input of golden tests and the attachment of a bug report. `build` makes it from the `Store`,
//! `deleted_job_pod` for a deleted Pod of a Job, `peers` what other Pods show, `secret_uses` what they pull with its
//! Secrets, `node_pulls` what its node pulls first, and `similar` which images have similar names; `credential_chain` says
//! how each link stands, and `provider` who may pull without a Secret.
//! Passwords are not in it.

mod build;
mod credential_chain;
mod deleted_job_pod;
mod node_pulls;
mod peers;
mod provider;
mod secret_uses;
mod similar;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Event, Pod, PullPolicy, Secret, ServiceAccount, Workload},
    },
    store::LastPullError,
};

pub use build::{events_of_workload, newest_run, pod_context, revisions, workload_context};
pub use credential_chain::{AccountState, CredentialChain, SecretLink, SecretState};
pub(crate) use credential_chain::{has_matching_credential, matching_entries};
pub use deleted_job_pod::events_of_lost;
pub use node_pulls::{MAX_PULLS, NodePull};
pub use provider::ProviderLink;
pub use secret_uses::SecretUse;
pub use similar::UsedImage;

/// A Pod with everything that affects its pulls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PodContext {
    pub now: Timestamp,
    pub pod: Arc<Pod>,
    pub account: Presence<Arc<ServiceAccount>>,
    /// The Pod's `imagePullSecrets`, in order.
    #[serde(rename = "listed")]
    pub pull_secrets: Vec<PullSecretRef>,
    /// Whether the Secrets of the namespace could be listed.
    #[serde(rename = "secrets")]
    #[serde(default)]
    pub secrets_visibility: Visibility,
    /// Pull Secrets of the namespace that the Pod does not list.
    #[serde(rename = "others")]
    #[serde(default)]
    pub unlisted_secrets: Vec<Arc<Secret>>,
    /// Pull secrets of other namespaces with a listed name, or that would match; at most 32.
    #[serde(default)]
    pub elsewhere: Vec<Arc<Secret>>,
    /// ServiceAccounts of the namespace that list pull secrets.
    #[serde(default)]
    pub accounts: Vec<Arc<ServiceAccount>>,
    /// The ServiceAccounts of the namespace have not been listed: others may list Secrets, too.
    #[serde(default)]
    pub accounts_unseen: bool,
    pub workload: Option<Arc<Workload>>,
    /// The workload's ReplicaSets, newest first.
    #[serde(default)]
    pub revisions: Vec<Arc<Workload>>,
    /// Images of other Pods of the namespace on the same registries; at most 64.
    #[serde(rename = "neighbours")]
    #[serde(default)]
    pub peers: Vec<PeerContainer>,
    /// What other Pods pull with Secrets that have no login for this Pod's images; at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secret_uses: Vec<SecretUse>,
    /// Images of other workloads that are one slip away from those that are waited for; at most 8.
    #[serde(rename = "similar")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar_images: Vec<UsedImage>,
    /// As `peers`, of the Pods of the namespaces that a Secret could be copied from; at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers_elsewhere: Vec<PeerContainer>,
    /// Pulls that the node was asked for before that of this Pod and has not ended; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pulls_ahead: Vec<NodePull>,
    #[serde(default)]
    pub events: Vec<Arc<Event>>,
    /// The last pull error of each container.
    #[serde(rename = "errors")]
    #[serde(default)]
    pub last_errors: Vec<LastPullError>,
}

/// An object that exists, does not exist, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence<T> {
    Present(T),
    Missing,
    /// Not readable, or not read yet.
    Unknown,
}

/// How complete a list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Complete: what is not listed does not exist.
    #[serde(rename = "whole")]
    Complete,
    /// The user has no right to list them.
    Forbidden,
    /// Not read, or not to its end; also said of cases that were saved before this was recorded.
    #[default]
    Partial,
}

impl<T> Presence<T> {
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Missing | Self::Unknown => None,
        }
    }
}

/// An entry of the Pod's `imagePullSecrets` and the Secret that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullSecretRef {
    pub name: Name<Secret>,
    pub secret: Presence<Arc<Secret>>,
}

/// A container of another Pod, representing all containers like it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerContainer {
    pub pod: ObjectRef<Pod>,
    pub node: Option<Arc<str>>,
    pub image: Arc<str>,
    /// Cases that were saved before this was recorded say `IfNotPresent`, which proves least.
    #[serde(default = "if_not_present")]
    pub policy: PullPolicy,
    /// The pull secrets that the Pod lists.
    #[serde(default)]
    pub secrets: Arc<[Name<Secret>]>,
    /// The node of that Pod has the image.
    pub pulled: bool,
    /// Why it cannot be pulled, as the kubelet said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<PeerError>,
    /// Containers with this image, policy, list and outcome: the replicas of a workload.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: usize,
}

/// The last pull error of another Pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerError {
    pub message: Arc<str>,
    #[serde(rename = "seen")]
    pub observed_at: Timestamp,
}

fn if_not_present() -> PullPolicy {
    PullPolicy::IfNotPresent
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

/// A workload without Pods to diagnose: none can be created, or they are gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkloadContext {
    pub now: Timestamp,
    pub workload: Arc<Workload>,
    /// What creates its Pods now, where it does not do so itself: the newest Job of a CronJob, the newest
    /// ReplicaSet of a Deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Arc<Workload>>,
    /// Some Pods of that are there, and tell of themselves.
    #[serde(default)]
    pub has_pods: bool,
    /// Of a Job that has given up: its last Pod that could not pull, as its template and the Pod's events
    /// tell. It is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Box<PodContext>>,
    pub account: Presence<Arc<ServiceAccount>>,
    /// Events about it and about what it makes.
    #[serde(default)]
    pub events: Vec<Arc<Event>>,
}

impl WorkloadContext {
    /// The object that creates the Pods: a CronJob's newest Job, a Deployment's newest ReplicaSet, or the workload
    /// itself.
    pub fn run(&self) -> &Workload {
        self.newest.as_deref().unwrap_or(&self.workload)
    }
}
