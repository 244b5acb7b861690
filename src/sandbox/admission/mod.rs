//! Admission: changes or rejects a new object because of other objects.

mod image_policy;
mod namespace;
mod service_account;

pub use image_policy::ImagePolicy;

use serde_json::Value;

use super::{
    object::{self, text},
    resources::ResourceKind,
    status::ApiResult,
    world::World,
};

/// Passes a new object through the mutating admission plugins, in order.
pub fn admit(world: &World, kind: ResourceKind, object: &mut Value) -> ApiResult<()> {
    namespace::admit(world, kind, object)?;
    if kind == ResourceKind::Pod {
        service_account::admit(world, object)?;
    }
    Ok(())
}

/// Passes a new object, as it would be stored, through the validating plugins.
pub fn validate(world: &World, kind: ResourceKind, object: &Value) -> ApiResult<()> {
    match kind {
        ResourceKind::Pod => image_policy::validate(world, object),
        _ => Ok(()),
    }
}

/// The name by which the plugins of the first phase speak of a new object: its own is not drawn yet, if
/// it is to be.
fn name_before_creation(object: &Value) -> &str {
    match text(object, "/metadata/generateName") {
        "" => object::name(object),
        prefix => prefix,
    }
}
