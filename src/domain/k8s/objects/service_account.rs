//! A ServiceAccount: for the pull, the list of pull secrets that admission copies into Pods, and the cloud
//! identity that a credential provider may pull with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ObjectMeta, Secret, WorkloadIdentity};
use crate::domain::k8s::object_ref::{Name, ObjectRef};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    pub key: ObjectRef<ServiceAccount>,
    pub meta: ObjectMeta,
    /// In the order of the object, which is the order the kubelet gets them in.
    pub pull_secrets: Arc<[Name<Secret>]>,
    /// The cloud identities that its annotations name; most have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<WorkloadIdentity>,
}
