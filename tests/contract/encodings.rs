//! JSON and protobuf: what is read from a list is the same in both.

use std::sync::{Arc, Mutex};

use http::{HeaderValue, Request, header};
use kube::{Client, client::Body};
use pullscope::{
    cluster::{Connection, WatchScope},
    domain::{k8s::object_ref::Namespace, store::watch::Scope},
};
use serde_json::{Value, json};

use crate::{
    cluster::{Behind, Cluster},
    observer::Observer,
};

/// The content types of the answers to lists of Pods.
type Seen = Arc<Mutex<Vec<String>>>;

/// A connection that writes down in what Pods are answered, and asks for JSON if told to.
async fn connect(cluster: &Cluster, namespace: &Namespace, json: bool) -> (Connection, Seen) {
    let seen = Seen::default();
    let (client, notes) = (cluster.client("admin"), Arc::clone(&seen));
    let service = tower::service_fn(move |mut request: Request<Body>| {
        let (client, notes) = (client.clone(), Arc::clone(&notes));
        async move {
            // Where only metadata is asked for, that stays: a list of whole Secrets is refused.
            let accept = request.headers().get(header::ACCEPT);
            let asks_protobuf = accept.is_some_and(|accept| {
                accept
                    .to_str()
                    .is_ok_and(|accept| accept.contains("protobuf"))
            });
            if json && asks_protobuf {
                let accept = HeaderValue::from_static("application/json");
                request.headers_mut().insert(header::ACCEPT, accept);
            }
            let query = request.uri().query().unwrap_or_default().to_owned();
            let of_pods = request.uri().path().ends_with("/pods") && !query.contains("watch=");
            let response = client.send(request).await?;
            if of_pods {
                let kind = response.headers().get(header::CONTENT_TYPE).cloned();
                let kind = kind.map_or(String::new(), |kind| kind.to_str().unwrap().to_owned());
                notes.lock().unwrap().push(kind);
            }
            Ok::<_, kube::Error>(response)
        }
    });
    let client = Client::new(service, "default");
    let connection = Connection::from_client(client, "contract", namespace.clone());
    (connection.await.unwrap(), seen)
}

fn pod() -> Value {
    let container =
        |name: &str| json!({"name": name, "image": format!("registry.example/{name}:1")});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "web", "labels": {"app": "web", "size": "9"}, "finalizers": ["example.com/wait"],
            "annotations": {"note": "x".repeat(300)},
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "u-0"},
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u-1", "controller": true},
            ],
        },
        "spec": {
            "nodeName": "node-1", "serviceAccountName": "runner",
            "imagePullSecrets": [{"name": "regcred"}, {"name": "other"}],
            "initContainers": [container("setup")],
            "containers": [container("app"), container("proxy")],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
    })
}

fn status() -> Value {
    let at = |second: u32| format!("2025-11-20T07:11:{second:02}Z");
    let exit = json!({
        "exitCode": -1, "reason": "Error", "message": "ended", "startedAt": at(1), "finishedAt": at(2),
    });
    json!({
        "phase": "Pending", "reason": "Odd", "message": "said of the Pod", "startTime": at(0),
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(3)},
            {"type": "Ready", "status": "False", "lastTransitionTime": at(4), "reason": "R", "message": "not yet"},
        ],
        "initContainerStatuses": [{
            "name": "setup", "image": "i", "imageID": "sha256:1", "ready": true, "restartCount": 3,
            "state": {"terminated": exit},
        }],
        "containerStatuses": [
            {
                "name": "app", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized: “no”"}},
                "lastState": {"terminated": exit},
            },
            {
                "name": "proxy", "image": "i", "imageID": "sha256:2", "ready": true, "restartCount": 300,
                "state": {"running": {"startedAt": at(5)}},
            },
        ],
    })
}

pub async fn lists_read_the_same_in_both_encodings(cluster: &Cluster) {
    let namespace = cluster.namespace("encodings").await;
    let base = format!("/api/v1/namespaces/{namespace}");
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "runner"},
        "imagePullSecrets": [{"name": "regcred"}],
    });
    cluster
        .create(&format!("{base}/serviceaccounts"), account)
        .await;
    let made = cluster.create(&format!("{base}/pods"), pod()).await;
    let own = format!("{base}/pods/web");
    cluster
        .patch(&format!("{own}/status"), json!({"status": status()}))
        .await;
    let about = json!({
        "apiVersion": "v1", "kind": "Pod", "namespace": namespace.as_str(), "name": "web",
        "uid": made["metadata"]["uid"], "fieldPath": "spec.containers{app}",
    });
    for event in [
        json!({
            "metadata": {"name": "old"}, "reason": "Failed", "message": "Failed to pull image", "type": "Warning",
            "involvedObject": about, "source": {"component": "kubelet", "host": "node-1"}, "count": 7,
            "firstTimestamp": "2025-11-20T07:11:00Z", "lastTimestamp": "2025-11-20T07:12:00Z",
        }),
        json!({
            "metadata": {"name": "new"}, "reason": "FailedScheduling", "message": "no node", "type": "Normal",
            "involvedObject": about, "eventTime": "2025-11-20T07:11:00.123456Z", "action": "Scheduling",
            "reportingComponent": "default-scheduler", "reportingInstance": "scheduler-1",
            "series": {"count": 4, "lastObservedTime": "2025-11-20T07:13:00.500000Z"},
        }),
    ] {
        cluster.create(&format!("{base}/events"), event).await;
    }
    // The finalizer keeps it; what is left has a time of its deletion.
    cluster.delete(&own).await;

    let mut worlds = Vec::new();
    for json in [true, false] {
        let (connection, seen) = connect(cluster, &namespace, json).await;
        let reach = WatchScope::Namespaces(vec![namespace.clone()]);
        let mut observer = Observer::new(&connection, reach);
        observer.until_settled().await;
        let seen = seen.lock().unwrap().clone();
        let packed = !json && matches!(cluster.behind(), Behind::Server(_));
        assert!(
            !seen.is_empty() && seen.iter().all(|kind| kind.contains("protobuf") == packed),
            "{seen:?}"
        );
        worlds.push(observer.store);
    }
    let scope = Scope::Namespace(namespace.clone());
    let [json, packed] = &worlds[..] else {
        panic!("two worlds");
    };
    let pods = |store: &pullscope::domain::store::Store| -> Vec<_> {
        store.pods(&scope).cloned().collect()
    };
    assert_eq!(pods(packed), pods(json));
    let pod = &pods(packed)[0];
    assert!(
        pod.meta.deleting.is_some() && pod.containers.len() == 3,
        "{pod:?}"
    );
    let accounts = |store: &pullscope::domain::store::Store| -> Vec<_> {
        store.accounts(&scope).cloned().collect()
    };
    assert_eq!(accounts(packed), accounts(json));
    let key = &pod.key;
    assert_eq!(packed.events_of_pod(key), json.events_of_pod(key));
    assert_eq!(packed.events_of_pod(key).len(), 2);
}
