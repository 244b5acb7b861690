//! Subresources: scale, eviction and token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    access::User,
    body::{self, Body},
    read,
    request::ApiRequest,
    route::RequestTarget,
    write_options::write_options,
};
use crate::sandbox::{
    clock::later,
    labels,
    object::{self, Put, StoredObject, list, map, number, put, text, uid},
    status::{ApiResult, ApiStatus, StatusCause},
    store::ObjectKey,
    world::World,
    write::{self, DeleteOptions, WriteOptions},
};

/// `Scale` of an object.
pub fn scale(object: &Value) -> Value {
    let selector = object.pointer("/spec/selector").map(labels::selector);
    let metadata: serde_json::Map<String, Value> = map(object, "/metadata")
        .into_iter()
        .flatten()
        .filter(|(name, _)| {
            [
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "creationTimestamp",
            ]
            .contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": number(object, "/spec/replicas")},
        "status": {
            "replicas": number(object, "/status/replicas"),
            "selector": selector.unwrap_or_default(),
        },
    })
}

/// Applies a changed `Scale` to its object.
pub fn rescale(
    world: &mut World,
    target: &RequestTarget,
    wanted: &Value,
    intent: &WriteOptions,
) -> ApiResult<StoredObject> {
    let mut object = (*read::find(world, target)?).clone();
    let replicas = number(wanted, "/spec/replicas");
    if replicas < 0 {
        let value = json!(replicas);
        let why = "must be greater than or equal to 0";
        let cause = StatusCause::invalid("spec.replicas", &value, why);
        let name = target.name.as_deref().unwrap_or_default();
        return Err(ApiStatus::invalid(target.resource, name, &[cause]));
    }
    put(&mut object, "/spec/replicas", replicas);
    // Against the version that was read, or against none.
    put(
        &mut object,
        "/metadata/resourceVersion",
        text(wanted, "/metadata/resourceVersion"),
    );
    let place = ObjectKey::from_object(&object);
    write::update(world, target.resource.kind, &place, object, intent)
}

/// Handles an `Eviction`: the Pod is deleted, as the sandbox has no disruption budgets.
pub fn evict(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
) -> ApiResult<Response<Body>> {
    let eviction = call.json()?;
    let seconds = eviction.pointer("/deleteOptions/gracePeriodSeconds");
    let intent = write_options(call, target)?;
    let wish = DeleteOptions {
        grace: seconds.and_then(Value::as_u64),
        dry_run: intent.dry_run || !list(&eviction, "/deleteOptions/dryRun").is_empty(),
        ..DeleteOptions::default()
    };
    let place = ObjectKey::new(
        target.namespace(),
        target.name.as_deref().unwrap_or_default(),
    );
    write::delete(world, target.resource.kind, &place, &wish)?;
    Ok(body::success(StatusCode::CREATED, None))
}

/// Minimum and default lifetime of a token, in seconds.
const SHORTEST: i64 = 600;
const USUAL: i64 = 3600;

/// Handles a `TokenRequest`: returns an unsigned token for the ServiceAccount.
pub fn token(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
) -> ApiResult<Response<Body>> {
    let mut request = call.json()?;
    let account = read::find(world, target)?;
    let seconds = match number(&request, "/spec/expirationSeconds") {
        0 => USUAL,
        seconds => seconds,
    };
    if seconds < SHORTEST {
        let why = "may not specify a duration less than 10 minutes";
        let cause = StatusCause::invalid("spec.expirationSeconds", &json!(seconds), why);
        return Err(ApiStatus::invalid_request(
            "authentication.k8s.io",
            "TokenRequest",
            &cause,
        ));
    }
    let life = std::time::Duration::from_secs(seconds.unsigned_abs());
    let expires = later(world.now, life);
    let name = User::account_name(target.namespace(), object::name(&account));
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!(
        "{}.{}.",
        part(json!({"alg": "none", "typ": "JWT"})),
        part(json!({"sub": name, "exp": expires.as_second(), "uid": uid(&account)})),
    );
    put(&mut request, "/spec/expirationSeconds", seconds);
    request.put(
        "status",
        json!({"token": token, "expirationTimestamp": object::seconds(expires)}),
    );
    Ok(body::json(StatusCode::CREATED, &request))
}
