//! Queries the user's permissions with `SelfSubjectAccessReview` and `SelfSubjectRulesReview`, as
//! `kubectl auth can-i` does; and a node's with `SubjectAccessReview`.

use kube::Client;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, Connection, request};
use crate::domain::{
    diagnostics::node_answers::TokenAudience,
    k8s::object_ref::Namespace,
    rbac::{Permission, ResourceRule, SubjectRules},
};

const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const ACCESS_OF_OTHERS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

#[derive(Deserialize)]
struct AccessReview {
    status: AccessStatus,
}

#[derive(Deserialize)]
struct AccessStatus {
    allowed: bool,
}

/// Asks the server whether one permission is granted.
pub async fn is_allowed(
    connection: &Connection,
    permission: &Permission,
) -> Result<bool, ApiError> {
    let body = resource_attributes(permission);
    let client: &Client = &connection.client;
    let review: AccessReview =
        request::post(client, ACCESS, &body, connection.request_limit).await?;
    Ok(review.status.allowed)
}

/// Asks the server whether a node may request a token: what the admission plugin NodeRestriction asks it (`Service
/// account node audience restriction`, since Kubernetes 1.33). Needs `create subjectaccessreviews`.
///
/// A token that the Pod itself mounts needs no such right.
pub async fn node_may_request_token(
    connection: &Connection,
    token: &TokenAudience,
) -> Result<bool, ApiError> {
    let client: &Client = &connection.client;
    let body = token_attributes(token);
    let review: AccessReview =
        request::post(client, ACCESS_OF_OTHERS, &body, connection.request_limit).await?;
    Ok(review.status.allowed)
}

fn token_attributes(token: &TokenAudience) -> Value {
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": format!("system:node:{}", token.node),
            "groups": ["system:nodes"],
            "resourceAttributes": {
                "verb": "request-serviceaccounts-token-audience",
                "resource": token.audience,
                "namespace": token.namespace,
                "name": token.account,
            },
        },
    })
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

/// Fetches the user's rules in a namespace.
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

    /// What `plugin/pkg/admission/noderestriction` asks of its authorizer.
    #[test]
    fn the_audience_of_a_token_is_a_resource_and_the_account_its_name() {
        let token = TokenAudience {
            node: "node-1".into(),
            namespace: "shop".into(),
            account: "runner".into(),
            audience: "sts.amazonaws.com",
        };
        assert_eq!(
            token_attributes(&token)["spec"],
            json!({
                "user": "system:node:node-1",
                "groups": ["system:nodes"],
                "resourceAttributes": {
                    "verb": "request-serviceaccounts-token-audience",
                    "resource": "sts.amazonaws.com",
                    "namespace": "shop",
                    "name": "runner",
                },
            })
        );
    }

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
