//! What was there before a change.
//!
//! It is kept in memory for the session and never written anywhere; of a Secret it holds the values, so
//! nothing prints it, and it is wiped when it is dropped.

use std::{fmt, sync::Arc};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::domain::{
    key::Name,
    objects::{Secret, ServiceAccount},
};

/// One stored state of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub uid: String,
    /// `resourceVersion`: compared for equality only.
    pub version: String,
}

/// A value, and the object that it was read from. Another object of the same name has another `uid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<T> {
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

/// What a change found.
#[derive(Clone)]
pub enum Before {
    /// Nothing: the change made the object, and it was this. `content`: a hash of what it held.
    Made {
        seen: Revision,
        content: u64,
    },
    /// The object as JSON; `after`: what the change made of it, `None` when that is gone.
    Was {
        object: Zeroizing<String>,
        after: Option<Revision>,
    },
    /// The object as JSON, of which the change has rewritten one value; `left`: a hash of the value that
    /// it wrote. It is put back only where that value still stands.
    Content {
        object: Zeroizing<String>,
        left: u64,
    },
    /// A list, and what the change made of it.
    List {
        before: Vec<Name<Secret>>,
        after: Vec<Name<Secret>>,
    },
    Account(Seen<Name<ServiceAccount>>),
    Image(Seen<ContainerImage>),
    /// Whether a rollout stood still.
    Paused(bool),
}

impl Before {
    /// Keeps an object.
    pub fn was(object: &Value, after: Option<Revision>) -> Self {
        Self::Was {
            object: Zeroizing::new(object.to_string()),
            after,
        }
    }

    /// Keeps an object of which a value is rewritten.
    pub fn content(object: &Value, left: u64) -> Self {
        Self::Content {
            object: Zeroizing::new(object.to_string()),
            left,
        }
    }
}

type Names<'a> = &'a [Name<Secret>];

/// What each kind of change keeps; `None`: another kind has kept this.
impl Before {
    pub fn made(&self) -> Option<(&Revision, u64)> {
        match self {
            Self::Made { seen, content } => Some((seen, *content)),
            Self::Was { .. }
            | Self::Content { .. }
            | Self::List { .. }
            | Self::Account(_)
            | Self::Image(_)
            | Self::Paused(_) => None,
        }
    }

    /// The object as JSON, and what the change made of it.
    pub fn was_object(&self) -> Option<(&str, Option<&Revision>)> {
        match self {
            Self::Was { object, after } => Some((object, after.as_ref())),
            Self::Made { .. }
            | Self::Content { .. }
            | Self::List { .. }
            | Self::Account(_)
            | Self::Image(_)
            | Self::Paused(_) => None,
        }
    }

    /// The object as JSON, and a hash of the value that the change left.
    pub fn rewritten(&self) -> Option<(&str, u64)> {
        match self {
            Self::Content { object, left } => Some((object, *left)),
            Self::Made { .. }
            | Self::Was { .. }
            | Self::List { .. }
            | Self::Account(_)
            | Self::Image(_)
            | Self::Paused(_) => None,
        }
    }

    /// The list before the change, and after it.
    pub fn list(&self) -> Option<(Names<'_>, Names<'_>)> {
        match self {
            Self::List { before, after } => Some((before, after)),
            Self::Made { .. }
            | Self::Was { .. }
            | Self::Content { .. }
            | Self::Account(_)
            | Self::Image(_)
            | Self::Paused(_) => None,
        }
    }

    pub fn image(&self) -> Option<&Seen<ContainerImage>> {
        match self {
            Self::Image(seen) => Some(seen),
            Self::Made { .. }
            | Self::Was { .. }
            | Self::Content { .. }
            | Self::List { .. }
            | Self::Account(_)
            | Self::Paused(_) => None,
        }
    }

    pub fn account(&self) -> Option<&Seen<Name<ServiceAccount>>> {
        match self {
            Self::Account(seen) => Some(seen),
            Self::Made { .. }
            | Self::Was { .. }
            | Self::Content { .. }
            | Self::List { .. }
            | Self::Image(_)
            | Self::Paused(_) => None,
        }
    }

    pub fn paused(&self) -> Option<bool> {
        match self {
            Self::Paused(was) => Some(*was),
            Self::Made { .. }
            | Self::Was { .. }
            | Self::Content { .. }
            | Self::List { .. }
            | Self::Account(_)
            | Self::Image(_) => None,
        }
    }
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Made { .. } => "Made(…)",
            Self::Was { .. } => "Was(…)",
            Self::Content { .. } => "Content(…)",
            Self::List { .. } => "List(…)",
            Self::Account(_) => "Account(…)",
            Self::Image(_) => "Image(…)",
            Self::Paused(_) => "Paused(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_printed_of_what_was_there() {
        let object = json!({"data": {"a": "canary"}});
        for before in [Before::was(&object, None), Before::content(&object, 7)] {
            assert!(!format!("{before:?}").contains("canary"));
        }
    }
}
