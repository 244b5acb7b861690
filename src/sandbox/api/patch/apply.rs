//! Server-side apply: the body holds exactly the fields that its manager wants.
//!
//! Fields that the manager applied before and no longer names are removed, unless others own them
//! too; fields that others own and that would change are conflicts, unless forced
//! (`structured-merge-diff/merge/update.go`).

use std::collections::BTreeMap;

use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::{
    body::{self, Body},
    events,
    negotiate::ResponseForm,
    read::render_as,
    request::ApiRequest,
    route::RequestTarget,
    write_options::manager,
};
use crate::sandbox::{
    fields::{Element, FieldSet, ListShape, MapShape, child, element_of, list_shape, map_shape},
    object::{self, put, text},
    resources::{Resource, Subresource},
    status::{ApiResult, ApiStatus, StatusCause},
    store::ObjectKey,
    world::World,
    write::{
        self, UpdatePart, WriteOptions,
        managed_fields::{self, ManagedFieldsEntry, Manager, Operation, owned_only},
    },
};

pub fn apply(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    if call.query.get("fieldManager").is_none() {
        return Err(ApiStatus::invalid_options(
            "PatchOptions",
            &StatusCause::required("fieldManager", "is required for apply patch"),
        ));
    }
    let mut wanted = call.yaml()?;
    check(target.resource, target, &mut wanted)?;
    if events::is_new_view(target.resource) {
        events::to_core(&mut wanted);
    }
    let manager = manager(call, target, Operation::Apply);
    let intent = WriteOptions {
        manager: None,
        dry_run: call.query.is_dry_run("PatchOptions")?,
    };
    let resource = target.resource;
    let place = ObjectKey::new(
        target.namespace(),
        target.name.as_deref().unwrap_or_default(),
    );
    let Some(live) = world.store.at(resource.kind, &place).cloned() else {
        if target.subresource.is_some() {
            return Err(ApiStatus::not_found(resource, &place.name));
        }
        let wish = owned_only(FieldSet::applied(&wanted));
        record_ownership(&mut wanted, Vec::new(), &manager, &wish, world.now);
        let made = write::create(world, resource.kind, &place.namespace, wanted, &intent)?;
        let answer = render_as(world, resource, &made, shape);
        return Ok(body::json(StatusCode::CREATED, &answer));
    };
    let merged = merge_into(&live, &wanted, &manager, call.query.flag("force"), world)?;
    let stored = match target.subresource {
        Some(Subresource::Status) => write::update_part(
            world,
            resource.kind,
            &place,
            UpdatePart::Status,
            &merged,
            &intent,
        )?,
        Some(Subresource::EphemeralContainers) => {
            let part = UpdatePart::EphemeralContainers;
            write::update_part(world, resource.kind, &place, part, &merged, &intent)?
        }
        _ => write::update(world, resource.kind, &place, merged, &intent)?,
    };
    Ok(body::ok(&render_as(world, resource, &stored, shape)))
}

fn check(resource: &'static Resource, target: &RequestTarget, wanted: &mut Value) -> ApiResult<()> {
    if text(wanted, "/apiVersion") != resource.api_version()
        || text(wanted, "/kind") != resource.name
    {
        return Err(ApiStatus::bad_request(format!(
            "failed to create typed patch object: the patch is {} {}, the path is of {} {}",
            text(wanted, "/apiVersion"),
            text(wanted, "/kind"),
            resource.api_version(),
            resource.name
        )));
    }
    if wanted.pointer("/metadata/managedFields").is_some() {
        return Err(ApiStatus::bad_request("metadata.managedFields must be nil"));
    }
    let name = target.name.as_deref().unwrap_or_default();
    if object::name(wanted).is_empty() {
        put(wanted, "/metadata/name", name);
    } else if object::name(wanted) != name {
        return Err(ApiStatus::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({name})",
            object::name(wanted)
        )));
    }
    Ok(())
}

/// The live object with what is wanted in it; or who stands against that.
fn merge_into(
    live: &Value,
    wanted: &Value,
    manager: &Manager,
    force: bool,
    world: &World,
) -> ApiResult<Value> {
    let wish = owned_only(FieldSet::applied(wanted));
    let mut merged = merge("", Some(live), wanted);
    let mut entries = managed_fields::entries(live);
    let given_up = given_up(&entries, manager, &wish);
    drop_paths("", &mut merged, &given_up);

    let changed = owned_only(FieldSet::difference("", Some(live), Some(&merged)));
    let contested = changed.intersection(&wish);
    let others = entries.iter_mut().filter(|entry| !entry.is_by(manager));
    if force {
        others.for_each(|entry| entry.fields.subtract(&contested));
    } else {
        let conflicts = conflicts(others.map(|entry| &*entry), &contested);
        if !conflicts.is_empty() {
            return Err(conflict(conflicts));
        }
    }
    record_ownership(&mut merged, entries, manager, &wish, world.now);
    Ok(merged)
}

