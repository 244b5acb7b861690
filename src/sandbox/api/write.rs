//! Create and replace: the body, on whose behalf, and the answer.

use http::{Method, Response, StatusCode, header};
use serde_json::Value;

use super::{
    body::{self, Body},
    events,
    negotiate::Shape,
    parts,
    read::dress,
    route::Target,
    service::Call,
};
use crate::sandbox::{
    object::{put, text},
    resources::{Resource, Subresource},
    status::{Refused, Status},
    store::Place,
    world::World,
    write::{
        self, Intent,
        managed_fields::{Manager, Operation},
    },
};

pub fn create(
    world: &mut World,
    call: &Call,
    target: &Target,
    shape: Shape,
) -> Refused<Response<Body>> {
    let object = decode(call, target.resource)?;
    let intent = intent(call, target)?;
    let resource = target.resource;
    if resource.is_namespaced() && target.namespace.is_none() {
        return Err(Status::method_not_allowed());
    }
    let made = write::create(world, resource.kind, target.namespace(), object, &intent)?;
    Ok(body::json(
        StatusCode::CREATED,
        &dress(world, resource, &made, shape),
    ))
}

pub fn replace(
    world: &mut World,
    call: &Call,
    target: &Target,
    shape: Shape,
) -> Refused<Response<Body>> {
    let object = match target.subresource {
        Some(Subresource::Scale) => json(&call.body)?,
        _ => decode(call, target.resource)?,
    };
    let intent = intent(call, target)?;
    store(world, target, object, &intent, shape)
}

/// Stores a changed object, or the part of it that the subresource is.
pub fn store(
    world: &mut World,
    target: &Target,
    object: Value,
    intent: &Intent,
    shape: Shape,
) -> Refused<Response<Body>> {
    let resource = target.resource;
    let place = Place::new(
        target.namespace(),
        target.name.as_deref().unwrap_or_default(),
    );
    let changed = match target.subresource {
        None => write::update(world, resource.kind, &place, object, intent)?,
        Some(Subresource::Status) => {
            write::update_status(world, resource.kind, &place, &object, intent)?
        }
        Some(Subresource::Scale) => {
            let scaled = parts::rescale(world, target, &object, intent)?;
            return Ok(body::ok(&parts::scale(&scaled)));
        }
        Some(_) => return Err(Status::method_not_allowed()),
    };
    Ok(body::ok(&dress(world, resource, &changed, shape)))
}

/// The object in the body, in the form in which the store holds its kind.
fn decode(call: &Call, resource: &'static Resource) -> Refused<Value> {
    let media = call.header(header::CONTENT_TYPE);
    let media = media.split(';').next().unwrap_or_default().trim();
    let mut object: Value = match media {
        "" | "application/json" | "*/*" => json(&call.body)?,
        "application/yaml" => yaml(&call.body)?,
        _ => {
            return Err(Status::unsupported_media_type(&[
                "application/json",
                "application/yaml",
            ]));
        }
    };
    check_kind(resource, &object)?;
    if events::is_new_view(resource) {
        events::to_core(&mut object);
    }
    if text(&object, "/apiVersion").is_empty() {
        put(&mut object, "/apiVersion", resource.api_version());
    }
    Ok(object)
}

pub fn json(bytes: &[u8]) -> Refused<Value> {
    serde_json::from_slice::<Value>(bytes)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Status::bad_request("the body is not a JSON object"))
}

pub fn yaml(bytes: &[u8]) -> Refused<Value> {
    let text = String::from_utf8_lossy(bytes);
    serde_saphyr::from_str::<Value>(&text)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Status::bad_request("the body is not a YAML mapping"))
}

fn check_kind(resource: &Resource, object: &Value) -> Refused<()> {
    let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    let fits = (kind.is_empty() || kind == resource.name)
        && (version.is_empty() || version == resource.api_version());
    if fits {
        return Ok(());
    }
    Err(Status::bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a {}: no kind {kind:?} is registered for version {version:?}",
        resource.name
    )))
}

pub fn intent(call: &Call, target: &Target) -> Refused<Intent> {
    Ok(Intent {
        manager: Some(manager(call, target, Operation::Update)),
        dry_run: call.query.is_dry_run(options_of(&call.method))?,
    })
}

/// The kind of the options that come with a method.
fn options_of(method: &Method) -> &'static str {
    match *method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        _ => "PatchOptions",
    }
}

/// Who writes: as the request says, or else the first word of the client's name.
pub fn manager(call: &Call, target: &Target, operation: Operation) -> Manager {
    let agent = call.header(header::USER_AGENT);
    let agent = agent.split('/').next().unwrap_or_default();
    let name = call.query.get("fieldManager").unwrap_or(match agent {
        "" => "unknown",
        agent => agent,
    });
    Manager {
        name: name.to_owned(),
        operation,
        subresource: target.subresource.map(Subresource::as_str),
    }
}
