//! Handlers of delete and deletecollection.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    body::{self, Body},
    list,
    negotiate::ResponseForm,
    query::{QueryString, dry_run},
    request::ApiRequest,
    route::RequestTarget,
    selectors::ListSelector,
};
use crate::sandbox::{
    object::{Put, StoredObject, text, uid},
    resources::ResourceKind,
    status::{ApiResult, ApiStatus, Reason, StatusCause},
    store::ObjectKey,
    world::World,
    write::{self, Cascade, DeleteOptions, DeleteResult},
};

const OPTIONS: &str = "DeleteOptions";

pub fn one(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
) -> ApiResult<Response<Body>> {
    let resource = target.resource;
    let wish = delete_options(resource.kind, call)?;
    let name = target.name.as_deref().unwrap_or_default();
    let place = ObjectKey::new(target.namespace(), name);
    match write::delete(world, resource.kind, &place, &wish)? {
        DeleteResult::Going(object) => Ok(body::ok(&*object)),
        // A few kinds answer with the object itself (`ReturnDeletedObject`).
        DeleteResult::Gone(object) if returns_object(resource.kind) => Ok(body::ok(&*object)),
        DeleteResult::Gone(object) => {
            let mut details = json!({"name": name, "kind": resource.plural, "uid": uid(&object)});
            if !resource.group.is_empty() {
                details.put("group", resource.group);
            }
            Ok(body::success(StatusCode::OK, Some(details)))
        }
    }
}

/// Deletes a collection; the response is the list of deleted objects, as they were before.
pub fn many(
    world: &mut World,
    call: &ApiRequest,
    target: &RequestTarget,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let resource = target.resource;
    let wish = delete_options(resource.kind, call)?;
    let selector = ListSelector::parse(resource, target.namespace.as_deref(), &call.query)?;
    let chosen: Vec<StoredObject> = world
        .store
        .list(resource.kind, target.namespace.as_deref())
        .filter(|object| selector.matches(object))
        .cloned()
        .collect();
    for object in &chosen {
        match write::delete(world, resource.kind, &ObjectKey::from_object(object), &wish) {
            // One that has gone already is no failure of the rest.
            Err(refused) if refused.reason != Reason::NotFound => return Err(refused),
            _ => {}
        }
    }
    Ok(list::whole(world, resource, chosen, shape))
}

fn returns_object(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::Pod | ResourceKind::ServiceAccount | ResourceKind::ResourceQuota
    )
}

/// What the options say. They are the body, or without one the query, never both
/// (`rest.DeleteResource`).
fn delete_options(kind: ResourceKind, call: &ApiRequest) -> ApiResult<DeleteOptions> {
    let options = if call.body.is_empty() {
        options_from_query(&call.query)?
    } else {
        call.json()?
    };
    let precondition = |field: &str| {
        let value = text(&options, &format!("/preconditions/{field}"));
        (!value.is_empty()).then(|| value.to_owned())
    };
    Ok(DeleteOptions {
        cascade: cascade(kind, &options)?,
        grace: options.get("gracePeriodSeconds").and_then(Value::as_u64),
        uid: precondition("uid"),
        version: precondition("resourceVersion"),
        dry_run: match options.get("dryRun") {
            None | Some(Value::Null) => false,
            Some(said) => dry_run(OPTIONS, said)?,
        },
    })
}

/// The options as the body would have them.
fn options_from_query(query: &QueryString) -> ApiResult<Value> {
    let mut options = Map::new();
    if let Some(policy) = query.get("propagationPolicy") {
        options.insert("propagationPolicy".to_owned(), policy.into());
    }
    if query.get("orphanDependents").is_some() {
        let orphans = query.flag("orphanDependents");
        options.insert("orphanDependents".to_owned(), orphans.into());
    }
    if let Some(seconds) = query.number("gracePeriodSeconds")? {
        options.insert("gracePeriodSeconds".to_owned(), seconds.into());
    }
    if let Some(said) = query.get("dryRun") {
        options.insert("dryRun".to_owned(), json!([said]));
    }
    Ok(Value::Object(options))
}

fn cascade(kind: ResourceKind, options: &Value) -> ApiResult<Cascade> {
    let policy = text(options, "/propagationPolicy");
    let orphans = options.get("orphanDependents").and_then(Value::as_bool);
    match (policy, orphans) {
        ("Orphan", _) | ("", Some(true)) => Ok(Cascade::Orphan),
        // A Job's Pods stay unless the client says otherwise, as they did before there was a
        // garbage collector (`jobStrategy.DefaultGarbageCollectionPolicy`).
        ("", None) if kind == ResourceKind::Job => Ok(Cascade::Orphan),
        ("Foreground", _) => Ok(Cascade::Foreground),
        ("Background" | "", _) => Ok(Cascade::Background),
        (other, _) => {
            let known = ["Foreground", "Background", "Orphan", "nil"];
            let cause = StatusCause::unsupported("propagationPolicy", &json!(other), &known);
            Err(ApiStatus::invalid_options(OPTIONS, &cause))
        }
    }
}
