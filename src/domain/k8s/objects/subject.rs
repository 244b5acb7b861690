//! What can be found fault with.

use std::fmt;

use super::{Pod, WorkloadRef};
use crate::domain::k8s::object_ref::{Namespace, ObjectRef};

/// What is diagnosed: a Pod, or a workload that cannot make any.
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
