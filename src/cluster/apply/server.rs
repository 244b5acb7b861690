//! The API server for one plan: requests that are meant, or only tried.

use http::{Method, Request, header};
use serde_json::{Value, json};

use super::{Mode, bodies, is_conflict};
use crate::{
    cluster::{Connection, Trouble, ask},
    domain::plan::{Before, Done, Outcome, Revision, keeper::Traces},
};

/// Who the server should say has set a field.
const MANAGER: &str = "pullscope";

/// Attempts when others write the same object all the time.
pub(super) const ATTEMPTS: usize = 5;

pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
const JSON: &str = "application/json";

#[derive(Clone, Copy)]
pub(super) struct Server<'a> {
    connection: &'a Connection,
    mode: Mode,
}

impl<'a> Server<'a> {
    pub(super) fn new(connection: &'a Connection, mode: Mode) -> Self {
        Self { connection, mode }
    }

    pub(super) async fn get(self, path: &str) -> Result<Value, Trouble> {
        self.request(Method::GET, path, None).await
    }

    pub(super) async fn post(self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.request(Method::POST, path, Some((JSON, body))).await
    }

    pub(super) async fn patch(
        self,
        path: &str,
        kind: &'static str,
        body: &Value,
    ) -> Result<Value, Trouble> {
        self.request(Method::PATCH, path, Some((kind, body))).await
    }

    /// `preconditions`: what must still be so, or nothing is deleted.
    ///
    /// A `DELETE` takes its options from the body or from the query, and with a body the query's
    /// `dryRun` is not looked at (`rest.DeleteResource` of the API server): so all stand in the body.
    pub(super) async fn delete(
        self,
        path: &str,
        preconditions: Option<Value>,
    ) -> Result<Value, Trouble> {
        let options = bodies::delete(self.rehearses(), preconditions);
        self.request(Method::DELETE, path, Some((JSON, &options)))
            .await
    }

    pub(super) fn rehearses(self) -> bool {
        self.mode == Mode::Rehearsal
    }

    /// Makes an object, or finds that somebody has.
    pub(super) async fn create(self, collection: &str, body: &Value) -> Result<Done, Trouble> {
        match self.post(collection, body).await {
            Ok(object) => Ok(made(&object)),
            Err(trouble) if is_conflict(&trouble) => Ok(Done::new(Outcome::Unchanged)),
            Err(trouble) => Err(trouble),
        }
    }

    /// Deletes an object as it is now, and keeps it.
    pub(super) async fn remove(self, path: &str) -> Result<Done, Trouble> {
        let found = match self.get(path).await {
            Err(Trouble::NotFound(_)) => return Ok(Done::new(Outcome::Unchanged)),
            found => found?,
        };
        let seen = precondition(&bodies::revision(&found));
        match self.delete(path, Some(seen)).await {
            Ok(_) => Ok(Done {
                before: Some(Before::was(&found, None)),
                ..applied(&found)
            }),
            Err(trouble) if is_conflict(&trouble) => Ok(failed(
                "somebody has just changed it: look at it again before it is deleted",
            )),
            Err(trouble) => Err(trouble),
        }
    }

    async fn request(
        self,
        method: Method,
        path: &str,
        body: Option<(&'static str, &Value)>,
    ) -> Result<Value, Trouble> {
        let reads = method == Method::GET;
        let dry = if self.rehearses() { "&dryRun=All" } else { "" };
        let uri = if reads {
            path.to_owned()
        } else {
            format!("{path}?fieldManager={MANAGER}{dry}")
        };
        let mut request = Request::builder().method(method).uri(uri);
        let bytes = match body {
            Some((kind, body)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                serde_json::to_vec(body).map_err(|error| Trouble::Other(error.to_string()))?
            }
            None => Vec::new(),
        };
        let request = request
            .body(bytes)
            .map_err(|error| Trouble::Other(error.to_string()))?;
        let connection = self.connection;
        let answer = ask::bytes(&connection.client, request, connection.request_limit).await?;
        serde_json::from_slice(&answer).map_err(|error| ask::unreadable(&error))
    }
}

/// The object must still be in this state.
pub(super) fn precondition(revision: &Revision) -> Value {
    json!({ "uid": revision.uid, "resourceVersion": revision.version })
}

/// A change was made of this object.
pub(super) fn applied(object: &Value) -> Done {
    Done {
        traces: Traces::of(object),
        ..Done::new(Outcome::Applied)
    }
}

/// The object was as it should be.
pub(super) fn unchanged(object: &Value) -> Done {
    Done {
        traces: Traces::of(object),
        ..Done::new(Outcome::Unchanged)
    }
}

/// This object was made.
pub(super) fn made(object: &Value) -> Done {
    Done {
        before: Some(Before::Made(bodies::revision(object))),
        ..Done::new(Outcome::Applied)
    }
}

pub(super) fn failed(why: impl Into<String>) -> Done {
    Done::new(Outcome::Failed(why.into()))
}
