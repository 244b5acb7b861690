//! Patches: the four patch types.

mod apply;
mod json;
mod merge;
mod strategic;

pub use merge::patch as merge_patch;

use http::Response;
use serde_json::Value;

use super::{
    body::Body, events, negotiate::ResponseForm, read, request::ApiRequest, route::RequestTarget,
    subresources, write, write_options::write_options,
};
use crate::sandbox::{
    resources::Subresource,
    status::{ApiResult, ApiStatus},
    world::World,
};

const ACCEPTED: &[&str] = &[
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

pub fn patch(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let media = call.media();
    if media == "application/apply-patch+yaml" {
        return apply::apply(world, call, target, shape);
    }
    let current = read::find(world, target)?;
    let mut object = Value::clone(&current);
    if events::is_new_view(target.resource) {
        events::to_new(&mut object);
    }
    if target.subresource == Some(Subresource::Scale) {
        object = subresources::scale(&object);
    }
    match media {
        "application/json-patch+json" => json::patch(&mut object, &call.body)?,
        "application/merge-patch+json" => {
            merge::patch(&mut object, &call.json()?);
        }
        "application/strategic-merge-patch+json" => {
            object = strategic::patch(&object, &call.json()?)?;
        }
        _ => return Err(ApiStatus::unsupported_media_type(ACCEPTED)),
    }
    if events::is_new_view(target.resource) {
        events::to_core(&mut object);
    }
    let intent = write_options(call, target)?;
    write::store(world, target, object, &intent, shape)
}
