//! One object, and how any object is dressed for the way out.

use http::Response;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{
    body::{self, Body},
    events,
    negotiate::Shape,
    route::Target,
};
use crate::sandbox::{
    object::{Object, metadata_only},
    resources::Resource,
    status::{Refused, Status},
    table,
    world::World,
};

pub fn find(world: &World, target: &Target) -> Refused<Object> {
    let name = target.name.as_deref().unwrap_or_default();
    world
        .store
        .get(target.resource.kind, target.namespace(), name)
        .cloned()
        .ok_or_else(|| Status::not_found(target.resource, name))
}

pub fn get(world: &World, target: &Target, shape: Shape) -> Refused<Response<Body>> {
    let object = find(world, target)?;
    Ok(body::ok(&dress(world, target.resource, &object, shape)))
}

/// The object as the client wants to see it.
pub fn dress(world: &World, resource: &'static Resource, object: &Object, shape: Shape) -> Value {
    match shape {
        Shape::Whole => {
            let mut object = Value::clone(object);
            if events::is_new_view(resource) {
                events::to_new(&mut object);
            }
            object
        }
        Shape::Metadata => metadata_only(object),
        Shape::Table => table::table(resource, std::slice::from_ref(object), world.now),
    }
}

/// An element of a list: the real server leaves out what the list already says.
pub struct Item<'a>(pub &'a Value);

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.as_object().into_iter().flatten() {
            if name != "kind" && name != "apiVersion" {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
