//! Where to look.

use crate::domain::k8s::object_ref::Namespace;

/// What part of the cluster is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere; for kinds that may not be listed everywhere, in these namespaces.
    Cluster { otherwise: Vec<Namespace> },
    /// In these namespaces only.
    Namespaces(Vec<Namespace>),
}

impl Reach {
    /// The namespaces that are named.
    pub(super) fn namespaces(&self) -> &[Namespace] {
        match self {
            Self::Cluster { otherwise } => otherwise,
            Self::Namespaces(namespaces) => namespaces,
        }
    }
}
