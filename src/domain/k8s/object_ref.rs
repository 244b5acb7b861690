//! Typed references to objects: names of different kinds are different types, and a key has a namespace.
//!
//! The text behind a name is shared (`Arc<str>`), so that fifty thousand Pods of one namespace hold
//! that namespace once. Knows nothing of what the objects contain.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of an object of kind `K`.
///
/// Names of different kinds do not compare and do not convert:
///
/// ```compile_fail,E0308
/// use pullscope::domain::k8s::{object_ref::Name, objects::{Pod, Secret}};
/// let secret: Name<Secret> = Name::new("regcred");
/// let pod: Name<Pod> = secret;
/// ```
pub struct Name<K>(Arc<str>, PhantomData<fn() -> K>);

impl<K> Name<K> {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into(), PhantomData)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a valid object name: a DNS subdomain of RFC 1123.
    ///
    /// A name that another object refers to (`imagePullSecrets`) is not validated by the API server, and a
    /// server may answer anything. What is no valid name exists nowhere, and is no part of a path or file.
    pub fn is_valid(&self) -> bool {
        is_dns_subdomain(&self.0)
    }

    /// The shared text, for passing it on without a copy.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

/// Longest name of an object (`validation.DNS1123SubdomainMaxLength`).
pub const LONGEST_NAME: usize = 253;

/// Longest name of a Namespace (`validation.DNS1123LabelMaxLength`).
const LONGEST_LABEL: usize = 63;

/// `IsDNS1123Subdomain` of `k8s.io/apimachinery`: labels joined by dots.
fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.split('.').all(is_label)
}

/// A label of any length: the pattern of `IsDNS1123Label`, whose limit of 63 holds for whole names only.
fn is_label(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(is_part) && !text.starts_with('-') && !text.ends_with('-')
}

impl<K> Clone for Name<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), PhantomData)
    }
}

impl<K> PartialEq for Name<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Name<K> {}

impl<K> PartialOrd for Name<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Name<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

/// In the order of the texts. Most of those that are compared are one and the same.
fn compare(a: &Arc<str>, b: &Arc<str>) -> Ordering {
    if Arc::ptr_eq(a, b) {
        Ordering::Equal
    } else {
        a.cmp(b)
    }
}

impl<K> Hash for Name<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> fmt::Debug for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<K> fmt::Display for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> Serialize for Name<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, K> Deserialize<'de> for Name<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Arc::<str>::deserialize(deserializer).map(|text| Self(text, PhantomData))
    }
}

/// The name of a namespace.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Namespace(Arc<str>);

impl PartialOrd for Namespace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Namespace {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl Namespace {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Whether this is a valid Namespace name: a DNS label of RFC 1123.
    pub fn is_valid(&self) -> bool {
        self.0.len() <= LONGEST_LABEL && is_label(&self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reference to an object of kind `K`: namespace and name.
pub struct ObjectRef<K> {
    pub namespace: Namespace,
    pub name: Name<K>,
}

impl<K> ObjectRef<K> {
    pub fn new(namespace: Namespace, name: Name<K>) -> Self {
        Self { namespace, name }
    }
}

impl<K> Clone for ObjectRef<K> {
    fn clone(&self) -> Self {
        Self::new(self.namespace.clone(), self.name.clone())
    }
}

impl<K> PartialEq for ObjectRef<K> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.namespace == other.namespace
    }
}

impl<K> Eq for ObjectRef<K> {}

impl<K> PartialOrd for ObjectRef<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for ObjectRef<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.namespace, &self.name).cmp(&(&other.namespace, &other.name))
    }
}

impl<K> Hash for ObjectRef<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.namespace.hash(state);
        self.name.hash(state);
    }
}

impl<K> fmt::Debug for ObjectRef<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl<K> fmt::Display for ObjectRef<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl<K> Serialize for ObjectRef<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.namespace, &self.name).serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for ObjectRef<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(Namespace, Name<K>)>::deserialize(deserializer)
            .map(|(namespace, name)| Self::new(namespace, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_as_the_api_server_has_it() {
        let long = "a".repeat(254);
        for (text, name, namespace) in [
            ("regcred", true, true),
            ("web-1.example", true, false),
            ("0", true, true),
            ("", false, false),
            (".", false, false),
            ("..", false, false),
            ("a/b", false, false),
            ("../../kube-system", false, false),
            ("x?dryRun=All", false, false),
            ("Bad_NS", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("a..b", false, false),
            ("ä", false, false),
            (&long[..253], true, false),
            (&long[..63], true, true),
            (&long, false, false),
        ] {
            assert_eq!(Name::<()>::new(text).is_valid(), name, "{text}");
            assert_eq!(Namespace::new(text).is_valid(), namespace, "{text}");
        }
    }
}
