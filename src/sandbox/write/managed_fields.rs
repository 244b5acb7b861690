//! Field ownership (`metadata.managedFields`).
//!
//! An update takes over the fields that it changes and gives up those that it removes; an apply
//! does so only by force. See `structured-merge-diff/merge/update.go`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::{
    fields::FieldSet,
    object::{Put, list, put, remove, seconds, text},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Apply,
    Update,
}

impl Operation {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// A field manager and its operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    pub name: String,
    pub operation: Operation,
    pub subresource: Option<&'static str>,
}

/// One entry of `managedFields`.
#[derive(Clone, Debug)]
pub struct ManagedFieldsEntry {
    pub manager: String,
    pub operation: String,
    pub subresource: String,
    pub api_version: String,
    pub time: String,
    pub fields: FieldSet,
}

impl ManagedFieldsEntry {
    pub fn is_by(&self, manager: &Manager) -> bool {
        self.manager == manager.name
            && self.operation == manager.operation.as_str()
            && self.subresource == manager.subresource.unwrap_or_default()
    }
}

/// Fields without an owner: identity, and what the server sets.
const UNOWNED: &[&str] = &["apiVersion", "kind"];
const UNOWNED_METADATA: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
    "selfLink",
    "managedFields",
];

/// Removes fields that have no owner.
pub fn owned_only(mut fields: FieldSet) -> FieldSet {
    for name in UNOWNED {
        fields.remove_field(name);
    }
    let is_bare = fields.field_mut("metadata").is_some_and(|metadata| {
        for name in UNOWNED_METADATA {
            metadata.remove_field(name);
        }
        metadata.is_empty()
    });
    if is_bare {
        fields.remove_field("metadata");
    }
    fields
}

pub fn entries(object: &Value) -> Vec<ManagedFieldsEntry> {
    list(object, "/metadata/managedFields")
        .iter()
        .map(|entry| ManagedFieldsEntry {
            manager: text(entry, "/manager").to_owned(),
            operation: text(entry, "/operation").to_owned(),
            subresource: text(entry, "/subresource").to_owned(),
            api_version: text(entry, "/apiVersion").to_owned(),
            time: text(entry, "/time").to_owned(),
            fields: entry
                .get("fieldsV1")
                .map(FieldSet::from_wire)
                .unwrap_or_default(),
        })
        .collect()
}

/// Writes the non-empty entries into the object.
pub fn write(object: &mut Value, entries: &[ManagedFieldsEntry]) {
    let api_version = text(object, "/apiVersion").to_owned();
    let wire: Vec<Value> = entries
        .iter()
        .filter(|entry| !entry.fields.is_empty())
        .map(|entry| {
            let mut wire = json!({
                "manager": entry.manager,
                "operation": entry.operation,
                "apiVersion": api_version,
                "time": entry.time,
                "fieldsType": "FieldsV1",
                "fieldsV1": entry.fields.to_wire(),
            });
            if !entry.subresource.is_empty() {
                wire.put("subresource", entry.subresource.as_str());
            }
            wire
        })
        .collect();
    if wire.is_empty() {
        remove(object, "/metadata/managedFields");
    } else {
        put(object, "/metadata/managedFields", wire);
    }
}

/// Adds `fields` to those of the manager.
pub fn add_ownership(
    entries: &mut Vec<ManagedFieldsEntry>,
    manager: &Manager,
    fields: &FieldSet,
    now: Timestamp,
) {
    let time = seconds(now);
    match entries.iter_mut().find(|entry| entry.is_by(manager)) {
        Some(entry) => {
            entry.fields.add(fields);
            entry.time = time;
        }
        None => entries.push(ManagedFieldsEntry {
            manager: manager.name.clone(),
            operation: manager.operation.as_str().to_owned(),
            subresource: manager.subresource.unwrap_or_default().to_owned(),
            api_version: String::new(),
            time,
            fields: fields.clone(),
        }),
    }
}

/// Records an update: the manager owns what it has changed, exclusively.
pub fn track(manager: &Manager, old: Option<&Value>, new: &mut Value, now: Timestamp) {
    let mut entries = entries(old.unwrap_or(new));
    let changed = owned_only(FieldSet::difference("", old, Some(new)));
    if changed.is_empty() {
        write(new, &entries);
        return;
    }
    for entry in entries.iter_mut().filter(|entry| !entry.is_by(manager)) {
        entry.fields.subtract(&changed);
    }
    let present = owned_only(FieldSet::from_value("", new));
    add_ownership(&mut entries, manager, &changed.intersection(&present), now);
    let mut gone = changed;
    gone.subtract(&present);
    for entry in &mut entries {
        entry.fields.subtract(&gone);
    }
    write(new, &entries);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(name: &str) -> Manager {
        Manager {
            name: name.to_owned(),
            operation: Operation::Update,
            subresource: None,
        }
    }

    fn owners(object: &Value) -> Vec<(String, Vec<String>)> {
        entries(object)
            .into_iter()
            .map(|entry| (entry.manager, entry.fields.paths()))
            .collect()
    }

    #[test]
    fn a_changed_field_changes_hands() {
        let now = Timestamp::UNIX_EPOCH;
        let mut first = json!({"metadata": {"name": "a", "labels": {"x": "1", "y": "1"}}});
        track(&manager("jane"), None, &mut first, now);
        let mut second = first.clone();
        put(&mut second, "/metadata/labels/y", "2");
        track(&manager("joe"), Some(&first), &mut second, now);
        assert_eq!(
            owners(&second),
            [
                (
                    "jane".to_owned(),
                    vec![
                        ".metadata.labels".to_owned(),
                        ".metadata.labels.x".to_owned()
                    ]
                ),
                ("joe".to_owned(), vec![".metadata.labels.y".to_owned()]),
            ]
        );
    }
}
