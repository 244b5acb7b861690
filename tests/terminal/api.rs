//! A small cluster on a loopback port, for the binary to look at: the sandbox, reached as any API
//! server is, through a kubeconfig.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use jiff::{SignedDuration, Timestamp};
use pullscope::sandbox::{Pace, Sandbox, User, serve::serve};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};
use tower::ServiceExt;

/// Objects older than a day change their shown age rarely: not while a test runs.
const AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The Pod that cannot pull, the one that runs, and what stands on the screen of them.
pub const FAILING: &str = "web-7d9f";
pub const RUNNING: &str = "proxy-1";

pub struct Cluster {
    sandbox: Sandbox,
    runtime: Runtime,
    directory: tempfile::TempDir,
}

impl Cluster {
    /// A cluster with a namespace `shop`, in which one Pod runs and another cannot pull.
    pub fn start() -> Self {
        let sandbox = Sandbox::empty(Timestamp::now() - AGE, Pace::Manual);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(sandbox.clone(), listener));
        let directory = tempfile::tempdir().unwrap();
        let cluster = Self {
            sandbox,
            runtime,
            directory,
        };
        let config = kubeconfig(&format!("http://{address}/users/admin"));
        std::fs::write(cluster.kubeconfig(), config.to_string()).unwrap();
        cluster.fill();
        cluster
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("config")
    }

    fn fill(&self) {
        self.create("/api/v1/namespaces", &json!({"metadata": {"name": "shop"}}));
        // ServiceAccounts come with their namespace, a moment later.
        self.sandbox.advance(Duration::from_secs(5));
        self.create_pod(RUNNING);
        self.create_pod(FAILING);
        self.set_status(
            RUNNING,
            &json!({"phase": "Running", "containerStatuses": [{
                "name": "app", "image": "nginx", "imageID": "", "ready": true, "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            }]}),
        );
        self.set_status(FAILING, &json!({"phase": "Pending", "containerStatuses": [{
            "name": "app", "image": "nginx", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}},
        }]}));
    }

    pub fn create_pod(&self, name: &str) {
        self.create(
            "/api/v1/namespaces/shop/pods",
            &json!({
                "metadata": {"name": name},
                "spec": {"containers": [{"name": "app", "image": "nginx"}]},
            }),
        );
    }

    pub fn set_status(&self, pod: &str, status: &Value) {
        let path = format!("/api/v1/namespaces/shop/pods/{pod}/status");
        let answer = self.request(Method::PATCH, &path, &json!({"status": status}));
        assert_eq!(answer, StatusCode::OK, "{path}");
    }

    pub fn create(&self, path: &str, object: &Value) {
        let answer = self.request(Method::POST, path, object);
        assert_eq!(answer, StatusCode::CREATED, "{path} {object}");
    }

    fn request(&self, method: Method, path: &str, body: &Value) -> StatusCode {
        let kind = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap();
        let service = self.sandbox.service(User::admin());
        self.runtime.block_on(async {
            let answer = service.oneshot(request).await.unwrap();
            let (head, body) = answer.into_parts();
            body.collect().await.unwrap();
            head.status
        })
    }
}

fn kubeconfig(server: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "small",
        "clusters": [{"name": "small", "cluster": {"server": server}}],
        "users": [{"name": "anyone", "user": {}}],
        "contexts": [{"name": "small", "context": {"cluster": "small", "user": "anyone"}}],
    })
}
