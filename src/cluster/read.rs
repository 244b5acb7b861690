//! What is read on demand for somebody to look at: an object whole, a container's log.
//!
//! It must not know how either is shown.

use http::Request;
use serde_json::Value;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{Connection, Trouble, ask};
use crate::domain::{
    document::Document,
    logs::{Source, Splitter},
    objects::ObjectKey,
    rights::Permission,
};

/// The object as the API server has it now; a Secret without its values.
pub async fn document(connection: &Connection, object: &ObjectKey) -> Result<Document, Trouble> {
    let request = Request::get(path(object))
        .body(Vec::new())
        .map_err(|error| Trouble::Other(error.to_string()))?;
    let bytes = ask::bytes(&connection.client, request, connection.request_limit).await?;
    let bytes = Zeroizing::new(bytes);
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| ask::unreadable(&error))?;
    Document::of(value).map_err(Trouble::Unreadable)
}

/// Where the API has an object.
fn path(object: &ObjectKey) -> String {
    let (namespace, name) = (object.namespace(), object.name());
    match object {
        ObjectKey::Namespace(namespace) => format!("/api/v1/namespaces/{namespace}"),
        ObjectKey::Secret(_) => format!("/api/v1/namespaces/{namespace}/secrets/{name}"),
        ObjectKey::ServiceAccount(_) => {
            format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}")
        }
        ObjectKey::Pod(_) => format!("/api/v1/namespaces/{namespace}/pods/{name}"),
        ObjectKey::Workload(id) => {
            let (group, resource) = (id.kind.group(), id.kind.resource());
            format!("/apis/{group}/v1/namespaces/{namespace}/{resource}/{name}")
        }
    }
}

/// Lines of a log that are asked for from before now.
const TAIL: u32 = 1000;

/// Sends a container's log, piece by piece, until it ends or nobody listens. A log that is there no
/// more (`previous`) or that nobody writes to ends; that of a running container is followed.
pub async fn log(
    connection: &Connection,
    source: &Source,
    lines: &mpsc::Sender<Vec<String>>,
) -> Result<(), Trouble> {
    let mut body = ask::open(&connection.client, log_request(source)?).await?;
    let mut splitter = Splitter::default();
    while let Some(piece) = ask::chunk(&mut body).await? {
        let whole = splitter.take(&piece);
        if !whole.is_empty() && lines.send(whole).await.is_err() {
            return Ok(());
        }
    }
    if let Some(last) = splitter.rest() {
        drop(lines.send(vec![last]).await);
    }
    Ok(())
}

/// What reading a log takes.
pub fn log_permission() -> Permission {
    Permission {
        verb: "get".into(),
        group: "".into(),
        resource: "pods/log".into(),
        namespace: None,
    }
}

fn log_request(source: &Source) -> Result<Request<Vec<u8>>, Trouble> {
    let (namespace, pod) = (&source.pod.namespace, &source.pod.name);
    let query = form_urlencoded(&[
        ("container", &source.container),
        ("follow", if source.previous { "false" } else { "true" }),
        ("previous", if source.previous { "true" } else { "false" }),
        ("tailLines", &TAIL.to_string()),
    ]);
    Request::get(format!(
        "/api/v1/namespaces/{namespace}/pods/{pod}/log?{query}"
    ))
    .body(Vec::new())
    .map_err(|error| Trouble::Other(error.to_string()))
}

/// Container names are DNS labels and the rest is ours: nothing needs to be escaped.
fn form_urlencoded(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        key::{Key, Name, Namespace},
        objects::{WorkloadKey, WorkloadKind},
    };

    #[test]
    fn the_path_names_group_and_namespace() {
        let job = ObjectKey::Workload(WorkloadKey {
            kind: WorkloadKind::Job,
            key: Key::new(Namespace::new("shop"), Name::new("import")),
        });
        assert_eq!(path(&job), "/apis/batch/v1/namespaces/shop/jobs/import");
        let namespace = ObjectKey::Namespace(Namespace::new("shop"));
        assert_eq!(path(&namespace), "/api/v1/namespaces/shop");
    }

    #[test]
    fn only_a_log_that_goes_on_is_followed() {
        let mut source = Source {
            pod: Key::new(Namespace::new("shop"), Name::new("web-1")),
            container: "app".into(),
            previous: false,
        };
        let asked = |source: &Source| log_request(source).unwrap().uri().to_string();
        assert!(asked(&source).contains("container=app&follow=true&previous=false"));
        source.previous = true;
        assert!(asked(&source).contains("container=app&follow=false&previous=true"));
    }
}
