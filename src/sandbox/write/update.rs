//! Updates an object: checks its version and immutable fields.

use serde_json::Value;

use super::{WriteOptions, defaults, delete, managed_fields};
use crate::sandbox::{
    object::{self, StoredObject, copy, number, put, text},
    resources::{Resource, ResourceKind},
    status::{ApiResult, ApiStatus},
    store::ObjectKey,
    validate,
    world::World,
};

/// Metadata fields that only the server sets.
const SERVER_FIELDS: &[&str] = &[
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/deletionTimestamp",
    "/metadata/deletionGracePeriodSeconds",
    "/metadata/generation",
    "/metadata/selfLink",
];

/// A part that is only written through its own subresource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdatePart {
    Status,
    /// What a Namespace waits for before it goes.
    Finalizers,
    /// What was added to a Pod that is there (`kubectl debug`).
    EphemeralContainers,
}

impl UpdatePart {
    fn pointer(self) -> &'static str {
        match self {
            Self::Status => "/status",
            Self::Finalizers => "/spec/finalizers",
            Self::EphemeralContainers => "/spec/ephemeralContainers",
        }
    }
}

/// Replaces an object, except for its separate parts.
pub fn update(
    world: &mut World,
    kind: ResourceKind,
    place: &ObjectKey,
    mut object: Value,
    options: &WriteOptions,
) -> ApiResult<StoredObject> {
    let resource = kind.resource();
    validate::encoding(kind, &object)?;
    let old = current(world, resource, place)?;
    check_identity(resource, place, &old, &object)?;
    for field in SERVER_FIELDS {
        copy(&mut object, &old, field);
    }
    identify(resource, place, &mut object);
    copy(&mut object, &old, "/status");
    if kind == ResourceKind::Namespace {
        copy(&mut object, &old, UpdatePart::Finalizers.pointer());
    }
    defaults::apply(kind, &mut object);
    if has_generation(kind) && old.get("spec") != object.get("spec") {
        let next = number(&old, "/metadata/generation") + 1;
        put(&mut object, "/metadata/generation", next);
    }
    validate::changed_object(kind, &old, &object)?;
    Ok(store(world, kind, &old, object, options))
}

/// Replaces only a part of an object.
pub fn update_part(
    world: &mut World,
    kind: ResourceKind,
    place: &ObjectKey,
    part: UpdatePart,
    object: &Value,
    options: &WriteOptions,
) -> ApiResult<StoredObject> {
    let resource = kind.resource();
    let old = current(world, resource, place)?;
    check_identity(resource, place, &old, object)?;
    let mut changed = (*old).clone();
    copy(&mut changed, object, part.pointer());
    match part {
        UpdatePart::Status | UpdatePart::Finalizers => {}
        UpdatePart::EphemeralContainers => {
            defaults::apply(kind, &mut changed);
            validate::changed_ephemeral_containers(&old, &changed)?;
        }
    }
    Ok(store(world, kind, &old, changed, options))
}

fn store(
    world: &mut World,
    kind: ResourceKind,
    old: &Value,
    mut object: Value,
    options: &WriteOptions,
) -> StoredObject {
    if let Some(manager) = &options.manager {
        managed_fields::track(manager, Some(old), &mut object, world.now);
    }
    if options.dry_run {
        copy(&mut object, old, "/metadata/resourceVersion");
        return StoredObject::new(object);
    }
    let place = ObjectKey::from_object(&object);
    let stored = world.store.put(kind, object);
    delete::finish(world, kind, &place);
    stored
}

fn current(
    world: &World,
    resource: &'static Resource,
    place: &ObjectKey,
) -> ApiResult<StoredObject> {
    world
        .store
        .at(resource.kind, place)
        .cloned()
        .ok_or_else(|| ApiStatus::not_found(resource, &place.name))
}

fn check_identity(
    resource: &'static Resource,
    place: &ObjectKey,
    old: &Value,
    new: &Value,
) -> ApiResult<()> {
    let (name, namespace) = (object::name(new), object::namespace(new));
    if name != place.name {
        return Err(ApiStatus::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            place.name
        )));
    }
    if resource.is_namespaced() && !namespace.is_empty() && namespace != place.namespace {
        return Err(ApiStatus::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let (said, is) = (object::uid(new), object::uid(old));
    if !said.is_empty() && said != is {
        let why =
            format!("Precondition failed: UID in precondition: {said}, UID in object meta: {is}");
        return Err(ApiStatus::conflict(resource, name, &why));
    }
    let version = text(new, "/metadata/resourceVersion");
    if !version.is_empty() && version != text(old, "/metadata/resourceVersion") {
        return Err(ApiStatus::modified(resource, name));
    }
    Ok(())
}

fn identify(resource: &'static Resource, place: &ObjectKey, object: &mut Value) {
    put(object, "/apiVersion", resource.api_version());
    put(object, "/kind", resource.name);
    if resource.is_namespaced() {
        put(object, "/metadata/namespace", place.namespace.as_str());
    }
}

/// Whether `metadata.generation` counts spec changes of this kind.
pub(super) fn has_generation(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::Deployment
            | ResourceKind::ReplicaSet
            | ResourceKind::StatefulSet
            | ResourceKind::DaemonSet
            | ResourceKind::Job
            | ResourceKind::CronJob
    )
}
