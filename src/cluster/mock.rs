//! Mock API server for tests: a function from request to response.

use std::{io, sync::Arc, time::Duration};

use http::{Method, Request, Response, Uri};
use kube::{Client, client::Body};
use serde_json::Value;

use super::Connection;
use crate::domain::k8s::object_ref::Namespace;

/// A connection to a server that answers a method and a path with a status and a body, or never.
pub(super) fn connection(
    answer: impl Fn(&Method, &str) -> Option<(u16, String)> + Send + Sync + 'static,
) -> Connection {
    server(move |method, uri, _| answer(method, uri.path()))
}

/// A connection to a server that also sees the query and the body.
pub(super) fn server(
    answer: impl Fn(&Method, &Uri, &Value) -> Option<(u16, String)> + Send + Sync + 'static,
) -> Connection {
    let answer = Arc::new(answer);
    let service = tower::service_fn(move |request: Request<Body>| {
        let answer = Arc::clone(&answer);
        async move {
            let (head, body) = request.into_parts();
            let bytes = body.collect_bytes().await.unwrap();
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            let Some((status, text)) = (*answer)(&head.method, &head.uri, &body) else {
                return std::future::pending().await;
            };
            let response = Response::builder().status(status);
            let response = response.body(Body::from(text.into_bytes()));
            Ok::<Response<Body>, io::Error>(response.unwrap())
        }
    });
    Connection {
        client: Client::new(service, "default"),
        context: None,
        cluster: "mock".into(),
        server: "mock".into(),
        user: None,
        namespace: Namespace::new("default"),
        version: None,
        request_limit: Duration::from_secs(5),
    }
}
