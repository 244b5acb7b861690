//! What is kept of objects: as they were found, and as they were before a change.
//!
//! It is kept in memory for the session and never written anywhere; of a Secret it holds the values, so
//! nothing prints it, and it is wiped when it is dropped.

use std::{fmt, sync::Arc};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::domain::k8s::{object_ref::Name, objects::Secret};

/// One stored state of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    pub uid: String,
    /// `resourceVersion`: compared for equality only.
    pub version: String,
}

/// A value, and the object that it was read from. Another object of the same name has another `uid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed<T> {
    pub uid: String,
    pub value: T,
}

/// The list of a Pod spec that a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerList {
    Containers,
    InitContainers,
}

impl ContainerList {
    pub const ALL: [Self; 2] = [Self::Containers, Self::InitContainers];

    /// The name of the field.
    pub fn field(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::InitContainers => "initContainers",
        }
    }
}

/// The image of a container, and the list that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerImage {
    pub list: ContainerList,
    pub image: Arc<str>,
}

impl fmt::Display for ContainerImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.image)
    }
}

/// A list of pull secrets before a change and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange {
    /// The object that has the list: another one of its name has a list of its own. `None`: a change before
    /// this one creates the object.
    pub uid: Option<String>,
    pub before: Vec<Name<Secret>>,
    pub after: Vec<Name<Secret>>,
}

/// An object as it was found, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedObject {
    pub uid: String,
    /// A hash of what it holds.
    pub content: u64,
}

/// An object that a change has created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// `None`: the answer was lost, and it was not there when it was looked for. It may have come since.
    pub revision: Option<ObjectVersion>,
    /// A hash of what it held.
    pub content: u64,
    /// A request that was not answered may create it once more when it is gone.
    pub may_come_again: bool,
}

/// A Secret of which a change has rewritten the content.
#[derive(Debug)]
pub struct Rewritten {
    pub object: ObjectSnapshot,
    /// A hash of the value that the change wrote. The old one is put back only where it still stands.
    pub written: u64,
}

/// A Secret that a change has deleted and created again with another type.
#[derive(Debug)]
pub struct Converted {
    pub object: Arc<ObjectSnapshot>,
    /// What the change made of it; `None`: nothing, or it is not known.
    pub after: Option<ObjectVersion>,
}

/// An object as JSON.
pub struct ObjectSnapshot(Zeroizing<String>);

impl ObjectSnapshot {
    pub fn from_object(object: &Value) -> Self {
        Self(Zeroizing::new(object.to_string()))
    }

    pub fn json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ObjectSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectSnapshot(…)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_printed_of_what_was_there() {
        let object = || ObjectSnapshot::from_object(&json!({"data": {"a": "canary"}}));
        let rewritten = Rewritten {
            object: object(),
            written: 7,
        };
        let converted = Converted {
            object: Arc::new(object()),
            after: None,
        };
        let printed = format!("{:?}{rewritten:?}{converted:?}", object());
        assert!(!printed.contains("canary"), "{printed}");
    }
}