/// Writes the books: the manager owns what it applies, and only that.
fn record_ownership(
    object: &mut Value,
    mut entries: Vec<ManagedFieldsEntry>,
    manager: &Manager,
    wish: &FieldSet,
    now: Timestamp,
) {
    let before = entries.iter().find(|entry| entry.is_by(manager));
    if before.is_none_or(|entry| entry.fields != *wish) {
        entries.retain(|entry| !entry.is_by(manager));
        managed_fields::add_ownership(&mut entries, manager, wish, now);
    }
    managed_fields::write(object, &entries);
}

/// What the manager applied before, does not apply now, and nobody else owns.
fn given_up(entries: &[ManagedFieldsEntry], manager: &Manager, wish: &FieldSet) -> FieldSet {
    let mut given_up = FieldSet::default();
    for entry in entries {
        if entry.is_by(manager) {
            given_up.add(&entry.fields);
        }
    }
    given_up.subtract(wish);
    for entry in entries.iter().filter(|entry| !entry.is_by(manager)) {
        given_up.subtract(&entry.fields);
    }
    given_up
}

fn conflicts<'a>(
    others: impl Iterator<Item = &'a ManagedFieldsEntry>,
    contested: &FieldSet,
) -> Vec<(String, String)> {
    others
        .flat_map(|entry| {
            let paths = entry.fields.intersection(contested).paths();
            paths.into_iter().map(|path| (described(entry), path))
        })
        .collect()
}

/// `printManager`: one who did not apply is named with the version of the API that was used.
fn described(entry: &ManagedFieldsEntry) -> String {
    let mut text = format!("{:?}", entry.manager);
    if !entry.subresource.is_empty() {
        text = format!("{text} with subresource {:?}", entry.subresource);
    }
    if entry.operation == Operation::Update.as_str() {
        text = format!("{text} using {}", entry.api_version);
    }
    text
}

/// The words of `NewConflictError`: by manager, unless there is only one.
fn conflict(conflicts: Vec<(String, String)>) -> ApiStatus {
    let message = match conflicts.as_slice() {
        [(manager, path)] => {
            format!("Apply failed with 1 conflict: conflict with {manager}: {path}")
        }
        many => {
            let mut of_manager: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for (manager, path) in many {
                let paths = of_manager.entry(manager).or_default();
                paths.push(format!("- {path}"));
            }
            let groups: Vec<String> = of_manager
                .into_iter()
                .map(|(manager, paths)| format!("conflicts with {manager}:\n{}", paths.join("\n")))
                .collect();
            let count = many.len();
            format!("Apply failed with {count} conflicts: {}", groups.join("\n"))
        }
    };
    let causes: Vec<StatusCause> = conflicts
        .into_iter()
        .map(|(manager, path)| StatusCause {
            reason: "FieldManagerConflict",
            field: path,
            message: format!("conflict with {manager}"),
        })
        .collect();
    ApiStatus::apply_conflict(message, &causes)
}

/// Structured merge: maps by field, keyed lists by key, sets as unions, all else replaced.
fn merge(field: &str, live: Option<&Value>, wanted: &Value) -> Value {
    match (live, wanted) {
        (Some(Value::Object(live)), Value::Object(wanted))
            if map_shape(field) != MapShape::Atomic =>
        {
            let mut merged: Map<String, Value> = live.clone();
            for (name, value) in wanted {
                merged.insert(
                    name.clone(),
                    merge(child(field, name), live.get(name), value),
                );
            }
            Value::Object(merged)
        }
        (Some(Value::Array(live)), Value::Array(wanted))
            if list_shape(field) != ListShape::Atomic =>
        {
            merge_list(list_shape(field), live, wanted)
        }
        (_, wanted) => wanted.clone(),
    }
}

fn merge_list(shape: ListShape, live: &[Value], wanted: &[Value]) -> Value {
    let mut merged = live.to_vec();
    for member in wanted {
        let element = element_of(shape, member);
        let place = merged
            .iter_mut()
            .find(|there| element.is_some() && element_of(shape, there) == element);
        match place {
            Some(there) => *there = merge("", Some(there), member),
            None => merged.push(member.clone()),
        }
    }
    Value::Array(merged)
}

/// Takes the paths of the set out of the value.
fn drop_paths(field: &str, value: &mut Value, gone: &FieldSet) {
    match value {
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in names {
                let Some(below) = gone.at(&Element::Field(name.clone())) else {
                    continue;
                };
                if below.is_leaf() {
                    fields.remove(&name);
                } else if let Some(value) = fields.get_mut(&name) {
                    drop_paths(child(field, &name), value, below);
                    if is_empty(value) {
                        fields.remove(&name);
                    }
                }
            }
        }
        Value::Array(members) => {
            let shape = list_shape(field);
            members.retain_mut(|member| {
                let below = element_of(shape, member).and_then(|element| gone.at(&element));
                let Some(below) = below else { return true };
                if below.contains_here() {
                    return false;
                }
                drop_paths("", member, below);
                true
            });
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(members) => members.is_empty(),
        _ => false,
    }
}
