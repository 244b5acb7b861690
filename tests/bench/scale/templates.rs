//! One object of each kind, as a cluster of a company has it. A Pod is 6 KB of JSON, half of it
//! annotations and managedFields.
//!
//! Names and numbers that differ between copies have one width, so that the stored bytes of the
//! template become those of a copy by putting one text in the place of another.

use serde_json::{Value, json};

pub const NAMESPACE: &str = "scale-000";
pub const APP: &str = "app-000";
pub const POD: &str = "x0000000";
pub const SECRET: &str = "regcred-000";
pub const ACCOUNT: &str = "runner-000";
/// What the kubelet says of a failing Pod.
pub const REASONS: [&str; 2] = ["Failed", "BackOff"];
/// Stand in a container's id and in addresses.
pub const ID: &str = "00000000000000000000000000000000000000000000000000000000deadbeef";
pub const ADDRESS: &str = "10.111.111.111";

pub fn pod_name() -> String {
    format!("{APP}-7d9f4c5b6d-{POD}")
}

pub fn image() -> String {
    format!("registry.example.com/{NAMESPACE}/{APP}:1.42.0")
}

pub fn account() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": ACCOUNT, "namespace": NAMESPACE, "labels": labels()},
        "secrets": [{"name": format!("{ACCOUNT}-token-abcde")}],
        "imagePullSecrets": [{"name": SECRET}],
    })
}

pub fn secret() -> Value {
    // `registry.example.com`, user `builder`.
    let config =
        json!({"auths": {"registry.example.com": {"auth": "YnVpbGRlcjpub3QtYS1wYXNzd29yZA=="}}});
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": SECRET, "namespace": NAMESPACE, "labels": labels()},
        "stringData": {".dockerconfigjson": config.to_string()},
    })
}

pub fn replica_set(owner: &str) -> Value {
    let mut set = deployment();
    set["kind"] = json!("ReplicaSet");
    set["metadata"]["name"] = json!(format!("{APP}-7d9f4c5b6d"));
    set["metadata"]["ownerReferences"] = owned("Deployment", APP, owner);
    set["spec"]["selector"]["matchLabels"]["pod-template-hash"] = json!("7d9f4c5b6d");
    set["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = json!("7d9f4c5b6d");
    set["spec"].as_object_mut().unwrap().remove("strategy");
    set
}

pub fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": APP, "namespace": NAMESPACE, "labels": labels(),
            "annotations": {"deployment.kubernetes.io/revision": "7"},
        },
        "spec": {
            "replicas": 20,
            "strategy": {"type": "RollingUpdate"},
            "selector": {"matchLabels": {"app.kubernetes.io/name": APP}},
            "template": {"metadata": {"labels": labels()}, "spec": pod_spec()},
        },
    })
}

fn labels() -> Value {
    json!({
        "app.kubernetes.io/name": APP,
        "app.kubernetes.io/instance": format!("{APP}-production"),
        "app.kubernetes.io/component": "backend",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/managed-by": "Helm",
        "team": "payments",
    })
}

fn owned(kind: &str, name: &str, uid: &str) -> Value {
    json!([{
        "apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid,
        "controller": true, "blockOwnerDeletion": true,
    }])
}

