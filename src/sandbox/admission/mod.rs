//! What the server adds to a new object, or refuses it for, because of *other* objects.

mod namespace;
mod service_account;

use serde_json::Value;

use super::{resources::Kind, status::Refused, world::World};

/// Passes a new object through the admission plugins in their order.
pub fn admit(world: &World, kind: Kind, object: &mut Value) -> Refused<()> {
    namespace::admit(world, kind, object)?;
    if kind == Kind::Pod {
        service_account::admit(world, object)?;
    }
    Ok(())
}
