//! Create, replace and the three patches: against which version, and what is a trial only.

use http::Method;
use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    raw::{APPLY, Answer, JSON, JSON_PATCH, MERGE, STRATEGIC, map},
};

pub async fn a_write_against_an_old_version_conflicts(cluster: &Cluster) {
    let namespace = cluster.namespace("versions").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let one = format!("{path}/one");
    let first = cluster
        .post(&path, &map("one", &json!({}), &json!({"a": "1"})))
        .await
        .ok();
    assert_eq!(first.code, 201);
    let twice = cluster
        .post(&path, &map("one", &json!({}), &json!({})))
        .await;
    assert_eq!(twice.refusal(), (409, "AlreadyExists"));
    assert_eq!(twice.text("/message"), "configmaps \"one\" already exists");
    assert_eq!(
        (twice.text("/details/kind"), twice.text("/details/name")),
        ("configmaps", "one")
    );

    // Without a version the last one wins.
    let second = cluster
        .put(&one, &map("one", &json!({}), &json!({"a": "2"})))
        .await
        .ok();
    assert!(second.version() > first.version());
    let conflict = "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; please apply your changes to the latest version and try again";
    let mut stale = first.body.clone();
    stale["data"] = json!({"a": "3"});
    let late = cluster.put(&one, &stale).await;
    assert_eq!(late.refusal(), (409, "Conflict"));
    assert_eq!(late.text("/message"), conflict);
    for media in [MERGE, STRATEGIC] {
        let patch = json!({"metadata": {"resourceVersion": first.version().to_string()}, "data": {"a": "3"}});
        let late = cluster.change(&one, media, &patch).await;
        assert_eq!(late.refusal(), (409, "Conflict"), "{media}");
        assert_eq!(late.text("/message"), conflict, "{media}");
    }
    // The same again is no new version.
    let same = cluster
        .change(&one, MERGE, &json!({"data": {"a": "2"}}))
        .await
        .ok();
    assert_eq!(same.version(), second.version());

    let other = cluster.put(&one, &map("two", &json!({}), &json!({}))).await;
    assert_eq!(other.refusal(), (400, "BadRequest"));
    assert_eq!(
        other.text("/message"),
        "the name of the object (two) does not match the name on the URL (one)"
    );
    let mut stranger = second.body.clone();
    stranger["metadata"]["uid"] = json!("another");
    let other = cluster.put(&one, &stranger).await;
    assert_eq!(other.refusal(), (409, "Conflict"));
    assert!(
        other
            .text("/message")
            .contains("Precondition failed: UID in precondition: another, UID in object meta: "),
        "{other:?}"
    );
    let absent = cluster
        .put(&format!("{path}/two"), &map("two", &json!({}), &json!({})))
        .await;
    assert_eq!(absent.refusal(), (404, "NotFound"));
    let absent = cluster
        .change(&format!("{path}/two"), MERGE, &json!({}))
        .await;
    assert_eq!(absent.refusal(), (404, "NotFound"));
    assert_eq!(absent.text("/message"), "configmaps \"two\" not found");
}

pub async fn patches_speak_their_languages(cluster: &Cluster) {
    let namespace = cluster.namespace("patches").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let one = format!("{path}/one");
    cluster
        .post(
            &path,
            &map("one", &json!({"x": "1"}), &json!({"a": "1", "b": "2"})),
        )
        .await
        .ok();
    let data = |answer: &Answer| answer.body["data"].clone();

    let merged = cluster
        .change(&one, MERGE, &json!({"data": {"a": null, "c": "3"}}))
        .await
        .ok();
    assert_eq!(data(&merged), json!({"b": "2", "c": "3"}));
    let steps = json!([
        {"op": "test", "path": "/data/b", "value": "2"},
        {"op": "replace", "path": "/data/b", "value": "4"},
        {"op": "add", "path": "/data/d~1e", "value": "5"},
        {"op": "copy", "from": "/data/b", "path": "/data/f"},
        {"op": "move", "from": "/data/f", "path": "/data/g"},
        {"op": "remove", "path": "/data/c"},
    ]);
    let wrong_key = cluster.change(&one, JSON_PATCH, &steps).await;
    // A slash is no part of a ConfigMap's key: the patch applied, the object did not.
    assert_eq!(wrong_key.refusal(), (422, "Invalid"));
    assert_eq!(wrong_key.causes(), [("FieldValueInvalid", "data[d/e]")]);
    let steps = json!([
        {"op": "test", "path": "/data/b", "value": "2"},
        {"op": "copy", "from": "/data/b", "path": "/data/f"},
        {"op": "move", "from": "/data/f", "path": "/data/g"},
        {"op": "remove", "path": "/data/c"},
    ]);
    let stepped = cluster.change(&one, JSON_PATCH, &steps).await.ok();
    assert_eq!(data(&stepped), json!({"b": "2", "g": "2"}));
    for (steps, code) in [
        (
            json!([{"op": "test", "path": "/data/b", "value": "other"}]),
            422,
        ),
        (json!([{"op": "remove", "path": "/data/nowhere"}]), 422),
        (json!({"op": "remove"}), 400),
        (json!("no json"), 400),
    ] {
        let refused = cluster.change(&one, JSON_PATCH, &steps).await;
        assert_eq!(refused.code, code, "{steps}: {refused:?}");
    }
    let refused = cluster.change(&one, "text/plain", &json!({})).await;
    assert_eq!(refused.refusal(), (415, "UnsupportedMediaType"));
}

