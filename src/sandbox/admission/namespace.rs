//! `NamespaceLifecycle` admission: rejects new objects in a namespace that is missing or terminating.

use serde_json::Value;

use super::name_before_creation;
use crate::sandbox::{
    object,
    resources::ResourceKind,
    status::{ApiResult, ApiStatus},
    world::World,
};

pub(super) fn admit(world: &World, kind: ResourceKind, new: &Value) -> ApiResult<()> {
    let resource = kind.resource();
    if !resource.is_namespaced() {
        return Ok(());
    }
    let namespace = object::namespace(new);
    match world.store.get(ResourceKind::Namespace, "", namespace) {
        None => Err(ApiStatus::not_found(
            ResourceKind::Namespace.resource(),
            namespace,
        )),
        Some(there) if object::is_terminating(there) => {
            let name = name_before_creation(new);
            Err(ApiStatus::namespace_terminating(resource, name, namespace))
        }
        Some(_) => Ok(()),
    }
}
