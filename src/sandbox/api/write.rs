//! Handlers of create and replace.

use http::{Response, StatusCode};
use serde_json::Value;

use super::{
    body::{self, Body},
    events,
    negotiate::ResponseForm,
    read::render_as,
    request::ApiRequest,
    route::RequestTarget,
    subresources,
    write_options::write_options,
};
use crate::sandbox::{
    object::text,
    resources::{Resource, Subresource},
    status::{ApiResult, ApiStatus},
    store::ObjectKey,
    world::World,
    write::{self, UpdatePart, WriteOptions},
};

pub fn create(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let object = decode(call, target.resource)?;
    let intent = write_options(call, target)?;
    let resource = target.resource;
    if resource.is_namespaced() && target.namespace.is_none() {
        return Err(ApiStatus::method_not_allowed());
    }
    let made = write::create(world, resource.kind, target.namespace(), object, &intent)?;
    Ok(body::json(
        StatusCode::CREATED,
        &render_as(world, resource, &made, shape),
    ))
}

pub fn replace(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let object = match target.subresource {
        Some(Subresource::Scale) => call.json()?,
        _ => decode(call, target.resource)?,
    };
    let intent = write_options(call, target)?;
    store(world, target, object, &intent, shape)
}

/// Stores a changed object, or the part of it that the subresource is.
pub fn store(
    world: &mut World,
    target: &RequestTarget,
    object: Value,
    intent: &WriteOptions,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let resource = target.resource;
    let place = ObjectKey::new(
        target.namespace(),
        target.name.as_deref().unwrap_or_default(),
    );
    let changed = match target.subresource {
        None => write::update(world, resource.kind, &place, object, intent)?,
        Some(Subresource::Status) => write::update_part(
            world,
            resource.kind,
            &place,
            UpdatePart::Status,
            &object,
            intent,
        )?,
        Some(Subresource::Finalize) => {
            let part = UpdatePart::Finalizers;
            write::update_part(world, resource.kind, &place, part, &object, intent)?
        }
        Some(Subresource::EphemeralContainers) => {
            let part = UpdatePart::EphemeralContainers;
            write::update_part(world, resource.kind, &place, part, &object, intent)?
        }
        Some(Subresource::Scale) => {
            let scaled = subresources::rescale(world, target, &object, intent)?;
            return Ok(body::ok(&subresources::scale(&scaled)));
        }
        Some(
            Subresource::Log | Subresource::Eviction | Subresource::Token | Subresource::Proxy,
        ) => {
            return Err(ApiStatus::method_not_allowed());
        }
    };
    Ok(body::ok(&render_as(world, resource, &changed, shape)))
}

/// The object in the body, in the form in which the store holds its kind.
fn decode(call: &ApiRequest, resource: &'static Resource) -> ApiResult<Value> {
    let mut object = match call.media() {
        "" | "application/json" | "*/*" => call.json()?,
        "application/yaml" => call.yaml()?,
        _ => {
            return Err(ApiStatus::unsupported_media_type(&[
                "application/json",
                "application/yaml",
            ]));
        }
    };
    check_kind(resource, &object)?;
    if events::is_new_view(resource) {
        events::to_core(&mut object);
    }
    Ok(object)
}

fn check_kind(resource: &Resource, object: &Value) -> ApiResult<()> {
    let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    let fits = (kind.is_empty() || kind == resource.name)
        && (version.is_empty() || version == resource.api_version());
    if fits {
        return Ok(());
    }
    Err(ApiStatus::bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a {}: no kind {kind:?} is registered for version {version:?}",
        resource.name
    )))
}
