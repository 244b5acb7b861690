//! `NamespaceLifecycle`: nothing new in a namespace that is not there or is going.

use serde_json::Value;

use super::name_before_creation;
use crate::sandbox::{
    object,
    resources::Kind,
    status::{Refused, Status},
    world::World,
};

pub(super) fn admit(world: &World, kind: Kind, new: &Value) -> Refused<()> {
    let resource = kind.resource();
    if !resource.is_namespaced() {
        return Ok(());
    }
    let namespace = object::namespace(new);
    match world.store.get(Kind::Namespace, "", namespace) {
        None => Err(Status::not_found(Kind::Namespace.resource(), namespace)),
        Some(there) if object::is_terminating(there) => {
            let name = name_before_creation(new);
            Err(Status::namespace_terminating(resource, name, namespace))
        }
        Some(_) => Ok(()),
    }
}
