//! Objects that could not be decoded.
//!
//! They are left out of the store, so whoever claims that something does not exist, or that nothing is
//! wrong, has to look here first.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::domain::k8s::object_ref::Namespace;

/// Namespace and name of an object, as far as they are readable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// `None` for an object that is in no namespace, or whose namespace could not be read.
    pub namespace: Option<Namespace>,
    pub name: Arc<str>,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The objects of one watch that could not be decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadableObjects {
    pub named: BTreeSet<ObjectName>,
    /// Those of which not even the name could be read.
    pub unnamed: usize,
}

impl UnreadableObjects {
    pub fn count(&self) -> usize {
        self.named.len() + self.unnamed
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Those that are, or may be, in this namespace.
    #[must_use]
    pub fn within(&self, namespace: &Namespace) -> Self {
        let is_here = |object: &&ObjectName| {
            let known = object.namespace.as_ref();
            known.is_none_or(|known| known == namespace)
        };
        Self {
            named: self.named.iter().filter(is_here).cloned().collect(),
            unnamed: self.unnamed,
        }
    }

    /// Those of both.
    #[must_use]
    pub fn merged_with(mut self, other: &Self) -> Self {
        self.named.extend(other.named.iter().cloned());
        self.unnamed += other.unnamed;
        self
    }
}

/// The names, the nameless ones counted.
impl fmt::Display for UnreadableObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Maximum number of names that are listed; the others are counted.
        const LISTED: usize = 3;
        let mut parts: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        let more = parts.len().saturating_sub(LISTED);
        parts.truncate(LISTED);
        if more > 0 {
            parts.push(format!("{more} more"));
        }
        if self.unnamed > 0 {
            parts.push(format!("{} unnamed", self.unnamed));
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_and_the_rest_is_counted() {
        let object = |namespace: &str, name: &str| ObjectName {
            namespace: Some(Namespace::new(namespace)),
            name: name.into(),
        };
        let all = UnreadableObjects {
            named: ["a", "b", "c", "d", "e"]
                .map(|name| object(if name == "a" { "pay" } else { "shop" }, name))
                .into(),
            unnamed: 1,
        };
        assert_eq!(all.to_string(), "pay/a, shop/b, shop/c, 2 more, 1 unnamed");
        let pay = all.within(&Namespace::new("pay"));
        assert_eq!(pay.count(), 2, "the nameless one may be anywhere");
        assert_eq!(all.merged_with(&pay).count(), 7);
        assert!(UnreadableObjects::default().is_empty());
    }
}
