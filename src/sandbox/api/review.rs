//! Reviews: access, one's own and that of others, rules and identity.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    access::{self, Attributes, User},
    body::{self, Body},
    request::ApiRequest,
};
use crate::sandbox::{
    object::{Put, list, text},
    resources::Review,
    status::{ApiResult, ApiStatus},
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
        Review::AccessOfOthers => {
            authorize_review(world, user)?;
            access(world, &named_user(&object), &object)
        }
        Review::Rules => rules(world, user, text(&object, "/spec/namespace")),
        Review::Identity => json!({ "userInfo": { "username": user.name, "groups": user.groups } }),
    };
    object.put("status", status);
    Ok(body::json(StatusCode::CREATED, &object))
}

/// Everybody may ask about himself; about others only who may create the review.
fn authorize_review(world: &World, user: &User) -> ApiResult<()> {
    let (group, resource) = ("authorization.k8s.io", "subjectaccessreviews");
    let wish = Attributes {
        verb: "create".to_owned(),
        group: group.to_owned(),
        resource: resource.to_owned(),
        ..Attributes::default()
    };
    if access::is_allowed(world, user, &wish) {
        return Ok(());
    }
    Err(ApiStatus::forbidden_path(format!(
        "{resource}.{group} is forbidden: User {:?} cannot create resource {resource:?} in API group {group:?} at the cluster scope",
        user.name
    )))
}

/// The user and the groups that a review is about, and no others.
fn named_user(review: &Value) -> User {
    let groups = list(review, "/spec/groups").iter();
    User {
        name: text(review, "/spec/user").to_owned(),
        groups: groups
            .filter_map(|group| group.as_str().map(str::to_owned))
            .collect(),
    }
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
