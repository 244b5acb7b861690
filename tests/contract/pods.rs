//! What may change in a Pod that is there: containers are added for debugging, gates are taken away.
//!
//! A server that does not have the feature yet is asked nothing.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    raw::{MERGE, STRATEGIC},
};

/// The minor versions with which `ephemeralContainers` (KEP-277) and `schedulingGates` (KEP-3521) are stable.
const DEBUGGING: u32 = 25;
const GATES: u32 = 30;

const FORBIDDEN: &str = "FieldValueForbidden";

/// A Pod `web` in a namespace of its own; its path.
async fn pod(cluster: &Cluster, prefix: &str, more: Value) -> String {
    let namespace = cluster.namespace(prefix).await;
    let core = format!("/api/v1/namespaces/{namespace}");
    let account = json!({"metadata": {"name": "robot"}});
    cluster
        .post(&format!("{core}/serviceaccounts"), &account)
        .await
        .ok();
    let mut spec = json!({
        "serviceAccountName": "robot",
        "containers": [{"name": "app", "image": "reg.example/app:1"}],
    });
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let pods = format!("{core}/pods");
    let pod = json!({"metadata": {"name": "web"}, "spec": spec});
    cluster.post(&pods, &pod).await.ok();
    format!("{pods}/web")
}

fn adding(container: &Value) -> Value {
    json!({"spec": {"ephemeralContainers": [container]}})
}

pub async fn containers_are_added_for_debugging_and_stay(cluster: &Cluster) {
    if cluster.is_older_than(DEBUGGING).await {
        return;
    }
    let path = pod(cluster, "debugged", json!({})).await;
    let part = format!("{path}/ephemeralcontainers");
    let debugger = json!({"name": "debugger", "image": "reg.example/tools:1"});
    let patch = adding(&debugger);
    let plain = cluster.change(&path, MERGE, &patch).await;
    assert_eq!(plain.causes(), [(FORBIDDEN, "spec")]);

    let added = cluster.change(&part, STRATEGIC, &patch).await.ok();
    let found = added.text("/spec/ephemeralContainers/0/imagePullPolicy");
    assert_eq!(found, "IfNotPresent");
    let second =
        json!({"name": "second", "image": "reg.example/tools", "targetContainerName": "app"});
    let both = cluster
        .change(&part, STRATEGIC, &adding(&second))
        .await
        .ok();
    let names: Vec<&str> = both.body["spec"]["ephemeralContainers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["second", "debugger"], "a patch puts the new before");

    // Through this part nothing else changes.
    let mut more = both.body.clone();
    more["spec"]["containers"][0]["image"] = json!("reg.example/app:2");
    let stored = cluster.put(&part, &more).await.ok();
    let image = stored.text("/spec/containers/0/image");
    assert_eq!(image, "reg.example/app:1");

    let list = "spec.ephemeralContainers";
    let other = json!({"name": "debugger", "image": "reg.example/tools:2"});
    let changed = cluster.change(&part, STRATEGIC, &adding(&other)).await;
    assert_eq!(changed.refusal(), (422, "Invalid"));
    assert_eq!(changed.causes(), [(FORBIDDEN, list)]);
    let none = json!({"spec": {"ephemeralContainers": []}});
    let gone = cluster.change(&part, MERGE, &none).await;
    assert_eq!(gone.causes(), [(FORBIDDEN, list); 2]);
    for (container, cause, field) in [
        (
            json!({"name": "app", "image": "x"}),
            "FieldValueDuplicate",
            "spec.ephemeralContainers[0].name",
        ),
        (
            json!({"name": "c", "image": "x", "targetContainerName": "nobody"}),
            "FieldValueNotFound",
            "spec.ephemeralContainers[0].targetContainerName",
        ),
        (
            json!({"name": "c", "image": "x", "ports": [{"containerPort": 80}]}),
            FORBIDDEN,
            "spec.ephemeralContainers[0].ports",
        ),
    ] {
        let path = pod(cluster, "debugged", json!({})).await;
        let part = format!("{path}/ephemeralcontainers");
        let refused = cluster.change(&part, STRATEGIC, &adding(&container)).await;
        assert_eq!(refused.causes(), [(cause, field)]);
    }
}

pub async fn a_new_pod_has_none_added(cluster: &Cluster) {
    if cluster.is_older_than(DEBUGGING).await {
        return;
    }
    let path = pod(cluster, "debugged", json!({})).await;
    let (pods, _) = path.rsplit_once('/').unwrap();
    let mut spec = json!({
        "serviceAccountName": "robot",
        "containers": [{"name": "app", "image": "x"}],
    });
    spec["ephemeralContainers"] = json!([{"name": "debugger", "image": "x"}]);
    let pod = json!({"metadata": {"name": "two"}, "spec": spec});
    let refused = cluster.post(pods, &pod).await;
    assert_eq!(refused.causes(), [(FORBIDDEN, "spec.ephemeralContainers")]);
    assert!(refused.text("/message").contains("cannot be set on create"));
}

pub async fn gates_are_only_taken_away(cluster: &Cluster) {
    if cluster.is_older_than(GATES).await {
        return;
    }
    let gates = json!({"schedulingGates": [{"name": "lab/one"}, {"name": "lab/two"}]});
    let path = pod(cluster, "gated", gates).await;
    let made = cluster.read(&path).await.ok();
    let condition = &made.body["status"]["conditions"][0];
    assert_eq!(condition["type"], "PodScheduled");
    assert_eq!(condition["status"], "False");
    assert_eq!(condition["reason"], "SchedulingGated");
    assert_eq!(
        condition["message"],
        "Scheduling is blocked due to non-empty scheduling gates"
    );
    let want = |names: &[&str]| {
        let gates: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"spec": {"schedulingGates": gates}})
    };
    let more = want(&["lab/one", "lab/three"]);
    let refused = cluster.change(&path, MERGE, &more).await;
    let field = "spec.schedulingGates[1].name";
    assert_eq!(refused.causes(), [(FORBIDDEN, field)]);
    let one = cluster.change(&path, MERGE, &want(&["lab/one"])).await.ok();
    assert_eq!(one.text("/spec/schedulingGates/0/name"), "lab/one");
    cluster.change(&path, MERGE, &want(&[])).await.ok();
}
