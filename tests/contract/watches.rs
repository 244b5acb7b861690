//! Watches: from a version, through a selection, with bookmarks, until their time is over.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    raw::{MERGE, in_short, map},
};

pub async fn a_watch_goes_on_from_a_version(cluster: &Cluster) {
    let namespace = cluster.namespace("watched").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    cluster
        .post(&path, &map("before", &json!({}), &json!({})))
        .await
        .ok();
    let from = cluster.read(&path).await.ok().version();
    cluster
        .post(&path, &map("new", &json!({"shown": "yes"}), &json!({})))
        .await
        .ok();
    let one = format!("{path}/new");
    cluster
        .change(&one, MERGE, &json!({"data": {"a": "1"}}))
        .await
        .ok();
    // The same again is no change.
    cluster
        .change(&one, MERGE, &json!({"data": {"a": "1"}}))
        .await
        .ok();
    cluster
        .change(
            &one,
            MERGE,
            &json!({"metadata": {"labels": {"shown": "no"}}}),
        )
        .await
        .ok();
    cluster.remove(&one, &Value::Null).await.ok();

    let url = |more: &str| format!("{path}?watch=1&timeoutSeconds=1&resourceVersion={from}{more}");
    let events = cluster.watch(&url("")).await;
    let wanted = [
        ("ADDED", "new"),
        ("MODIFIED", "new"),
        ("MODIFIED", "new"),
        ("DELETED", "new"),
    ];
    assert_eq!(in_short(&events), wanted);
    let versions: Vec<u64> = events
        .iter()
        .map(|event| {
            event["object"]["metadata"]["resourceVersion"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");

    // What leaves the selection is deleted for this watch.
    let events = cluster.watch(&url("&labelSelector=shown%3Dyes")).await;
    let wanted = [("ADDED", "new"), ("MODIFIED", "new"), ("DELETED", "new")];
    assert_eq!(in_short(&events), wanted);
    let events = cluster
        .watch(&url("&fieldSelector=metadata.name%3Dbefore"))
        .await;
    assert_eq!(in_short(&events), []);
    // Without a version it begins with what is there.
    let events = cluster
        .watch(&format!(
            "{path}?watch=1&timeoutSeconds=1&labelSelector=!kubernetes"
        ))
        .await;
    assert!(
        in_short(&events).contains(&("ADDED", "before")),
        "{events:?}"
    );
}

pub async fn a_watch_ends_with_a_bookmark(cluster: &Cluster) {
    let namespace = cluster.namespace("bookmarks").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let from = cluster.read(&path).await.ok().version();
    cluster
        .post(&path, &map("one", &json!({}), &json!({})))
        .await
        .ok();
    let url =
        format!("{path}?watch=1&timeoutSeconds=4&allowWatchBookmarks=true&resourceVersion={from}");
    let events = cluster.watch(&url).await;
    let bookmark = events.iter().find(|event| event["type"] == "BOOKMARK");
    let bookmark = bookmark.unwrap_or_else(|| panic!("no bookmark: {events:?}"));
    assert_eq!(bookmark["object"]["kind"], "ConfigMap");
    let version = bookmark["object"]["metadata"]["resourceVersion"]
        .as_str()
        .unwrap();
    assert!(version.parse::<u64>().unwrap() > from, "{bookmark}");
}

/// On a server whose history is forgotten in between.
pub async fn a_forgotten_version_is_gone(cluster: &Cluster) {
    let namespace = cluster.namespace("gone").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    cluster
        .post(&path, &map("one", &json!({}), &json!({})))
        .await
        .ok();
    cluster.forget().await;
    let events = cluster
        .watch(&format!(
            "{path}?watch=1&timeoutSeconds=5&resourceVersion=1"
        ))
        .await;
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    let status = match event["type"].as_str() {
        Some("ERROR") => &event["object"],
        // Some versions say it before the watch begins.
        _ => event,
    };
    assert_eq!(status["code"], 410, "{event}");
    assert!(
        matches!(status["reason"].as_str(), Some("Expired" | "Gone")),
        "{event}"
    );
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .starts_with("too old resource version: 1 ("),
        "{event}"
    );
}

/// Since 1.27, and on by default since 1.32.
pub async fn a_watch_begins_with_the_list(cluster: &Cluster) {
    let namespace = cluster.namespace("streamed").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    cluster
        .post(&path, &map("one", &json!({}), &json!({})))
        .await
        .ok();
    let options =
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let events = cluster
        .watch(&format!("{path}?watch=1&timeoutSeconds=1&{options}"))
        .await;
    assert_eq!(in_short(&events), [("ADDED", "one"), ("BOOKMARK", "")]);
    let end = &events[1]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"];
    assert_eq!(end, "true");
    let alone = cluster
        .read(&format!("{path}?watch=1&sendInitialEvents=true"))
        .await;
    assert_eq!(alone.refusal(), (422, "Invalid"));
    assert_eq!(
        alone.causes(),
        [("FieldValueForbidden", "resourceVersionMatch")]
    );
}
