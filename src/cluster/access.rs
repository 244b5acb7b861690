//! May this user do that: `SelfSubjectAccessReview`, which `kubectl auth can-i` asks as well.

use kube::Client;
use serde::Deserialize;
use serde_json::json;

use super::{Connection, Trouble, ask};
use crate::domain::rights::Permission;

const PATH: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Asks the server about one permission.
pub async fn may(connection: &Connection, permission: &Permission) -> Result<bool, Trouble> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    struct Status {
        allowed: bool,
    }
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": permission.verb,
            "group": permission.group,
            "resource": permission.resource,
            "namespace": permission.namespace,
        }},
    });
    let client: &Client = &connection.client;
    let review: Review = ask::post(client, PATH, &body, connection.request_limit).await?;
    Ok(review.status.allowed)
}
