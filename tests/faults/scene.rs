//! One case: a cluster, the way to it that can be disturbed, and the product looking at it over that
//! way.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use pullscope::{
    cluster::{ConnectError, ConnectOptions, Connection, WatchScope, watch::WATCHED},
    domain::{k8s::object_ref::Namespace, store::watch::WatchState},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    cluster::Cluster,
    front::Front,
    line::{Line, Mood},
    observer::Observer,
    server::Server,
    view::{View, truth, view},
};

/// Until a fault is told: 28 seconds at the most where nothing but silence tells of it, and some for a
/// machine with other work.
pub const TOLD: Duration = Duration::from_secs(180);

/// Until all is well again: the back-off reaches half a minute.
pub const HEALED: Duration = Duration::from_secs(100);

/// Where the cluster is.
#[derive(Clone, Copy)]
pub enum Place {
    Sandbox,
    Server(&'static Server),
}

impl Place {
    pub fn cluster(self) -> Cluster {
        match self {
            Self::Sandbox => crate::cluster::sandbox(),
            Self::Server(server) => server.cluster(),
        }
    }
}

pub struct Scene {
    pub cluster: Cluster,
    pub namespace: Namespace,
    pub front: Arc<Front>,
    pub line: Line,
    pub kubeconfig: PathBuf,
    directory: tempfile::TempDir,
}

impl Scene {
    /// A cluster with a namespace of the case's own and some objects in it.
    pub async fn at(place: Place) -> Self {
        Self::of(place.cluster(), "admin").await
    }

    /// The way leads the product to the cluster as this user.
    pub async fn of(cluster: Cluster, user: &str) -> Self {
        let namespace = cluster.namespace("fault").await;
        cluster.wind(5);
        let (front, address) = Front::of(cluster.client(user)).await;
        let line = Line::to(address).await;
        let directory = tempfile::tempdir().unwrap();
        let kubeconfig = directory.path().join("config");
        let scene = Self {
            cluster,
            namespace,
            front,
            line,
            kubeconfig,
            directory,
        };
        scene.log_in(&json!({}));
        scene.fill().await;
        scene
    }

    /// Writes the kubeconfig, with this user.
    pub fn log_in(&self, user: &Value) {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "fault",
            "clusters": [{"name": "fault", "cluster": {
                "server": format!("http://{}", self.line.address),
            }}],
            "users": [{"name": "admin", "user": user}],
            "contexts": [{"name": "fault", "context": {
                "cluster": "fault", "user": "admin", "namespace": self.namespace.as_str(),
            }}],
        });
        std::fs::write(&self.kubeconfig, config.to_string()).unwrap();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    async fn fill(&self) {
        self.account("robot").await;
        self.secret("regcred").await;
        for number in 0..5 {
            self.pod(&format!("web-{number}")).await;
        }
    }

    fn path(&self, kind: &str) -> String {
        format!("/api/v1/namespaces/{}/{kind}", self.namespace)
    }

    pub async fn account(&self, name: &str) {
        let body =
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
        self.cluster
            .create(&self.path("serviceaccounts"), body)
            .await;
    }

