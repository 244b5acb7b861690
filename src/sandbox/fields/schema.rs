//! How the lists and maps of the served kinds are merged, by field name.
//!
//! The name alone decides, but for one that has two meanings in the served kinds: see [`child`].
//! Sources: `patchMergeKey`, `listType`, `listMapKey` and `mapType` in `k8s.io/api/*/v1/types.go`.

use serde_json::Value;

/// How server-side apply merges a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListShape {
    /// Replaced as a whole.
    Atomic,
    /// Each value stands for itself.
    Set,
    /// Elements are told apart by these fields.
    Map(&'static [&'static str]),
}

/// How server-side apply merges a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapShape {
    /// A struct: its fields are owned one by one.
    Struct,
    /// Free keys, as in `labels`: the keys are owned, and the map itself too.
    Keyed,
    /// Replaced as a whole.
    Atomic,
}

/// Name of a field below `parent` in this table.
///
/// A Pod's `imagePullSecrets` are merged by name; a ServiceAccount's list is replaced as a whole.
pub fn child<'a>(parent: &str, name: &'a str) -> &'a str {
    match name {
        "imagePullSecrets" if parent != "spec" => "serviceAccount.imagePullSecrets",
        name => name,
    }
}

pub fn list_shape(field: &str) -> ListShape {
    match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "imagePullSecrets"
        | "volumes"
        | "secrets" => ListShape::Map(&["name"]),
        "ports" => ListShape::Map(&["containerPort", "protocol"]),
        "volumeMounts" => ListShape::Map(&["mountPath"]),
        "volumeDevices" => ListShape::Map(&["devicePath"]),
        "hostAliases" => ListShape::Map(&["ip"]),
        "topologySpreadConstraints" => ListShape::Map(&["topologyKey", "whenUnsatisfiable"]),
        "conditions" => ListShape::Map(&["type"]),
        "ownerReferences" => ListShape::Map(&["uid"]),
        "finalizers" => ListShape::Set,
        _ => ListShape::Atomic,
    }
}

pub fn map_shape(field: &str) -> MapShape {
    match field {
        "labels" | "annotations" | "data" | "binaryData" | "stringData" | "requests" | "limits"
        | "hard" | "used" | "capacity" | "allocatable" => MapShape::Keyed,
        "selector" | "nodeSelector" | "secretKeyRef" | "configMapKeyRef" | "fieldRef"
        | "resourceFieldRef" | "roleRef" | "involvedObject" | "labelSelector" => MapShape::Atomic,
        _ => MapShape::Struct,
    }
}

/// The `patchMergeKey` of a list for strategic merge patch; `None` if it is replaced.
pub fn strategic_key(field: &str) -> Option<&'static str> {
    match list_shape(field) {
        ListShape::Map(keys) => keys.first().copied(),
        ListShape::Atomic | ListShape::Set => None,
    }
}

impl ListShape {
    /// Values of the key fields of an element; a missing protocol is TCP.
    pub fn key_of(self, element: &Value) -> Option<Vec<(&'static str, Value)>> {
        let Self::Map(keys) = self else { return None };
        keys.iter()
            .map(|key| match element.get(key) {
                Some(value) => Some((*key, value.clone())),
                None if *key == "protocol" => Some((*key, "TCP".into())),
                None => None,
            })
            .collect()
    }
}
