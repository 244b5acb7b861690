//! Patches: four languages for one change.

mod apply;
mod json;
mod merge;
mod strategic;

pub use merge::patch as merge_patch;

use http::{Response, header};
use serde_json::Value;

use super::{
    body::Body, events, negotiate::Shape, parts, read, route::Target, service::Call,
    write as writing,
};
use crate::sandbox::{
    resources::Subresource,
    status::{Refused, Status},
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
    call: &Call,
    target: &Target,
    shape: Shape,
) -> Refused<Response<Body>> {
    let media = call.header(header::CONTENT_TYPE);
    let media = media.split(';').next().unwrap_or_default().trim();
    if media == "application/apply-patch+yaml" {
        return apply::apply(world, call, target, shape);
    }
    let current = read::find(world, target)?;
    let mut object = Value::clone(&current);
    if events::is_new_view(target.resource) {
        events::to_new(&mut object);
    }
    if target.subresource == Some(Subresource::Scale) {
        object = parts::scale(&object);
    }
    match media {
        "application/json-patch+json" => json::patch(&mut object, &call.body)?,
        "application/merge-patch+json" => {
            merge::patch(&mut object, &writing::json(&call.body)?);
        }
        "application/strategic-merge-patch+json" => {
            object = strategic::patch(&object, &writing::json(&call.body)?)?;
        }
        _ => return Err(Status::unsupported_media_type(ACCEPTED)),
    }
    if events::is_new_view(target.resource) {
        events::to_core(&mut object);
    }
    let intent = writing::intent(call, target)?;
    writing::store(world, target, object, &intent, shape)
}
