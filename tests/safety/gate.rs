//! A server in front of the sandbox that stops at each request that changes something, and says so: the test
//! decides when it goes on. So every step of a change is a moment at which the program can be ended.

use std::{convert::Infallible, net::SocketAddr, sync::mpsc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use pullscope::sandbox::{Pace, Sandbox, Scenario, User};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};
use tower::ServiceExt;

use crate::session::LIMIT;

/// A request at which the server has stopped: before it is carried out, or before it is answered.
pub struct Stop {
    pub what: String,
    go_on: oneshot::Sender<()>,
}

impl Stop {
    pub fn go_on(self) {
        // A client that is gone by now does not matter here.
        let _ = self.go_on.send(());
    }
}

pub struct Gate {
    sandbox: Sandbox,
    runtime: Runtime,
    stops: mpsc::Receiver<Stop>,
    pub address: SocketAddr,
    directory: tempfile::TempDir,
}

impl Gate {
    pub fn of(scenario: &str) -> Self {
        let scenario = Scenario::named(scenario).unwrap();
        let sandbox = Sandbox::start(&scenario, Timestamp::now(), Pace::Live);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { drop(sandbox.spawn_event_loop()) });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, stops) = mpsc::channel();
        runtime.spawn(serve(sandbox.clone(), listener, sender));
        let directory = tempfile::tempdir().unwrap();
        let gate = Self {
            sandbox,
            runtime,
            stops,
            address,
            directory,
        };
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "gated",
            "clusters": [{"name": "gated", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "anyone", "user": {}}],
            "contexts": [{"name": "gated", "context": {"cluster": "gated", "user": "anyone"}}],
        });
        std::fs::write(gate.kubeconfig(), config.to_string()).unwrap();
        gate
    }

    pub fn kubeconfig(&self) -> String {
        self.directory.path().join("config").display().to_string()
    }

    /// The next stop; fails with what `screen` shows when nothing comes.
    pub fn next(&self, screen: impl FnOnce() -> String) -> Stop {
        let stop = self.stops.recv_timeout(LIMIT);
        stop.unwrap_or_else(|_| panic!("waited in vain for a request\n{}", screen()))
    }

    /// Lets through what comes, until nobody uses the gate any more.
    pub fn open(&self, is_over: impl Fn() -> bool) {
        while !is_over() {
            if let Ok(stop) = self.stops.recv_timeout(Duration::from_millis(20)) {
                stop.go_on();
            }
        }
    }

    /// What is at a path.
    pub fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path).body(Full::<Bytes>::default()).unwrap();
        let service = self.sandbox.service(User::admin());
        self.runtime.block_on(async {
            let answer = service.oneshot(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            (head.status, serde_json::from_slice(&bytes).unwrap())
        })
    }
}

type Answer = Response<UnsyncBoxBody<Bytes, std::io::Error>>;

async fn serve(sandbox: Sandbox, listener: TcpListener, stops: mpsc::Sender<Stop>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (sandbox, stops) = (sandbox.clone(), stops.clone());
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                // In a task of its own: a request that was sent is carried out, also when its sender is gone.
                let answer = tokio::spawn(answer(sandbox.clone(), stops.clone(), request));
                async { Ok::<_, Infallible>(answer.await.unwrap()) }
            });
            let stream = TokioIo::new(stream);
            drop(http1::Builder::new().serve_connection(stream, answer).await);
        });
    }
}

async fn answer(sandbox: Sandbox, stops: mpsc::Sender<Stop>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let uri = head.uri.to_string();
    let is_dry = uri.contains("dryRun=") || String::from_utf8_lossy(&body).contains("\"dryRun\"");
    let asks = head.method == Method::GET
        || uri.contains("/apis/authorization.k8s.io/")
        || uri.contains("/apis/authentication.k8s.io/");
    let is_change = !is_dry && !asks;
    let what = format!("{} {}", head.method, head.uri.path());
    if is_change {
        stop(&stops, format!("{what} before")).await;
    }
    let request = Request::from_parts(head, Full::new(body));
    let answer = sandbox
        .service(User::admin())
        .oneshot(request)
        .await
        .unwrap();
    if is_change {
        stop(&stops, format!("{what} after")).await;
    }
    answer.map(|body| body.map_err(std::io::Error::other).boxed_unsync())
}

async fn stop(stops: &mpsc::Sender<Stop>, what: String) {
    let (go_on, waiting) = oneshot::channel();
    if stops.send(Stop { what, go_on }).is_ok() {
        let _ = waiting.await;
    }
}
