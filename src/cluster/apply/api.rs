//! API client of one plan: requests are dry runs or real writes.

use std::time::Duration;

use http::{Method, Request};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{backoff::WriteBackoff, patch::Patch, patches, secret_value::SecretValue};
use crate::{
    cluster::{ApiError, Connection, buffer::ZeroizingBuffer, error::WriteFate, request},
    domain::plan::{ChangeResult, Outcome, manager::OwnershipMetadata},
};

/// Who the server should say has set a field.
pub(super) const MANAGER: &str = "pullscope";

/// dryRun=All or a real write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteMode {
    /// `dryRun=All`: admission and validation run, nothing is stored.
    DryRun,
    Apply,
}

#[derive(Clone, Copy)]
pub(super) struct ApiServer<'a> {
    connection: &'a Connection,
    mode: WriteMode,
    /// In a dry run: an earlier change of the plan is to change the same object, and has not.
    follows_earlier_change: bool,
    /// What bounds each request and all of them; `None`: the connection's limit for each.
    limits: Option<TimeLimits>,
}

#[derive(Clone, Copy)]
struct TimeLimits {
    request: Duration,
    deadline: Instant,
    /// Transient errors are retried until the deadline.
    persists: bool,
}

impl<'a> ApiServer<'a> {
    pub(super) fn new(connection: &'a Connection, mode: WriteMode) -> Self {
        Self {
            connection,
            mode,
            follows_earlier_change: false,
            limits: None,
        }
    }

    /// The same server for so long at most, and for one request at most so long.
    pub(super) fn with_limits(self, all: Duration, request: Duration) -> Self {
        let deadline = Instant::now() + all;
        Self {
            limits: Some(TimeLimits {
                request,
                deadline,
                persists: false,
            }),
            ..self
        }
    }

    /// The same server, asked again for so long whenever it is not reached or is busy.
    pub(super) fn with_retries(self, all: Duration, request: Duration) -> Self {
        let mut server = self.with_limits(all, request);
        if let Some(bounds) = &mut server.limits {
            bounds.persists = true;
        }
        server
    }

    /// When the last request ends; `None`: there is no bound.
    pub(super) fn deadline(self) -> Option<Instant> {
        self.limits.map(|bounds| bounds.deadline)
    }

    pub(super) fn backoff(self) -> WriteBackoff {
        let persists = self.limits.is_some_and(|bounds| bounds.persists);
        WriteBackoff::until(self.deadline(), persists)
    }

    fn request_limit(self) -> Duration {
        let limit = self.connection.request_limit;
        self.limits.map_or(limit, |bounds| {
            let left = bounds.deadline.saturating_duration_since(Instant::now());
            limit.min(bounds.request).min(left)
        })
    }

    /// For a change of an object that an earlier change of the plan changes too.
    pub(super) fn follows_earlier_change(self, behind_another: bool) -> Self {
        Self {
            follows_earlier_change: behind_another,
            ..self
        }
    }

    /// The same server, asked without storing anything.
    pub(super) fn as_dry_run(self) -> Self {
        Self {
            mode: WriteMode::DryRun,
            ..self
        }
    }

    pub(super) fn is_dry_run(self) -> bool {
        self.mode == WriteMode::DryRun
    }

    /// Whether what is there must be what the change expects.
    pub(super) fn checks_expectations(self) -> bool {
        !(self.is_dry_run() && self.follows_earlier_change)
    }

    /// Whether a write that ended so may have been stored all the same. A dry run stores nothing.
    pub(super) fn may_be_stored(self, error: &ApiError) -> bool {
        !self.is_dry_run() && error.fate() != WriteFate::NotStored
    }

    pub(super) async fn get(self, path: &str) -> Result<SecretValue, ApiError> {
        self.request(request::get_request(checked(path)?)?).await
    }

