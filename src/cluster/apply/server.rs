//! The API server for one plan: requests that are meant, or only tried.

use http::{Method, Request};
use serde::Serialize;
use serde_json::{Value, json};

use super::{bodies, wiped::Wiped};
use crate::{
    cluster::{Connection, Trouble, ask, buffer::Buffer},
    domain::plan::{Before, Done, Outcome, Revision, keeper::Traces},
};

/// Who the server should say has set a field.
const MANAGER: &str = "pullscope";

/// Attempts when others write the same object all the time.
pub(super) const ATTEMPTS: usize = 5;

pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";

/// Whether a request is meant, or only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `dryRun=All`: admission and validation run, nothing is stored.
    Rehearsal,
    Earnest,
}

#[derive(Clone, Copy)]
pub(super) struct Server<'a> {
    connection: &'a Connection,
    mode: Mode,
}

impl<'a> Server<'a> {
    pub(super) fn new(connection: &'a Connection, mode: Mode) -> Self {
        Self { connection, mode }
    }

    pub(super) async fn get(self, path: &str) -> Result<Wiped, Trouble> {
        self.request(ask::getting(path)?).await
    }

    pub(super) async fn post(self, path: &str, body: &impl Serialize) -> Result<Wiped, Trouble> {
        self.write(Method::POST, path, ask::JSON, body).await
    }

    /// `media_type` says what kind of patch it is.
    pub(super) async fn patch(
        self,
        path: &str,
        media_type: &str,
        body: &impl Serialize,
    ) -> Result<Wiped, Trouble> {
        self.write(Method::PATCH, path, media_type, body).await
    }

    /// `preconditions`: what must still be so, or nothing is deleted.
    ///
    /// A `DELETE` takes its options from the body or from the query, and with a body the query's
    /// `dryRun` is not looked at (`rest.DeleteResource` of the API server): so all stand in the body.
    pub(super) async fn delete(
        self,
        path: &str,
        preconditions: Option<Value>,
    ) -> Result<(), Trouble> {
        let options = bodies::delete(self.rehearses(), preconditions);
        let answer = self.write(Method::DELETE, path, ask::JSON, &options);
        answer.await.map(drop)
    }

    pub(super) fn rehearses(self) -> bool {
        self.mode == Mode::Rehearsal
    }

    /// Makes an object, or finds that somebody has.
    pub(super) async fn create(
        self,
        collection: &str,
        body: &impl Serialize,
    ) -> Result<Done, Trouble> {
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
            Ok(()) => Ok(Done {
                before: Some(Before::was(&found, None)),
                ..applied(&found)
            }),
            Err(trouble) if is_conflict(&trouble) => Ok(failed(
                "somebody has just changed it: look at it again before it is deleted",
            )),
            Err(trouble) => Err(trouble),
        }
    }

    async fn request(self, request: Request<Buffer>) -> Result<Wiped, Trouble> {
        let connection = self.connection;
        let answer = ask::bytes(&connection.client, request, connection.request_limit).await?;
        ask::parse::<Value>(&answer).map(Wiped::from)
    }

    /// A request that changes something, if it is meant.
    async fn write(
        self,
        method: Method,
        path: &str,
        media_type: &str,
        body: &impl Serialize,
    ) -> Result<Wiped, Trouble> {
        let dry = if self.rehearses() { "&dryRun=All" } else { "" };
        let uri = format!("{path}?fieldManager={MANAGER}{dry}");
        self.request(ask::sending(method, &uri, media_type, body)?)
            .await
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

/// Why something is not taken back.
pub(super) const CHANGED: &str = "somebody has changed it since, so it is left as it is";

/// Whether somebody wrote in between, or made the same object before.
pub(super) fn is_conflict(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Conflict(_) | Trouble::AlreadyExists(_))
}
