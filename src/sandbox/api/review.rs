//! Self-subject reviews: access, rules and identity.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    access::{self, Attributes, User},
    body::{self, Body},
    request::ApiRequest,
};
use crate::sandbox::{
    object::{Put, text},
    resources::Review,
    status::ApiResult,
    world::World,
};

/// Answers a review. Nothing is stored.
pub fn answer(
    world: &World,
    user: &User,
    review: Review,
    call: &ApiRequest,
) -> ApiResult<Response<Body>> {
    let mut object = call.json()?;
    let status = match review {
        Review::Access => access(world, user, &object),
        Review::Rules => rules(world, user, text(&object, "/spec/namespace")),
        Review::Identity => json!({ "userInfo": { "username": user.name, "groups": user.groups } }),
    };
    object.put("status", status);
    Ok(body::json(StatusCode::CREATED, &object))
}

fn access(world: &World, user: &User, review: &Value) -> Value {
    let Some(wish) = review.pointer("/spec/resourceAttributes") else {
        // Paths that are no resources are open to all, as far as the sandbox has any.
        return json!({ "allowed": true });
    };
    let resource = match text(wish, "/subresource") {
        "" => text(wish, "/resource").to_owned(),
        sub => format!("{}/{sub}", text(wish, "/resource")),
    };
    let wish = Attributes {
        verb: text(wish, "/verb").to_owned(),
        group: text(wish, "/group").to_owned(),
        resource,
        namespace: text(wish, "/namespace").to_owned(),
        name: text(wish, "/name").to_owned(),
    };
    json!({ "allowed": access::is_allowed(world, user, &wish) })
}

fn rules(world: &World, user: &User, namespace: &str) -> Value {
    json!({
        "resourceRules": access::rules(world, user, namespace),
        "nonResourceRules": [{ "verbs": ["get"], "nonResourceURLs": ["*"] }],
        "incomplete": false,
    })
}
