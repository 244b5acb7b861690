//! Metadata of all objects: identity, version, age, labels and the controlling owner.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Labels in the API server's order, shared by all Pods of one template.
pub type Labels = Arc<[(Arc<str>, Arc<str>)]>;

/// The fields of `metadata` that are used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectMeta {
    pub uid: Arc<str>,
    pub resource_version: ResourceVersion,
    pub created: Option<Timestamp>,
    /// Set while the object waits for its finalizers or its grace period.
    pub deleting: Option<Timestamp>,
    pub labels: Labels,
    /// The annotations that GitOps controllers, Helm and replicators leave.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub manager_annotations: Box<[(Arc<str>, Arc<str>)]>,
    /// One allocation for all that it owns.
    pub owner: Option<Arc<OwnerReference>>,
}

/// A `resourceVersion`, stored as a number.
///
/// It is opaque and compared for equality only, as the API conventions ask; a number saves memory with fifty thousand
/// objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ResourceVersion(u64);

impl From<String> for ResourceVersion {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<ResourceVersion> for String {
    fn from(version: ResourceVersion) -> Self {
        version.0.to_string()
    }
}

impl From<&str> for ResourceVersion {
    fn from(text: &str) -> Self {
        // Every API server writes a decimal number; what another writes is told apart by its hash.
        Self(text.parse().unwrap_or_else(|_| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        }))
    }
}

impl ObjectMeta {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(key, _)| &**key == name)
            .map(|(_, value)| &**value)
    }
}

/// The owner reference with `controller: true`; that owner creates the object again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnerReference {
    /// As the API says it; a custom controller's kind is kept too.
    pub kind: Arc<str>,
    pub name: Arc<str>,
    pub uid: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_and_read_back() {
        for text in ["17940", "1", "not-a-number"] {
            let version = ResourceVersion::from(text);
            assert_eq!(ResourceVersion::from(String::from(version)), version);
            assert_eq!(ResourceVersion::from(text), version);
            assert_ne!(ResourceVersion::from("17941"), version);
        }
    }
}
