//! Delete one, delete many.

use crate::sandbox::object::Put;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    body::{self, Body},
    query::{Query, dry_run},
    read::Item,
    route::Target,
    selectors::Selector,
    service::{Call, success},
};
use crate::sandbox::{
    object::{Object, text, uid},
    resources::Kind,
    status::{Cause, Refused, Status},
    store::Place,
    world::World,
    write::{self, Cascade, Deletion, Outcome},
};

const OPTIONS: &str = "DeleteOptions";

pub fn one(world: &mut World, call: &Call, target: &Target) -> Refused<Response<Body>> {
    let wish = wish(call)?;
    let resource = target.resource;
    let name = target.name.as_deref().unwrap_or_default();
    let place = Place::new(target.namespace(), name);
    match write::delete(world, resource.kind, &place, &wish)? {
        Outcome::Going(object) => Ok(body::json(StatusCode::OK, &*object)),
        // A few kinds answer with the object itself (`ReturnDeletedObject`).
        Outcome::Gone(object) if returns_object(resource.kind) => Ok(body::ok(&*object)),
        Outcome::Gone(object) => {
            let mut details = json!({"name": name, "kind": resource.plural, "uid": uid(&object)});
            if !resource.group.is_empty() {
                details.put("group", resource.group);
            }
            Ok(success(&details))
        }
    }
}

pub fn many(world: &mut World, call: &Call, target: &Target) -> Refused<Response<Body>> {
    let wish = wish(call)?;
    let resource = target.resource;
    let selector = Selector::parse(resource, target.namespace.as_deref(), &call.query)?;
    let chosen: Vec<Object> = world
        .store
        .list(resource.kind, target.namespace.as_deref())
        .filter(|object| selector.matches(object))
        .cloned()
        .collect();
    for object in &chosen {
        // One that went in between is no failure of the rest.
        drop(write::delete(
            world,
            resource.kind,
            &Place::of(object),
            &wish,
        ));
    }
    let items: Vec<Item<'_>> = chosen.iter().map(|object| Item(object)).collect();
    Ok(body::ok(&json!({
        "kind": format!("{}List", resource.name),
        "apiVersion": resource.api_version(),
        "metadata": {"resourceVersion": world.store.revision().to_string()},
        "items": items,
    })))
}

fn returns_object(kind: Kind) -> bool {
    matches!(kind, Kind::Pod | Kind::ServiceAccount | Kind::ResourceQuota)
}

/// The options, from the body or, as older clients do it, from the query.
fn wish(call: &Call) -> Refused<Deletion> {
    let options: Value = if call.body.is_empty() {
        json!({})
    } else {
        super::write::json(&call.body)?
    };
    let policy = match text(&options, "/propagationPolicy") {
        "" => call.query.get("propagationPolicy").unwrap_or_default(),
        policy => policy,
    };
    let orphans = options.get("orphanDependents").and_then(Value::as_bool);
    let precondition = |field: &str| {
        let value = text(&options, &format!("/preconditions/{field}"));
        (!value.is_empty()).then(|| value.to_owned())
    };
    Ok(Deletion {
        cascade: cascade(policy, orphans)?,
        grace: grace(&options, &call.query)?,
        uid: precondition("uid"),
        version: precondition("resourceVersion"),
        // With a body the query is not looked at (`rest.DeleteResource`).
        dry_run: if call.body.is_empty() {
            call.query.is_dry_run(OPTIONS)?
        } else {
            match options.get("dryRun") {
                None | Some(Value::Null) => false,
                Some(said) => dry_run(OPTIONS, said)?,
            }
        },
    })
}

fn cascade(policy: &str, orphans: Option<bool>) -> Refused<Cascade> {
    match (policy, orphans) {
        ("Orphan", _) | ("", Some(true)) => Ok(Cascade::Orphan),
        ("Foreground", _) => Ok(Cascade::Foreground),
        ("Background" | "", _) => Ok(Cascade::Background),
        (other, _) => {
            let known = ["Foreground", "Background", "Orphan", "nil"];
            let cause = Cause::unsupported("propagationPolicy", &json!(other), &known);
            Err(Status::invalid_options(OPTIONS, &cause))
        }
    }
}

fn grace(options: &Value, query: &Query) -> Refused<Option<u64>> {
    match options.get("gracePeriodSeconds").and_then(Value::as_u64) {
        Some(seconds) => Ok(Some(seconds)),
        None => query.number("gracePeriodSeconds"),
    }
}