pub async fn lists_are_merged_by_their_keys(cluster: &Cluster) {
    let namespace = cluster.namespace("strategic").await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let account = json!({"metadata": {"name": "robot"}, "imagePullSecrets": [{"name": "one"}]});
    cluster.post(&accounts, &account).await.ok();
    let robot = format!("{accounts}/robot");
    // The list of an account is one whole in every language, unlike that of a Pod.
    for media in [STRATEGIC, MERGE] {
        let patch = json!({"imagePullSecrets": [{"name": media}]});
        let replaced = cluster.change(&robot, media, &patch).await.ok();
        assert_eq!(replaced.body["imagePullSecrets"], json!([{"name": media}]));
    }

    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    cluster.post(&path, &deployment("web")).await.ok();
    let patch = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "app", "image": "registry.lab/web:2"},
    ]}}}});
    let patched = cluster
        .change(&format!("{path}/web"), STRATEGIC, &patch)
        .await
        .ok();
    let containers = patched.body["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap();
    let images: Vec<(&str, &str)> = containers
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["image"].as_str().unwrap()))
        .collect();
    assert_eq!(
        images,
        [("app", "registry.lab/web:2"), ("log", "registry.lab/log:1")]
    );
    assert_eq!(patched.body["metadata"]["generation"], 2);
    let secrets =
        |names: Value| json!({"spec": {"template": {"spec": {"imagePullSecrets": names}}}});
    for (patch, left) in [
        (json!([{"name": "one"}]), json!([{"name": "one"}])),
        (
            json!([{"name": "two"}]),
            json!([{"name": "two"}, {"name": "one"}]),
        ),
        (
            json!([{"name": "one", "$patch": "delete"}]),
            json!([{"name": "two"}]),
        ),
    ] {
        let path = format!("{path}/web");
        let patched = cluster.change(&path, STRATEGIC, &secrets(patch)).await.ok();
        assert_eq!(
            patched.body["spec"]["template"]["spec"]["imagePullSecrets"],
            left
        );
    }
}

pub fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [
                {"name": "app", "image": "registry.lab/web:1"},
                {"name": "log", "image": "registry.lab/log:1"},
            ]},
        }},
    })
}

pub async fn a_trial_changes_nothing(cluster: &Cluster) {
    let namespace = cluster.namespace("trial").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let one = format!("{path}/one");
    let labels = json!({"trial": "yes"});
    let before = cluster
        .post(&path, &map("one", &labels, &json!({"a": "1"})))
        .await
        .ok();
    let trial = "dryRun=All";

    let made = cluster
        .post(&format!("{path}?{trial}"), &map("two", &labels, &json!({})))
        .await
        .ok();
    assert_eq!(made.code, 201);
    assert_ne!(made.text("/metadata/uid"), "");
    assert_eq!(made.text("/metadata/resourceVersion"), "");
    let put = cluster
        .put(
            &format!("{one}?{trial}"),
            &map("one", &labels, &json!({"a": "2"})),
        )
        .await
        .ok();
    assert_eq!(put.body["data"], json!({"a": "2"}));
    for (media, patch) in [
        (MERGE, json!({"data": {"a": "3"}})),
        (STRATEGIC, json!({"data": {"a": "3"}})),
        (
            JSON_PATCH,
            json!([{"op": "replace", "path": "/data/a", "value": "3"}]),
        ),
    ] {
        let patched = cluster
            .change(&format!("{one}?{trial}"), media, &patch)
            .await
            .ok();
        assert_eq!(patched.body["data"], json!({"a": "3"}), "{media}");
    }
    let wish = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"b": "4"}});
    let applied = cluster
        .change(
            &format!("{one}?{trial}&fieldManager=trier"),
            APPLY,
            &wish("one"),
        )
        .await
        .ok();
    assert_eq!(applied.body["data"], json!({"a": "1", "b": "4"}));
    let applied = cluster
        .change(
            &format!("{path}/three?{trial}&fieldManager=trier"),
            APPLY,
            &wish("three"),
        )
        .await
        .ok();
    assert_eq!(applied.code, 201);
    cluster
        .remove(&format!("{one}?{trial}"), &Value::Null)
        .await
        .ok();
    cluster
        .remove(
            &one,
            &json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}),
        )
        .await
        .ok();
    cluster
        .remove(
            &format!("{path}?{trial}&labelSelector=trial%3Dyes"),
            &Value::Null,
        )
        .await
        .ok();

    let after = cluster
        .read(&format!("{path}?labelSelector=trial%3Dyes"))
        .await
        .ok();
    assert_eq!(after.names(), ["one"]);
    assert_eq!(cluster.read(&one).await.ok().version(), before.version());
    for (method, target, body) in [
        (Method::POST, &path, map("x", &json!({}), &json!({}))),
        (Method::DELETE, &one, Value::Null),
    ] {
        let target = format!("{target}?dryRun=Some");
        let refused = cluster.ask(method, &target, JSON, &body).await;
        assert_eq!(refused.refusal(), (422, "Invalid"), "{refused:?}");
        assert_eq!(refused.causes(), [("FieldValueNotSupported", "dryRun")]);
    }
}
