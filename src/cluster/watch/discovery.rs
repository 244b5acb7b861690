//! Discovery: whether the server serves an API.
//!
//! A 404 of a list alone does not tell: an ingress without a backend answers it too, and an API server
//! answers it in plain text for a group that it does not know.

use std::time::Duration;

use kube::Client;
use serde::Deserialize;

use super::endpoint::Endpoint;
use crate::cluster::{ApiError, request};

/// `APIResourceList`.
#[derive(Deserialize)]
struct ApiResourceList {
    resources: Vec<ApiResource>,
}

#[derive(Deserialize)]
struct ApiResource {
    name: String,
}

/// `APIGroupList`.
#[derive(Deserialize)]
struct ApiGroupList {
    groups: Vec<ApiGroup>,
}

#[derive(Deserialize)]
struct ApiGroup {
    versions: Vec<ApiVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiVersion {
    group_version: String,
}

/// Whether discovery lists the endpoint's resource; an error if discovery fails.
pub(super) async fn is_served(
    client: &Client,
    endpoint: Endpoint,
    limit: Duration,
) -> Result<bool, ApiError> {
    let base = endpoint.base();
    match request::get::<ApiResourceList>(client, base, limit).await {
        Ok(found) => {
            let mut names = found.resources.iter().map(|resource| &resource.name);
            Ok(names.any(|name| name == endpoint.resource()))
        }
        Err(ApiError::NotFound(_)) => {
            let found: ApiGroupList = request::get(client, "/apis", limit).await?;
            let mut versions = found.groups.iter().flat_map(|group| &group.versions);
            let version = base.trim_start_matches("/apis/");
            Ok(versions.any(|served| served.group_version == version))
        }
        Err(error) => Err(error),
    }
}
