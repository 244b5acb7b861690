//! A cluster as the cases see it: clients, and the few writes that they need.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::Request;
use jiff::Timestamp;
use kube::Client;
use pullscope::{
    cluster::Connection,
    domain::k8s::object_ref::Namespace,
    sandbox::{Pace, Sandbox, User},
};
use serde_json::{Value, json};

/// Gives a client of the user with this name; the administrator's name is `admin`.
pub type Clients = Arc<dyn Fn(&str) -> Client + Send + Sync>;

pub struct Cluster {
    clients: Clients,
    admin: Client,
    behind: Behind,
}

/// What stands behind the clients: some things cannot be done over the API.
pub enum Behind {
    Sandbox(Sandbox),
    /// With the port of its etcd.
    Server(u16),
}

/// A sandbox of the case's own. Its clock stands still: nothing here waits for a kubelet.
pub fn sandbox() -> Cluster {
    let sandbox = Sandbox::empty(Timestamp::now(), Pace::Manual);
    let behind = Behind::Sandbox(sandbox.clone());
    let clients: Clients = Arc::new(move |name| {
        let user = match name {
            "admin" => User::admin(),
            name => User {
                name: name.to_owned(),
                groups: vec!["system:authenticated".to_owned()],
            },
        };
        Client::new(sandbox.service(user), "default")
    });
    Cluster::new(clients, behind)
}

static NAMESPACES: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    pub fn new(clients: Clients, behind: Behind) -> Self {
        let admin = clients("admin");
        Self {
            clients,
            admin,
            behind,
        }
    }

    pub fn admin(&self) -> &Client {
        &self.admin
    }

    pub fn behind(&self) -> &Behind {
        &self.behind
    }

    /// Whether it is Kubernetes 1.x before this minor version.
    pub async fn is_older_than(&self, minor: u32) -> bool {
        let version = self.admin.apiserver_version().await.unwrap();
        let told = version.minor.trim_end_matches('+');
        told.parse::<u32>().unwrap() < minor
    }

    pub fn client(&self, user: &str) -> Client {
        (self.clients)(user)
    }

    /// Lets the history before now be forgotten, as etcd's compaction does.
    pub async fn forget(&self) {
        match &self.behind {
            Behind::Sandbox(sandbox) => sandbox.compact(),
            Behind::Server(etcd) => crate::server::compact(*etcd, &self.admin).await,
        }
    }

    /// Lets the sandbox's time go on; a real server's does by itself.
    pub fn wind(&self, seconds: u64) {
        if let Behind::Sandbox(sandbox) = &self.behind {
            sandbox.advance(Duration::from_secs(seconds));
        }
    }

    /// A namespace that no other case uses.
    pub async fn namespace(&self, prefix: &str) -> Namespace {
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let name = format!("{prefix}-{}-{number}", std::process::id());
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.create("/api/v1/namespaces", body).await;
        Namespace::new(name)
    }

    /// A connection of this user, at home in the namespace.
    pub async fn connect(&self, user: &str, namespace: &Namespace) -> Connection {
        let client = (self.clients)(user);
        Connection::from_client(client, "contract", namespace.clone())
            .await
            .unwrap()
    }

    pub async fn create(&self, path: &str, body: Value) -> Value {
        self.send(Request::post(path), body).await
    }

    /// A merge patch.
    pub async fn patch(&self, path: &str, body: Value) -> Value {
        let request = Request::patch(path).header("content-type", "application/merge-patch+json");
        self.admin
            .request(request.body(body.to_string().into_bytes()).unwrap())
            .await
            .unwrap()
    }

    pub async fn delete(&self, path: &str) {
        self.send(Request::delete(path), Value::Null).await;
    }

    async fn send(&self, request: http::request::Builder, body: Value) -> Value {
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.admin
            .request(request.body(body).unwrap())
            .await
            .unwrap()
    }

    pub async fn get(&self, path: &str) -> String {
        self.admin
            .request_text(Request::get(path).body(Vec::new()).unwrap())
            .await
            .unwrap()
    }

    /// Lets the user do this, in this namespace only: `verbs` on `group/resource`.
    pub async fn grant(&self, user: &str, namespace: &Namespace, rules: &[(&str, &[&str])]) {
        let rules: Vec<Value> = rules
            .iter()
            .map(|(resource, verbs)| {
                let (group, resource) = resource.split_once('/').unwrap();
                json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
            })
            .collect();
        let base = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}");
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": user}, "rules": rules,
        });
        self.create(&format!("{base}/roles"), role).await;
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        });
        self.create(&format!("{base}/rolebindings"), binding).await;
    }
}
