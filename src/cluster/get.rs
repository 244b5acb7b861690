//! Reads on demand: an object as YAML, a container's log.
//!
//! It must not know how either is shown.

use http::Request;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{ApiError, Connection, buffer::ZeroizingBuffer, paths, request};
use crate::domain::{
    k8s::{
        document::YamlDocument,
        logs::{LineSplitter, LogSource},
        object_ref::Namespace,
        objects::AnyObjectRef,
    },
    rbac::Permission,
};

/// Fetches the object; a Secret without its values.
pub async fn document(
    connection: &Connection,
    object: &AnyObjectRef,
) -> Result<YamlDocument, ApiError> {
    let now = paths::object(object);
    let value: Value = match (get(connection, &now).await, paths::legacy_path(object)) {
        (Err(ApiError::NotFound(_)), Some(before)) => get(connection, &before).await?,
        (answer, _) => answer?,
    };
    YamlDocument::from_object(value).map_err(ApiError::Decode)
}

/// Returns whether the namespace exists.
///
/// A user with rights in one namespace may often `get` it without the right to list all.
pub async fn namespace_exists(
    connection: &Connection,
    namespace: &Namespace,
) -> Result<bool, ApiError> {
    match get(connection, &paths::namespace(namespace)).await {
        Ok(_) => Ok(true),
        Err(ApiError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn get(connection: &Connection, path: &str) -> Result<Value, ApiError> {
    request::get(&connection.client, path, connection.request_limit).await
}

/// Number of earlier log lines that are requested.
const TAIL: u32 = 1000;

/// Streams a container's log until it ends or the receiver is dropped.
///
/// A previous log ends; that of a running container is followed. There is no time limit: the server sends no response
/// header before the container has written something.
pub async fn log(
    connection: &Connection,
    source: &LogSource,
    lines: &mpsc::Sender<Vec<String>>,
) -> Result<(), ApiError> {
    let mut body = request::send(&connection.client, log_request(source)?).await?;
    let mut splitter = LineSplitter::default();
    while let Some(piece) = request::chunk(&mut body).await? {
        let whole = splitter.push(&piece);
        if !whole.is_empty() && lines.send(whole).await.is_err() {
            return Ok(());
        }
    }
    if let Some(last) = splitter.rest() {
        drop(lines.send(vec![last]).await);
    }
    Ok(())
}

/// The permission to read a log.
pub fn log_permission() -> Permission {
    Permission {
        verb: "get".into(),
        group: "".into(),
        resource: "pods/log".into(),
        namespace: None,
    }
}

fn log_request(source: &LogSource) -> Result<Request<ZeroizingBuffer>, ApiError> {
    let query = query(&[
        ("container", &source.container),
        ("follow", if source.previous { "false" } else { "true" }),
        ("previous", if source.previous { "true" } else { "false" }),
        ("tailLines", &TAIL.to_string()),
    ]);
    request::get_request(&format!("{}/log?{query}", paths::pod(&source.pod)))
}

/// Container names are DNS labels and the rest is ours: nothing needs to be escaped.
fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cluster::mock,
        domain::k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{WorkloadKind, WorkloadRef},
        },
    };

    #[tokio::test]
    async fn a_cronjob_is_found_on_a_server_before_1_21() {
        let connection = mock::connection(|_, path| {
            let is_old = path == "/apis/batch/v1beta1/namespaces/shop/cronjobs/nightly";
            let status = if is_old { 200 } else { 404 };
            Some((status, r#"{"kind":"CronJob"}"#.to_owned()))
        });
        let read = async |kind| {
            let key = ObjectRef::new(Namespace::new("shop"), Name::new("nightly"));
            document(
                &connection,
                &AnyObjectRef::Workload(WorkloadRef { kind, key }),
            )
            .await
        };
        assert!(read(WorkloadKind::CronJob).await.is_ok());
        let job = read(WorkloadKind::Job).await;
        assert!(matches!(job, Err(ApiError::NotFound(_))), "{job:?}");
    }

    #[test]
    fn only_a_log_that_goes_on_is_followed() {
        let mut source = LogSource {
            pod: ObjectRef::new(Namespace::new("shop"), Name::new("web-1")),
            container: "app".into(),
            previous: false,
        };
        let asked = |source: &LogSource| log_request(source).unwrap().uri().to_string();
        assert!(asked(&source).contains("container=app&follow=true&previous=false"));
        source.previous = true;
        assert!(asked(&source).contains("container=app&follow=false&previous=true"));
    }
}
