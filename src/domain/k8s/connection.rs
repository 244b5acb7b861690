//! The current connection and the contexts of the kubeconfig.

use super::object_ref::Namespace;

/// The connected cluster and the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    pub context: String,
    pub cluster: String,
    /// As the server knows the user, or else the name in the kubeconfig.
    pub user: Option<String>,
    pub server_version: Option<String>,
    /// The namespace that was asked for or that the context names.
    pub namespace: Option<Namespace>,
}

/// A context of the kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeContext {
    pub name: String,
    pub cluster: String,
    pub user: Option<String>,
    pub namespace: Option<String>,
    /// The kubeconfig's `current-context`.
    pub current: bool,
}
