//! Short-lived Pod: created for one question, and always deleted.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    pin::pin,
    time::Duration,
};

use futures::future::{Either, select};
use http::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{ApiError, Connection, apply::WritePermit, error::WriteFate, paths, request};
use crate::domain::{
    k8s::{
        object_ref::{Namespace, ObjectRef},
        objects::Pod,
    },
    pull_test,
};

/// Maximum number of attempts to delete it.
pub(super) const DELETIONS: usize = 4;

/// Pause between two attempts to delete it.
const BEFORE_RETRY: Duration = Duration::from_secs(1);

/// A Pod that is not created yet.
///
/// It has its name, so that whoever deletes it knows the name before the first request is sent.
pub struct ShortLivedPod {
    manifest: Value,
    key: ObjectRef<Pod>,
}

/// How the work with the Pod ended.
#[derive(Debug)]
pub(super) enum PodEnd<T, S> {
    Done(T),
    /// Cut short, for this reason.
    Stopped(S),
    NotCreated(ApiError),
}

impl ShortLivedPod {
    /// The manifest is made with a random number, for a name of its own.
    pub fn new(namespace: &Namespace, manifest: impl FnOnce(u64) -> Value) -> Self {
        let manifest = manifest(RandomState::new().build_hasher().finish());
        let key = pull_test::key(namespace, &manifest);
        Self { manifest, key }
    }

    pub fn key(&self) -> &ObjectRef<Pod> {
        &self.key
    }

    /// Creates the Pod, does the work with it and deletes it, even if its creation is uncertain. Returns whether the Pod
    /// is gone, too.
    ///
    /// `stop` ends the work; a request in progress is completed.
    ///
    /// The future must be polled to its end: dropped before, it leaves the Pod.
    pub(super) async fn run<T, S>(
        &self,
        connection: &Connection,
        _: WritePermit,
        work: impl Future<Output = T>,
        stop: impl Future<Output = S>,
    ) -> (PodEnd<T, S>, bool) {
        let pods = paths::pods(&self.key.namespace);
        match send(connection, Method::POST, &pods, &self.manifest).await {
            Ok(()) => {
                let end = match select(pin!(work), pin!(stop)).await {
                    Either::Left((done, _)) => PodEnd::Done(done),
                    Either::Right((reason, _)) => PodEnd::Stopped(reason),
                };
                (end, self.delete(connection, None).await)
            }
            Err(error) => {
                let is_deleted = self.delete(connection, Some(error.fate())).await;
                (PodEnd::NotCreated(error), is_deleted)
            }
        }
    }

    /// Deletes the Pod; returns whether it is gone for good.
    ///
    /// `lost` is the possible outcome of its creation if the response was lost: such a Pod is looked for more than
    /// once, as its creation may still arrive.
    async fn delete(&self, connection: &Connection, lost: Option<WriteFate>) -> bool {
        if lost == Some(WriteFate::NotStored) {
            return true;
        }
        let mut is_gone = false;
        let options =
            json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0 });
        let path = paths::pod(&self.key);
        for attempt in 1..=DELETIONS {
            match send(connection, Method::DELETE, &path, &options).await {
                Ok(()) => return true,
                Err(ApiError::NotFound(_)) if lost.is_none() => return true,
                Err(ApiError::NotFound(_)) => is_gone = lost != Some(WriteFate::Pending),
                Err(error) => {
                    is_gone = false;
                    tracing::warn!(%error, pod = %self.key, attempt, "cannot delete a temporary Pod");
                    if matches!(error, ApiError::Unauthorized(_) | ApiError::Forbidden(_)) {
                        break;
                    }
                }
            }
            if attempt < DELETIONS {
                sleep(BEFORE_RETRY).await;
            }
        }
        is_gone
    }
}

async fn send(
    connection: &Connection,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<(), ApiError> {
    let request = request::write_request(method, path, request::JSON, body)?;
    let answer = request::read_body(&connection.client, request, connection.request_limit).await;
    answer.map(drop)
}
