//! An API server that answers as a test wants: what no real one would, or only at its worst.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Output},
    sync::Arc,
};

use serde_json::{Value, json};

use crate::PROGRAM;

/// Status, content type, body.
pub type Answer = (u16, &'static str, Vec<u8>);

/// What is answered to requests whose path, without its query, is this.
#[derive(Default)]
pub struct Api(HashMap<&'static str, Answer>);

/// A served `Api`, and a kubeconfig that leads to it.
pub struct Served {
    directory: tempfile::TempDir,
}

pub fn list(items: &[Value]) -> Answer {
    let list = json!({"metadata": {"resourceVersion": "7"}, "items": items});
    (200, "application/json", list.to_string().into_bytes())
}

/// A refusal of the API server.
pub fn refusal(code: u16, reason: &str, message: &str) -> Answer {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "code": code, "reason": reason, "message": message,
    });
    (code, "application/json", status.to_string().into_bytes())
}

pub fn forbidden(message: &str) -> Answer {
    refusal(403, "Forbidden", message)
}

/// A Pod in namespace `shop` whose image is refused.
pub fn failing(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": [{"name": "app", "image": "r.example/a:1"}]},
        "status": {"phase": "Pending", "containerStatuses": [{
            "name": "app", "image": "r.example/a:1", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized"}},
        }]},
    })
}

pub fn running(name: &str) -> Value {
    let mut pod = failing(name);
    pod["status"] = json!({"phase": "Running", "containerStatuses": [{
        "name": "app", "image": "r.example/a:1", "imageID": "x", "ready": true, "restartCount": 0,
        "state": {"running": {}},
    }]});
    pod
}

impl Api {
    /// With one namespace, `shop`, in which there is nothing.
    pub fn new() -> Self {
        let namespaces = list(&[json!({"metadata": {"name": "shop"}})]);
        Self::default().with("/api/v1/namespaces", namespaces)
    }

    pub fn with(mut self, path: &'static str, answer: Answer) -> Self {
        self.0.insert(path, answer);
        self
    }

    /// With these Pods in `shop`.
    pub fn with_pods(self, pods: &[Value]) -> Self {
        self.with("/api/v1/namespaces/shop/pods", list(pods))
    }

    fn answer(&self, path: &str) -> Answer {
        let kinds = [
            "pods",
            "secrets",
            "serviceaccounts",
            "events",
            "deployments",
            "replicasets",
            "statefulsets",
            "daemonsets",
            "jobs",
            "cronjobs",
        ];
        if let Some(answer) = self.0.get(path) {
            return answer.clone();
        }
        if path == "/version" {
            let version = json!({"major": "1", "minor": "34", "gitVersion": "v1.34.0"});
            return (200, "application/json", version.to_string().into_bytes());
        }
        if kinds.iter().any(|kind| path.ends_with(&format!("/{kind}"))) {
            return list(&[]);
        }
        refusal(404, "NotFound", "not found")
    }

    /// Serves until the test's process ends.
    pub fn serve(self) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let api = Arc::new(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let api = Arc::clone(&api);
                std::thread::spawn(move || drop(api.speak(&stream)));
            }
        });
        let directory = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "fake", "user": {}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        });
        std::fs::write(directory.path().join("config"), config.to_string()).unwrap();
        Served { directory }
    }

    fn speak(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        loop {
            let mut first = String::new();
            if reader.read_line(&mut first)? == 0 {
                return Ok(());
            }
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let line = line.trim().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            reader.read_exact(&mut vec![0; length])?;
            let target = first.split(' ').nth(1).unwrap_or_default();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            if query.contains("watch=true") {
                // It is held open, and nothing ever changes.
                writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                reader.read_line(&mut first)?;
                return Ok(());
            }
            let (code, kind, body) = self.answer(path);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {code} It\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
            );
            writer.write_all(head.as_bytes())?;
            writer.write_all(&body)?;
        }
    }
}

impl Served {
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn run(&self, line: &str) -> Output {
        Command::new(PROGRAM)
            .args(line.split(' '))
            .env("KUBECONFIG", self.path("config"))
            .env("HOME", self.directory.path())
            .current_dir(self.directory.path())
            .output()
            .unwrap()
    }
}
