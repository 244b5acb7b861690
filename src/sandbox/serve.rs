//! Serves the sandbox on a local port, for kubectl and other clients.
//!
//! Who asks is said by the path in front of the API's own, `/users/NAME`: kubectl sends no credential to
//! a server without TLS (`clientcmd` reads the user's part of a kubeconfig only for TLS), and each
//! context of the printed kubeconfig has a server of its own for that reason. A bearer token does too.

use std::{net::SocketAddr, time::Duration};

use http::{Request, Uri, uri::PathAndQuery};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::Service as _;

use super::{Sandbox, Service, User};

const PREFIX: &str = "/users/";

/// Pause after a failed accept, such as with too many open connections.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves requests until the task ends.
pub async fn serve(sandbox: Sandbox, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let (mut service, request) = addressed(&sandbox, request);
                service.call(request)
            });
            // A client that goes away in the middle harms nobody.
            drop(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await,
            );
        });
    }
}

/// The API as the one sees it whom the path names, and the request without that name.
fn addressed(sandbox: &Sandbox, mut request: Request<Incoming>) -> (Service, Request<Incoming>) {
    let by_token = || Service::with_tokens(sandbox.shared.clone());
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    let Some((name, rest)) = path
        .strip_prefix(PREFIX)
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    else {
        return (by_token(), request);
    };
    let user = User::built_in().into_iter().find(|user| user.name == name);
    let uri = format!("/{rest}").parse::<Uri>();
    let (Some(user), Ok(uri)) = (user, uri) else {
        return (by_token(), request);
    };
    *request.uri_mut() = uri;
    (sandbox.service(user), request)
}

/// A kubeconfig with one context per built-in user; the administrator's is current.
pub fn kubeconfig(address: SocketAddr) -> Value {
    let names: Vec<String> = User::built_in().into_iter().map(|user| user.name).collect();
    let clusters: Vec<Value> = names
        .iter()
        .map(|name| {
            let server = format!("http://{address}{PREFIX}{name}");
            json!({ "name": format!("demo-{name}"), "cluster": { "server": server } })
        })
        .collect();
    let contexts: Vec<Value> = names
        .iter()
        .map(|name| {
            let cluster = format!("demo-{name}");
            json!({ "name": name, "context": { "cluster": cluster, "user": name } })
        })
        .collect();
    let users: Vec<Value> = names
        .iter()
        .map(|name| json!({ "name": name, "user": { "token": name } }))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": names.first(),
        "clusters": clusters,
        "contexts": contexts,
        "users": users,
    })
}
