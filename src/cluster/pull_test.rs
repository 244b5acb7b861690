//! Making the Pod of a pull test, waiting for the kubelet's verdict, and deleting it: always.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    time::Duration,
};

use http::{Method, Request, header};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Connection, Trouble,
    apply::WritePermit,
    ask,
    slim::{self, Interner},
};
use crate::domain::{
    key::Key,
    objects::{Event, Pod},
    pull_test::{self, LIMIT, PullTest, Pulled, verdict},
};

/// Between two looks at the Pod.
const PAUSE: Duration = Duration::from_millis(400);

/// Lets the kubelet of this node pull the image. However it ends, the Pod is deleted: also when the
/// caller loses interest and drops this future.
pub async fn run(connection: &Connection, _: WritePermit, test: &PullTest, node: &str) -> Pulled {
    let number = RandomState::new().build_hasher().finish();
    let manifest = test.pod(node, number);
    let collection = format!("/api/v1/namespaces/{}/pods", test.namespace);
    if let Err(trouble) = send(connection, Method::POST, &collection, &manifest).await {
        return Pulled::Unknown(format!("the Pod of the test could not be made: {trouble}"));
    }
    let cleaner = Cleaner {
        connection: connection.clone(),
        key: pull_test::key(&test.namespace, &manifest),
        done: false,
    };
    let pulled = watch(connection, &cleaner.key).await;
    cleaner.clean().await;
    pulled
}

async fn watch(connection: &Connection, key: &Key<Pod>) -> Pulled {
    let deadline = Instant::now() + Duration::from_secs(u64::from(LIMIT));
    let mut texts = Interner::default();
    while Instant::now() < deadline {
        sleep(PAUSE).await;
        match look(connection, key, &mut texts).await {
            Ok(Some(pulled)) => return pulled,
            Err(Trouble::NotFound(_)) => {
                return Pulled::Unknown("somebody has deleted the Pod of the test".to_owned());
            }
            // A look that failed is followed by the next one; the deadline bounds them all.
            Ok(None) | Err(_) => {}
        }
    }
    Pulled::Unknown(format!("the kubelet has not said anything for {LIMIT} s"))
}

async fn look(
    connection: &Connection,
    key: &Key<Pod>,
    texts: &mut Interner,
) -> Result<Option<Pulled>, Trouble> {
    let (namespace, name) = (&key.namespace, &key.name);
    let field = |kind: &str| format!("fieldSelector={kind}%3D{name}");
    let pods = format!(
        "/api/v1/namespaces/{namespace}/pods?{}",
        field("metadata.name")
    );
    let pods = slim::objects(&slim::Pods, &get(connection, &pods).await?, texts)?;
    let Some(pod) = pods.first() else {
        return Err(Trouble::NotFound(name.to_string()));
    };
    let events = format!(
        "/api/v1/namespaces/{namespace}/events?{}",
        field("involvedObject.name")
    );
    // Who may not list events is told what the status says.
    let mut events: Vec<std::sync::Arc<Event>> = match get(connection, &events).await {
        Ok(bytes) => slim::objects(&slim::Events, &bytes, texts)?,
        Err(_) => Vec::new(),
    };
    events.sort_by_key(|event| event.last);
    Ok(verdict(pod, &events))
}

/// Deletes the Pod when it is dropped, if it has not been deleted before.
struct Cleaner {
    connection: Connection,
    key: Key<Pod>,
    done: bool,
}

impl Cleaner {
    async fn clean(mut self) {
        self.done = true;
        delete(&self.connection, &self.key).await;
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (connection, key) = (self.connection.clone(), self.key.clone());
            runtime.spawn(async move { delete(&connection, &key).await });
        }
    }
}

async fn delete(connection: &Connection, key: &Key<Pod>) {
    let path = format!("/api/v1/namespaces/{}/pods/{}", key.namespace, key.name);
    let options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0 });
    if let Err(trouble) = send(connection, Method::DELETE, &path, &options).await {
        tracing::warn!(%trouble, pod = %key, "a pull test's Pod is left over");
    }
}

async fn get(connection: &Connection, path: &str) -> Result<Vec<u8>, Trouble> {
    let request = Request::get(path)
        .body(Vec::new())
        .map_err(|error| Trouble::Other(error.to_string()))?;
    ask::bytes(&connection.client, request, connection.request_limit).await
}

async fn send(
    connection: &Connection,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<Vec<u8>, Trouble> {
    let body = serde_json::to_vec(body).map_err(|error| Trouble::Other(error.to_string()))?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| Trouble::Other(error.to_string()))?;
    ask::bytes(&connection.client, request, connection.request_limit).await
}