fn pod_spec() -> Value {
    let variables: Vec<Value> = ["LOG_LEVEL", "DATABASE_HOST", "CACHE_HOST", "QUEUE_URL", "REGION"]
        .into_iter()
        .map(|name| json!({"name": name, "value": format!("{}.shop.svc.cluster.local", name.to_lowercase())}))
        .collect();
    let probe = |path: &str| {
        json!({
            "httpGet": {"path": path, "port": 8080}, "periodSeconds": 10, "timeoutSeconds": 3,
        })
    };
    json!({
        "serviceAccountName": ACCOUNT,
        "imagePullSecrets": [{"name": SECRET}],
        "nodeName": "ip-10-17-42-11.eu-central-1.compute.internal",
        "containers": [
            {
                "name": "app", "image": image(), "env": variables,
                "ports": [{"name": "http", "containerPort": 8080}],
                "resources": {
                    "requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"},
                },
                "livenessProbe": probe("/healthz"), "readinessProbe": probe("/readyz"),
                "volumeMounts": [
                    {"name": "config", "mountPath": "/etc/app", "readOnly": true},
                    {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
                ],
            },
            {
                "name": "proxy", "image": "registry.example.com/platform/proxy:2.7.1",
                "args": ["--upstream=127.0.0.1:8080", "--listen=:9443", "--metrics=:9090"],
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
            },
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": format!("{APP}-config")}},
            {"name": "token", "projected": {"sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            ]}},
        ],
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
        ],
    })
}

pub fn pod(owner: &str) -> Value {
    let mut labels = labels();
    labels["pod-template-hash"] = json!("7d9f4c5b6d");
    let network = json!([{
        "name": "cni", "interface": "eth0", "ips": [ADDRESS], "mac": "0a:58:0a:6f:6f:6f", "default": true,
    }]);
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": pod_name(), "namespace": NAMESPACE,
            "generateName": format!("{APP}-7d9f4c5b6d-"), "labels": labels,
            "annotations": {
                "checksum/config": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "cni.example.com/network-status": network.to_string(),
                "kubectl.kubernetes.io/restartedAt": "2025-11-20T08:11:42+01:00",
                "prometheus.io/path": "/metrics", "prometheus.io/port": "9090", "prometheus.io/scrape": "true",
            },
            "ownerReferences": owned("ReplicaSet", &format!("{APP}-7d9f4c5b6d"), owner),
        },
        "spec": pod_spec(),
    })
}

const SINCE: &str = "2025-11-20T07:11:58Z";

fn condition(kind: &str, holds: bool) -> Value {
    let mut condition = json!({
        "type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": SINCE,
    });
    if !holds {
        condition["reason"] = json!("ContainersNotReady");
        condition["message"] = json!("containers with unready status: [app]");
    }
    condition
}

/// The status of a Pod that runs.
pub fn running() -> Value {
    status("Running", true, |name, image| {
        json!({
            "name": name, "image": image, "imageID": format!("{image}@sha256:{}", "0f1e2d3c".repeat(8)),
            "containerID": format!("containerd://{ID}"), "ready": true, "started": true, "restartCount": 0,
            "state": {"running": {"startedAt": SINCE}},
        })
    })
}

pub fn failure() -> String {
    format!(
        "rpc error: code = Unknown desc = failed to pull and unpack image \"{0}\": failed to resolve \
         reference \"{0}\": failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
        image()
    )
}

/// The status of a Pod whose image cannot be pulled.
pub fn failing() -> Value {
    status("Pending", false, |name, image| {
        let waiting = json!({"reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{image}\": ErrImagePull: {}", failure())});
        json!({
            "name": name, "image": image, "imageID": "", "ready": false, "started": false, "restartCount": 0,
            "state": if name == "app" { json!({"waiting": waiting}) } else { json!({"running": {"startedAt": SINCE}}) },
        })
    })
}

fn status(phase: &str, ready: bool, container: impl Fn(&str, &str) -> Value) -> Value {
    json!({
        "phase": phase, "hostIP": "10.17.42.11", "podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}],
        "qosClass": "Burstable", "startTime": SINCE,
        "conditions": [
            condition("Initialized", true), condition("Ready", ready),
            condition("ContainersReady", ready), condition("PodScheduled", true),
        ],
        "containerStatuses": [
            container("app", &image()), container("proxy", "registry.example.com/platform/proxy:2.7.1"),
        ],
    })
}

pub fn event_name(reason: &str) -> String {
    format!("{}.{}", pod_name(), reason.to_lowercase())
}

/// What the kubelet says of the failing Pod.
pub fn event(reason: &str, uid: &str, now: &str) -> Value {
    let message = match reason {
        "Failed" => format!("Failed to pull image \"{}\": {}", image(), failure()),
        _ => format!("Back-off pulling image \"{}\"", image()),
    };
    json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason,
        "metadata": {"name": event_name(reason), "namespace": NAMESPACE},
        "message": message,
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "namespace": NAMESPACE, "name": pod_name(), "uid": uid,
            "fieldPath": "spec.containers{app}",
        },
        "source": {"component": "kubelet", "host": "ip-10-17-42-11.eu-central-1.compute.internal"},
        "count": 14, "firstTimestamp": now, "lastTimestamp": now,
    })
}
