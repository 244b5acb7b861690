//! Pod operations shared by workload controllers.

use serde_json::{Value, json};

use crate::sandbox::{
    event_recorder::{self, EventReport, EventReporter, EventType},
    object::{self, StoredObject, controller, is_terminating, list, put, text, uid},
    resources::ResourceKind,
    rng::template_hash,
    status::ApiResult,
    store::ObjectKey,
    world::World,
    write::{self, DeleteOptions, WriteOptions},
};

/// The objects of a kind that this owner controls.
pub(super) fn owned(world: &World, kind: ResourceKind, owner: &Value) -> Vec<StoredObject> {
    let wanted = uid(owner);
    world
        .store
        .list(kind, Some(object::namespace(owner)))
        .filter(|object| {
            controller(object).is_some_and(|reference| text(reference, "/uid") == wanted)
        })
        .cloned()
        .collect()
}

/// Whether a Pod counts for its owner: it is neither terminating nor finished.
pub(super) fn is_active(pod: &Value) -> bool {
    !is_terminating(pod) && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

pub(super) fn is_ready(pod: &Value) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == "Ready" && text(it, "/status") == "True")
}

/// The owner reference to this owner.
pub(super) fn reference(owner: &Value) -> Value {
    json!({
        "apiVersion": text(owner, "/apiVersion"),
        "kind": text(owner, "/kind"),
        "name": object::name(owner),
        "uid": uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A Pod from the owner's template, with a given or generated name.
pub(super) fn from_template(owner: &Value, template: &Value, name: Option<String>) -> Value {
    let mut pod = json!({
        "metadata": template.get("metadata").cloned().unwrap_or_else(|| json!({})),
        "spec": template.get("spec").cloned().unwrap_or_else(|| json!({})),
    });
    put(
        &mut pod,
        "/metadata/ownerReferences",
        json!([reference(owner)]),
    );
    match name {
        Some(name) => put(&mut pod, "/metadata/name", name),
        None => put(
            &mut pod,
            "/metadata/generateName",
            format!("{}-", object::name(owner)),
        ),
    }
    pod
}

/// Hash of the owner's template.
pub(super) fn hash_of_template(owner: &Value) -> String {
    let template = owner.pointer("/spec/template").map(Value::to_string);
    template_hash(&template.unwrap_or_default())
}

/// Creates a Pod and reports the result as an Event of the owner.
pub(super) fn create(
    world: &mut World,
    component: &'static str,
    owner: &Value,
    pod: Value,
) -> ApiResult<StoredObject> {
    let made = write::create(
        world,
        ResourceKind::Pod,
        object::namespace(owner),
        pod,
        &WriteOptions::controller(),
    );
    match &made {
        Ok(pod) => {
            let message = success(owner, pod, "create", "Created");
            let reason = "SuccessfulCreate";
            report(world, component, owner, EventType::Normal, reason, message);
        }
        Err(status) => {
            let message = format!("Error creating: {}", status.message);
            let reason = "FailedCreate";
            report(world, component, owner, EventType::Warning, reason, message);
        }
    }
    made
}

/// Deletes a Pod and reports it as an Event of the owner.
pub(super) fn delete(world: &mut World, component: &'static str, owner: &Value, pod: &Value) {
    let deleted = write::delete(
        world,
        ResourceKind::Pod,
        &ObjectKey::from_object(pod),
        &DeleteOptions::default(),
    );
    if deleted.is_ok() {
        let message = success(owner, pod, "delete", "Deleted");
        let reason = "SuccessfulDelete";
        report(world, component, owner, EventType::Normal, reason, message);
    }
}

/// What was done to a Pod, in the words of the owner's controller.
fn success(owner: &Value, pod: &Value, verb: &str, done: &str) -> String {
    let (pod, name) = (object::name(pod), object::name(owner));
    match text(owner, "/kind") {
        "StatefulSet" => format!("{verb} Pod {pod} in StatefulSet {name} successful"),
        _ => format!("{done} pod: {pod}"),
    }
}

pub(super) fn report(
    world: &mut World,
    component: &'static str,
    about: &Value,
    level: EventType,
    reason: &str,
    message: String,
) {
    let report = EventReport {
        source: EventReporter::controller(component),
        level,
        reason,
        message,
        field: None,
    };
    event_recorder::record(world, about, &report);
}

/// Stores the status of a workload if it has changed.
pub(super) fn set_status(world: &mut World, kind: ResourceKind, workload: &Value, status: Value) {
    let Some(current) = world.store.at(kind, &ObjectKey::from_object(workload)) else {
        return;
    };
    if current.get("status") == Some(&status) {
        return;
    }
    let mut changed = Value::clone(current);
    put(&mut changed, "/status", status);
    world.store.put(kind, changed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_follows_the_template_alone() {
        let one = json!({"spec": {"replicas": 1, "template": {"spec": {"a": 1}}}});
        let two = json!({"spec": {"replicas": 2, "template": {"spec": {"a": 1}}}});
        let mut three = two.clone();
        put(&mut three, "/spec/template/spec/a", 2);
        assert_eq!(hash_of_template(&one), hash_of_template(&two));
        assert_ne!(hash_of_template(&one), hash_of_template(&three));
    }
}