    pub(super) async fn post(
        self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<SecretValue, ApiError> {
        self.write(Method::POST, path, request::JSON, body).await
    }

    pub(super) async fn patch(self, path: &str, patch: &Patch) -> Result<SecretValue, ApiError> {
        self.write(Method::PATCH, path, patch.media_type(), patch.body())
            .await
    }

    /// `preconditions`: what must still be so, or nothing is deleted.
    ///
    /// A `DELETE` takes its options from the body or from the query, and with a body the query's
    /// `dryRun` is not looked at (`rest.DeleteResource` of the API server): so all stand in the body.
    pub(super) async fn delete(
        self,
        path: &str,
        preconditions: Option<Value>,
    ) -> Result<SecretValue, ApiError> {
        let options = patches::delete(self.is_dry_run(), preconditions);
        self.write(Method::DELETE, path, request::JSON, &options)
            .await
    }

    async fn request(self, request: Request<ZeroizingBuffer>) -> Result<SecretValue, ApiError> {
        let connection = self.connection;
        let limit = self.request_limit();
        let answer = request::read_body(&connection.client, request, limit).await?;
        request::parse::<Value>(&answer).map(SecretValue::from)
    }

    /// A request that changes something, if it is meant.
    async fn write(
        self,
        method: Method,
        path: &str,
        media_type: &str,
        body: &impl Serialize,
    ) -> Result<SecretValue, ApiError> {
        let dry = if self.is_dry_run() { "&dryRun=All" } else { "" };
        let uri = format!("{}?fieldManager={MANAGER}{dry}", checked(path)?);
        self.request(request::write_request(method, &uri, media_type, body)?)
            .await
    }
}

/// A path that ends where the query begins: a name with a `?` or `#` in it would swallow `dryRun`, and one
/// of dots leads elsewhere. No object can have such a name.
fn checked(path: &str) -> Result<&str, ApiError> {
    let leads_away = |step: &str| matches!(step, "." | "..");
    if path.contains(['?', '#']) || path.split('/').any(leads_away) {
        let why = "not a valid object name".to_owned();
        return Err(ApiError::from_status(400, why));
    }
    Ok(path)
}

/// The change with who else keeps the object, as it was found.
pub(super) fn with_managers(found: &Value, done: ChangeResult) -> ChangeResult {
    ChangeResult {
        traces: OwnershipMetadata::from_object(found),
        ..done
    }
}

/// A change was made of this object.
pub(super) fn applied(found: &Value) -> ChangeResult {
    with_managers(found, ChangeResult::new(Outcome::Applied))
}

/// The object was as it should be.
pub(super) fn unchanged(found: &Value) -> ChangeResult {
    with_managers(found, ChangeResult::new(Outcome::Unchanged))
}

pub(super) fn failed(why: impl Into<String>) -> ChangeResult {
    ChangeResult::new(Outcome::Failed(why.into()))
}

/// An answer was lost for this reason, and looking did not tell what became of the change.
pub(super) fn unknown(why: &str) -> ChangeResult {
    ChangeResult::new(Outcome::Unknown(format!(
        "{why}; it may or may not have been stored: check the object before you try again"
    )))
}

/// Why something is not taken back.
pub(super) const CHANGED: &str = "it was changed by someone else, so it is left unchanged";

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;
    use crate::cluster::mock;

    #[tokio::test]
    async fn a_strange_name_cannot_swallow_that_it_is_only_tried() {
        let asked = Arc::new(Mutex::new(0));
        let heard = Arc::clone(&asked);
        let connection = mock::connection(move |_, _| {
            *heard.lock().unwrap() += 1;
            Some((200, "{}".to_owned()))
        });
        let server = ApiServer::new(&connection, WriteMode::DryRun);
        for name in ["x?fieldManager=a&b=", "x#", "..", "x/../../y"] {
            let path = format!("/api/v1/namespaces/a/secrets/{name}");
            let answer = server.post(&path, &json!({})).await;
            assert!(matches!(answer, Err(ApiError::Status(400, _))), "{name}");
        }
        assert_eq!(*asked.lock().unwrap(), 0);
        let body = json!({});
        let fine = server.post("/api/v1/namespaces/a/secrets", &body).await;
        assert!(fine.is_ok());
    }
}
