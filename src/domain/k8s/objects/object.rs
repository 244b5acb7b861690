//! References to objects of more than one kind: any object that is shown, a subject that is diagnosed.

use std::fmt;

use super::{Pod, Secret, ServiceAccount, WorkloadRef};
use crate::domain::k8s::object_ref::{Namespace, ObjectRef};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnyObjectRef {
    Namespace(Namespace),
    Secret(ObjectRef<Secret>),
    ServiceAccount(ObjectRef<ServiceAccount>),
    Pod(ObjectRef<Pod>),
    Workload(WorkloadRef),
}

impl AnyObjectRef {
    /// The kind, as in the API and in events.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Namespace(_) => "Namespace",
            Self::Secret(_) => "Secret",
            Self::ServiceAccount(_) => "ServiceAccount",
            Self::Pod(_) => "Pod",
            Self::Workload(id) => id.kind.as_str(),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Namespace(namespace) => namespace.as_str(),
            Self::Secret(key) => key.name.as_str(),
            Self::ServiceAccount(key) => key.name.as_str(),
            Self::Pod(key) => key.name.as_str(),
            Self::Workload(id) => id.key.name.as_str(),
        }
    }

    /// The namespace of the object; for a Namespace, itself, as its events are there.
    pub fn namespace(&self) -> &Namespace {
        match self {
            Self::Namespace(namespace) => namespace,
            Self::Secret(key) => &key.namespace,
            Self::ServiceAccount(key) => &key.namespace,
            Self::Pod(key) => &key.namespace,
            Self::Workload(id) => &id.key.namespace,
        }
    }

    pub fn pod(&self) -> Option<&ObjectRef<Pod>> {
        match self {
            Self::Pod(key) => Some(key),
            Self::Namespace(_) | Self::Secret(_) | Self::ServiceAccount(_) | Self::Workload(_) => {
                None
            }
        }
    }
}

/// `Pod shop/web-1`
impl fmt::Display for AnyObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace(namespace) => write!(f, "Namespace {namespace}"),
            other => write!(f, "{} {}/{}", other.kind(), other.namespace(), other.name()),
        }
    }
}

/// The subject of a diagnosis: a Pod, or a workload that cannot create any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Pod(ObjectRef<Pod>),
    Workload(WorkloadRef),
}

impl Subject {
    pub fn namespace(&self) -> &Namespace {
        match self {
            Self::Pod(key) => &key.namespace,
            Self::Workload(id) => &id.key.namespace,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(key) => write!(f, "Pod/{}", key.name),
            Self::Workload(id) => id.fmt(f),
        }
    }
}
