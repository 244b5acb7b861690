//! Reads the server's version and the authenticated user.

use std::{fmt, sync::Arc, time::Duration};

use kube::Client;
use serde::Deserialize;
use serde_json::json;

use crate::cluster::{ApiError, request};

/// The version of an API server, such as `v1.20.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion(Arc<str>);

impl ServerVersion {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Asks for the server's version; `None` if the user may not read it.
///
/// All clusters let even strangers ask by default (`system:public-info-viewer`), so this also tells whether the login
/// is good.
pub(super) async fn version(
    client: &Client,
    limit: Duration,
) -> Result<Option<ServerVersion>, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: Arc<str>,
    }
    match request::get::<Version>(client, "/version", limit).await {
        Ok(version) => Ok(Some(ServerVersion(version.git_version))),
        // A refusal to let us be someone else hits every request, this one too.
        Err(ApiError::Forbidden(why)) if !why.contains("impersonate") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks for the user name as the server knows it: `SelfSubjectReview`, `v1` from 1.28 and `v1beta1` in 1.27.
///
/// Older servers cannot tell.
pub(super) async fn user(client: &Client, limit: Duration) -> Option<Arc<str>> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        user_info: User,
    }
    #[derive(Deserialize)]
    struct User {
        username: Arc<str>,
    }
    for version in ["v1", "v1beta1"] {
        let group = format!("authentication.k8s.io/{version}");
        let path = format!("/apis/{group}/selfsubjectreviews");
        let body = json!({"apiVersion": group, "kind": "SelfSubjectReview"});
        match request::post::<Review>(client, &path, &body, limit).await {
            Ok(review) => return Some(review.status.user_info.username),
            Err(ApiError::NotFound(_)) => {}
            Err(_) => return None,
        }
    }
    None
}
