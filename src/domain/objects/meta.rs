//! What all objects have in common: identity, version, age, labels and the controlling owner.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Labels in the API server's order; one allocation for all Pods of one template.
pub type Labels = Arc<[(Arc<str>, Arc<str>)]>;

/// The part of `metadata` that the product uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub uid: Arc<str>,
    /// Opaque; compared for equality only, as the API conventions ask.
    pub resource_version: Arc<str>,
    pub created: Option<Timestamp>,
    /// Set while the object waits for its finalizers or its grace period.
    pub deleting: Option<Timestamp>,
    pub labels: Labels,
    pub owner: Option<Owner>,
}

impl Meta {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(key, _)| &**key == name)
            .map(|(_, value)| &**value)
    }
}

/// The owner with `controller: true`, which is the one that makes the object again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// As the API says it; a custom controller's kind is kept too.
    pub kind: Arc<str>,
    pub name: Arc<str>,
    pub uid: Arc<str>,
}
