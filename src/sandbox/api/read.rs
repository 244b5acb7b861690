//! Handler of get, and rendering of objects in the negotiated form.

use http::Response;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{
    body::{self, Body},
    events,
    negotiate::ResponseForm,
    route::RequestTarget,
};
use crate::sandbox::{
    kubelet::node_config,
    object::{self, StoredObject, metadata_only, put},
    resources::{Resource, ResourceKind},
    status::{ApiResult, ApiStatus},
    table,
    world::World,
};

pub fn find(world: &World, target: &RequestTarget) -> ApiResult<StoredObject> {
    let name = target.name.as_deref().unwrap_or_default();
    world
        .store
        .get(target.resource.kind, target.namespace(), name)
        .cloned()
        .ok_or_else(|| ApiStatus::not_found(target.resource, name))
}

pub fn get(
    world: &World,
    target: &RequestTarget,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let mut object = find(world, target)?;
    if target.resource.kind == ResourceKind::Node {
        // The kubelet reports them; here they are asked of it.
        let images = node_config::images(world, object::name(&object));
        let mut node = Value::clone(&object);
        put(&mut node, "/status/images", Value::Array(images));
        object = node.into();
    }
    Ok(body::ok(&render_as(world, target.resource, &object, shape)))
}

/// The object as the client wants to see it.
pub fn render_as(
    world: &World,
    resource: &'static Resource,
    object: &StoredObject,
    shape: ResponseForm,
) -> Value {
    match shape {
        ResponseForm::Whole => {
            let mut object = Value::clone(object);
            if events::is_new_view(resource) {
                events::to_new(&mut object);
            }
            object
        }
        ResponseForm::Metadata => metadata_only(object),
        ResponseForm::Table => table::table(resource, std::slice::from_ref(object), world.now),
    }
}

/// An element of a list: the real server leaves out what the list already says.
pub struct ListItem<'a>(pub &'a Value);

impl Serialize for ListItem<'_> {
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
