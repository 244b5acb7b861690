//! What the user may do in the cluster: the question and the answer.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::key::Namespace;

/// One permission of RBAC, as `kubectl auth can-i` would ask for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    pub verb: Arc<str>,
    /// Empty for the core group.
    pub group: Arc<str>,
    pub resource: Arc<str>,
    /// `None`: in all namespaces.
    pub namespace: Option<Namespace>,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => f.write_str(" in all namespaces"),
        }
    }
}
