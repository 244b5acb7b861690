//! A Pod that is created for one question and deleted whatever happens.

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

/// So often its deletion is tried.
pub(super) const DELETIONS: usize = 4;

/// Between two of them.
const BEFORE_RETRY: Duration = Duration::from_secs(1);

/// A Pod that is not created yet. It has its name, so that whoever must see to its deletion knows it before
/// the first request is sent.
pub struct ShortLivedPod {
    manifest: Value,
    key: ObjectRef<Pod>,
}

/// How the work with the Pod ended.
#[derive(Debug)]
pub(super) enum PodEnd<T> {
    Done(T),
    /// The program is ending.
    Stopped,
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

    /// Creates the Pod, does the work with it, and deletes it: also when nobody knows whether it was created.
    /// `stop` cuts the work short; a request that was sent is waited for. Returns whether the Pod is gone, too.
    ///
    /// The future must be polled to its end: dropped before, it leaves the Pod.
    pub(super) async fn run<T>(
        &self,
        connection: &Connection,
        _: WritePermit,
        work: impl Future<Output = T>,
        stop: impl Future<Output = ()>,
    ) -> (PodEnd<T>, bool) {
        let pods = paths::pods(&self.key.namespace);
        match send(connection, Method::POST, &pods, &self.manifest).await {
            Ok(()) => {
                let end = match select(pin!(work), pin!(stop)).await {
                    Either::Left((done, _)) => PodEnd::Done(done),
                    Either::Right(((), _)) => PodEnd::Stopped,
                };
                (end, self.delete(connection, None).await)
            }
            Err(trouble) => {
                let is_deleted = self.delete(connection, Some(trouble.fate())).await;
                (PodEnd::NotCreated(trouble), is_deleted)
            }
        }
    }

    /// Deletes the Pod; returns whether it is gone for good. `lost`: what may have become of its creation,
    /// where the answer was lost. Such a Pod is looked for more than once, and where something on the way may
    /// still deliver its creation, it may come after that.
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
                Err(trouble) => {
                    is_gone = false;
                    tracing::warn!(%trouble, pod = %self.key, attempt, "cannot delete a temporary Pod");
                    if matches!(trouble, ApiError::Unauthorized(_) | ApiError::Forbidden(_)) {
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
