//! Queries the user's permissions with `SelfSubjectAccessReview` and `SelfSubjectRulesReview`, as
//! `kubectl auth can-i` does.

use kube::Client;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, Connection, request};
use crate::domain::{
    k8s::object_ref::Namespace,
    rbac::{Permission, ResourceRule, SubjectRules},
};

const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Asks the server about one permission.
pub async fn is_allowed(
    connection: &Connection,
    permission: &Permission,
) -> Result<bool, ApiError> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    struct Status {
        allowed: bool,
    }
    let body = resource_attributes(permission);
    let client: &Client = &connection.client;
    let review: Review = request::post(client, ACCESS, &body, connection.request_limit).await?;
    Ok(review.status.allowed)
}

/// A Role has `pods/log` in one word, a review has the subresource apart.
fn resource_attributes(permission: &Permission) -> Value {
    let resource = &*permission.resource;
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": permission.verb,
            "group": permission.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": permission.namespace,
        }},
    })
}

/// Asks the server for all that is allowed in a namespace.
pub async fn rules(
    connection: &Connection,
    namespace: &Namespace,
) -> Result<SubjectRules, ApiError> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        #[serde(default)]
        incomplete: bool,
        // Go writes an empty list as null where it likes.
        resource_rules: Option<Vec<Wire>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        verbs: Option<Vec<String>>,
        api_groups: Option<Vec<String>>,
        resources: Option<Vec<String>>,
        resource_names: Option<Vec<String>>,
    }
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    });
    let client: &Client = &connection.client;
    let review: Review = request::post(client, RULES, &body, connection.request_limit).await?;
    let rules = review.status.resource_rules.into_iter().flatten();
    Ok(SubjectRules {
        rules: rules
            .map(|wire| ResourceRule {
                verbs: wire.verbs.unwrap_or_default(),
                groups: wire.api_groups.unwrap_or_default(),
                resources: wire.resources.unwrap_or_default(),
                only_some: wire.resource_names.is_some_and(|names| !names.is_empty()),
            })
            .collect(),
        incomplete: review.status.incomplete,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subresource_is_asked_for_as_such() {
        let asked = |resource: &str| {
            let permission = Permission {
                verb: "get".into(),
                group: "".into(),
                resource: resource.into(),
                namespace: None,
            };
            let spec = resource_attributes(&permission)["spec"]["resourceAttributes"].take();
            (spec["resource"].clone(), spec["subresource"].clone())
        };
        assert_eq!(asked("pods/log"), (json!("pods"), json!("log")));
        assert_eq!(asked("pods"), (json!("pods"), json!("")));
    }
}
