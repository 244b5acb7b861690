//! Converts Events between core `v1` and `events.k8s.io/v1`, which name fields differently.
//!
//! The store holds the core form; the other is made at the door
//! (`pkg/apis/core/v1/conversion.go` and `pkg/apis/events/v1/conversion.go`).

use serde_json::Value;

use crate::sandbox::{
    object::{put, remove},
    resources::Resource,
};

const NEW_AND_CORE: &[(&str, &str)] = &[
    ("/regarding", "/involvedObject"),
    ("/note", "/message"),
    ("/reportingController", "/reportingComponent"),
    ("/deprecatedCount", "/count"),
    ("/deprecatedFirstTimestamp", "/firstTimestamp"),
    ("/deprecatedLastTimestamp", "/lastTimestamp"),
    ("/deprecatedSource", "/source"),
];

pub fn is_new_view(resource: &Resource) -> bool {
    resource.group == "events.k8s.io"
}

/// Converts an Event of the newer API to the core form.
pub fn to_core(event: &mut Value) {
    rename(event, NEW_AND_CORE.iter().copied());
}

/// Converts a stored Event to the newer API.
pub fn to_new(event: &mut Value) {
    rename(event, NEW_AND_CORE.iter().map(|(new, core)| (*core, *new)));
    put(event, "/apiVersion", "events.k8s.io/v1");
}

fn rename<'a>(event: &mut Value, names: impl Iterator<Item = (&'a str, &'a str)>) {
    for (from, to) in names {
        if let Some(value) = remove(event, from) {
            put(event, to, value);
        }
    }
}