    pub async fn secret(&self, name: &str) {
        let body = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson":
                r#"{"auths":{"ghcr.io":{"username":"bot","password":"canary-fault"}}}"#},
        });
        self.cluster.create(&self.path("secrets"), body).await;
    }

    pub async fn pod(&self, name: &str) {
        let body = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"serviceAccountName": "robot",
                "containers": [{"name": "app", "image": "ghcr.io/team/web:1"}]},
        });
        self.cluster.create(&self.path("pods"), body).await;
    }

    pub async fn touch_pod(&self, name: &str, label: &str) {
        let body = json!({"metadata": {"labels": {"touched": label}}});
        let path = format!("{}/{name}", self.path("pods"));
        self.cluster.patch(&path, body).await;
    }

    pub async fn delete_pod(&self, name: &str) {
        let path = format!("{}/{name}?gracePeriodSeconds=0", self.path("pods"));
        self.cluster.delete(&path).await;
    }

    /// Something of each: an object that comes, one that changes, one that goes.
    pub async fn change(&self) {
        self.pod("late").await;
        self.touch_pod("web-1", "yes").await;
        self.delete_pod("web-2").await;
        self.secret("second").await;
    }

    pub async fn connect(&self) -> Connection {
        self.try_connect().await.unwrap()
    }

    pub async fn try_connect(&self) -> Result<Connection, ConnectError> {
        let options = ConnectOptions {
            kubeconfig: Some(self.kubeconfig.clone()),
            // A limit that a test can wait for.
            request_timeout: Some(Duration::from_secs(20)),
            ..ConnectOptions::default()
        };
        Connection::open(&options).await
    }

    /// The product, looking at the case's namespace.
    pub async fn look(&self) -> Observer {
        let reach = WatchScope::Namespaces(vec![self.namespace.clone()]);
        Observer::new(&self.connect().await, reach)
    }

    /// The product, looking, with all that there is in view.
    pub async fn watched(&self) -> Observer {
        let mut seen = self.look().await;
        self.is_whole(&mut seen).await;
        seen
    }

    pub async fn truth(&self) -> View {
        truth(self.cluster.admin(), &self.namespace).await
    }

    /// Waits until every watch is live and the view is equal to the server's state.
    pub async fn is_whole(&self, seen: &mut Observer) {
        let truth = self.truth().await;
        assert!(!truth.is_empty());
        seen.until("all watches are live", HEALED, all_live).await;
        let equal = seen.until("the view equals the server's state", 2 * HEALED, |seen| {
            view(&seen.store, &self.namespace) == truth
        });
        if timeout(HEALED, equal).await.is_err() {
            let seen = view(&seen.store, &self.namespace);
            panic!("not equal: the server has\n{truth:#?}\nand in view is\n{seen:#?}");
        }
        seen.until("all watches are live still", HEALED, all_live)
            .await;
    }

    /// The line is well, and so is the server behind it.
    pub fn heal(&self) {
        self.front.heal();
        self.line.set(Mood::Open);
    }
}

pub fn all_live(seen: &Observer) -> bool {
    let kinds: BTreeSet<_> = seen.states.keys().map(|id| id.kind).collect();
    kinds.len() == WATCHED.len() && seen.states.values().all(|state| *state == WatchState::Live)
}

/// Every watch tells since when its data is old; this is the oldest, and what was said to be wrong.
pub async fn all_stale(seen: &mut Observer) -> (Timestamp, String) {
    seen.until("all watches tell that they are stale", TOLD, |seen| {
        seen.states
            .values()
            .all(|state| matches!(state, WatchState::Stale { .. }))
    })
    .await;
    stale(seen)
}

pub async fn one_stale(seen: &mut Observer) -> (Timestamp, String) {
    seen.until("a watch tells that it is stale", TOLD, |seen| {
        seen.states
            .values()
            .any(|state| matches!(state, WatchState::Stale { .. }))
    })
    .await;
    stale(seen)
}

/// Waits until a watch is stale and says this of it.
pub async fn told(seen: &mut Observer, what: &str) -> String {
    let because = |seen: &Observer| {
        seen.states.values().find_map(|state| match state {
            WatchState::Stale { why, .. } if why.contains(what) => Some(why.to_string()),
            _ => None,
        })
    };
    seen.until(what, TOLD, |seen| because(seen).is_some()).await;
    because(seen).unwrap()
}

fn stale(seen: &Observer) -> (Timestamp, String) {
    let stale = seen.states.values().filter_map(|state| match state {
        WatchState::Stale { since, why } => Some((*since, why.to_string())),
        _ => None,
    });
    stale.min_by_key(|(since, _)| *since).unwrap()
}
