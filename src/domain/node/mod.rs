//! One node as an image pull meets it: its status, its kubelet's configuration and metrics, and the mirrors and
//! proxies of its container runtime.
//!
//! Types and parsers only. Each part is read by another request and takes another permission, so each is a
//! [`Reading`] of its own: what could not be read is said, with the reason, and never taken for a default.

mod file_reader;
mod kubelet_config;
mod kubelet_metrics;
mod registry_config;
mod status;
mod toml_table;

use std::sync::Arc;

use jiff::Timestamp;

pub use file_reader::{
    DEFAULT_READER_IMAGE, NODE_FILES_LABEL, NodeFileReader, NodeFilesOutcome, OUTPUT_LIMIT,
};
pub use kubelet_config::{CredentialVerificationPolicy, KubeletConfig, PullConcurrency};
pub use kubelet_metrics::KubeletMetrics;
pub use registry_config::{
    HostScope, NodeFile, ProxySetting, RegistryConfig, RegistryEndpoint, RegistryHosts,
};
pub use status::{NodeImage, NodeStatus};

use super::rbac::Permission;

/// Everything that is known of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    pub name: Arc<str>,
    pub status: Reading<NodeStatus>,
    /// `/configz` of the kubelet.
    pub config: Reading<KubeletConfig>,
    /// `/metrics` of the kubelet.
    pub metrics: Reading<KubeletMetrics>,
    pub read_at: Timestamp,
}

/// What one request for it has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    Known(T),
    /// 403: the user lacks this permission.
    Denied(Permission),
    /// Why there is no answer, or none that could be read.
    Unavailable(String),
}

impl<T> Reading<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Denied(_) | Self::Unavailable(_) => None,
        }
    }

    /// Why it is not known.
    pub fn gap(&self) -> Option<String> {
        match self {
            Self::Known(_) => None,
            Self::Denied(permission) => Some(format!(
                "requires permission to {} {}",
                permission.verb, permission.resource
            )),
            Self::Unavailable(why) => Some(why.clone()),
        }
    }
}

/// Reads a Node's status.
pub fn status_permission() -> Permission {
    Permission::new("get", "", "nodes", None)
}

/// Asks a kubelet for `/configz` and `/metrics`, by way of the API server.
///
/// The API server checks `nodes/proxy` for every path; the finer `nodes/configz` and `nodes/metrics` (KEP-2862)
/// are checked by the kubelet, for those who ask it directly. It is no right to read only: some paths of the
/// kubelet run commands and are opened with GET
/// (<https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/>).
pub fn proxy_permission() -> Permission {
    Permission::new("get", "", "nodes/proxy", None)
}
