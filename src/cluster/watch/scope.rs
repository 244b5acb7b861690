//! Which namespaces are watched.

use crate::domain::k8s::object_ref::Namespace;

/// What part of the cluster is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchScope {
    /// Everywhere; for kinds that may not be listed everywhere, in these namespaces.
    Cluster { fallback: Vec<Namespace> },
    /// In these namespaces only.
    Namespaces(Vec<Namespace>),
}

impl WatchScope {
    /// The namespaces that are named.
    pub(super) fn namespaces(&self) -> &[Namespace] {
        match self {
            Self::Cluster {
                fallback: otherwise,
            } => otherwise,
            Self::Namespaces(namespaces) => namespaces,
        }
    }
}
