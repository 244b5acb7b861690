//! Creates an object: identity, defaults and validation.

use serde_json::{Value, json};

use super::{WriteOptions, defaults, managed_fields};
use crate::sandbox::{
    admission,
    object::{self, StoredObject, list, put, put_default, remove, seconds, text},
    resources::{Resource, ResourceKind},
    status::{ApiResult, ApiStatus, StatusCause},
    store::ObjectKey,
    validate,
    world::World,
};

/// Maximum length of a prefix with room for the suffix (`k8s.io/apiserver/pkg/storage/names`).
const LONGEST_PREFIX: usize = 58;

pub fn create(
    world: &mut World,
    kind: ResourceKind,
    namespace: &str,
    mut object: Value,
    options: &WriteOptions,
) -> ApiResult<StoredObject> {
    let resource = kind.resource();
    validate::encoding(kind, &object)?;
    identify(world, resource, namespace, &mut object)?;
    defaults::apply(kind, &mut object);
    admission::admit(world, kind, &mut object)?;
    begin_status(kind, &mut object);
    validate::new_object(kind, &object)?;
    admission::validate(world, kind, &object)?;
    // Only the store knows, and it is asked last.
    if let Some(there) = world.store.at(kind, &ObjectKey::from_object(&object)) {
        return Err(exists(resource, there));
    }
    if let Some(manager) = &options.manager {
        managed_fields::track(manager, None, &mut object, world.now);
    }
    if options.dry_run {
        return Ok(StoredObject::new(object));
    }
    Ok(world.store.put(kind, object))
}

fn identify(
    world: &mut World,
    resource: &'static Resource,
    namespace: &str,
    object: &mut Value,
) -> ApiResult<()> {
    if !text(object, "/metadata/resourceVersion").is_empty() {
        return Err(ApiStatus::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    put(object, "/apiVersion", resource.api_version());
    put(object, "/kind", resource.name);
    if resource.is_namespaced() {
        let said = object::namespace(object);
        if !said.is_empty() && said != namespace {
            return Err(ApiStatus::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        put(object, "/metadata/namespace", namespace);
    } else {
        remove(object, "/metadata/namespace");
    }
    if object::name(object).is_empty() {
        let prefix: String = text(object, "/metadata/generateName")
            .chars()
            .take(LONGEST_PREFIX)
            .collect();
        if prefix.is_empty() {
            let cause = StatusCause::required("metadata.name", "name or generateName is required");
            return Err(ApiStatus::invalid(resource, "", &[cause]));
        }
        let name = generated(world, resource.kind, object::namespace(object), &prefix);
        put(object, "/metadata/name", name);
    }
    for settled_by_the_server in [
        "/metadata/deletionTimestamp",
        "/metadata/deletionGracePeriodSeconds",
        "/metadata/selfLink",
        "/metadata/generation",
    ] {
        remove(object, settled_by_the_server);
    }
    put(object, "/metadata/uid", world.rng.uid());
    put(object, "/metadata/creationTimestamp", seconds(world.now));
    if super::update::has_generation(resource.kind) {
        put(object, "/metadata/generation", 1);
    }
    Ok(())
}

/// Maximum number of attempts for a free generated name (`RetryGenerateName`).
const ATTEMPTS: usize = 8;

fn generated(world: &mut World, kind: ResourceKind, namespace: &str, prefix: &str) -> String {
    let mut name = String::new();
    for _ in 0..ATTEMPTS {
        name = format!("{prefix}{}", world.rng.suffix());
        if world.store.get(kind, namespace, &name).is_none() {
            break;
        }
    }
    name
}

fn exists(resource: &'static Resource, there: &Value) -> ApiStatus {
    if object::is_terminating(there) {
        let mut status = ApiStatus::already_exists(resource, object::name(there));
        status.message = format!("object is being deleted: {}", status.message);
        return status;
    }
    ApiStatus::already_exists(resource, object::name(there))
}

/// A client cannot create an object together with its status; the server begins it. Nodes and quotas
/// keep theirs: the kubelet and the scenario, who write it elsewhere, make them whole here.
/// Set at once: no scheduler reports on a Pod that is held back (`applySchedulingGatedCondition`).
fn gated() -> Value {
    json!({
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": null,
        "lastTransitionTime": null,
        "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates",
    })
}

fn begin_status(kind: ResourceKind, object: &mut Value) {
    match kind {
        ResourceKind::Pod => {
            let class = qos(object);
            put(
                object,
                "/status",
                json!({"phase": "Pending", "qosClass": class}),
            );
            if !list(object, "/spec/schedulingGates").is_empty() {
                put(object, "/status/conditions", json!([gated()]));
            }
        }
        ResourceKind::Namespace => {
            put(object, "/spec/finalizers", json!(["kubernetes"]));
            put(object, "/status", json!({"phase": "Active"}));
        }
        ResourceKind::Deployment
        | ResourceKind::ReplicaSet
        | ResourceKind::StatefulSet
        | ResourceKind::DaemonSet
        | ResourceKind::Job
        | ResourceKind::CronJob => put(object, "/status", json!({})),
        ResourceKind::Node | ResourceKind::ResourceQuota => {
            put_default(object, "/status", json!({}));
        }
        ResourceKind::Secret
        | ResourceKind::ConfigMap
        | ResourceKind::ServiceAccount
        | ResourceKind::Event
        | ResourceKind::Role
        | ResourceKind::RoleBinding
        | ResourceKind::ClusterRole
        | ResourceKind::ClusterRoleBinding => {}
    }
}

/// `Guaranteed` needs limits for all; the sandbox only tells some requests from none.
fn qos(pod: &Value) -> &'static str {
    let says = |field: &str| {
        object::list(pod, "/spec/containers")
            .iter()
            .any(|container| {
                object::map(container, &format!("/resources/{field}"))
                    .is_some_and(|amounts| !amounts.is_empty())
            })
    };
    if says("requests") || says("limits") {
        "Burstable"
    } else {
        "BestEffort"
    }
}
