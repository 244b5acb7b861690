//! The end of objects: preconditions, finalizers, namespaces, and what becomes of dependents.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    raw::{MERGE, map},
};

pub async fn a_deletion_may_have_conditions(cluster: &Cluster) {
    let namespace = cluster.namespace("deleted").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let one = format!("{path}/one");
    let made = cluster
        .post(&path, &map("one", &json!({}), &json!({})))
        .await
        .ok();
    for (field, value) in [("uid", "another"), ("resourceVersion", "1")] {
        let options =
            json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {field: value}});
        let refused = cluster.remove(&one, &options).await;
        assert_eq!(refused.refusal(), (409, "Conflict"), "{field}");
        assert!(
            refused.text("/message").contains(" does not match the "),
            "{refused:?}"
        );
    }
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": made.text("/metadata/uid")}});
    let gone = cluster.remove(&one, &options).await.ok();
    assert_eq!(
        (gone.text("/kind"), gone.text("/status")),
        ("Status", "Success")
    );
    assert_eq!(
        cluster.remove(&one, &Value::Null).await.refusal(),
        (404, "NotFound")
    );
    let wrong =
        json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Sideways"});
    let refused = cluster.remove(&one, &wrong).await;
    assert_eq!(refused.refusal(), (422, "Invalid"));
    assert_eq!(
        refused.causes(),
        [("FieldValueNotSupported", "propagationPolicy")]
    );

    for (name, team) in [("a", "x"), ("b", "x"), ("c", "y")] {
        cluster
            .post(&path, &map(name, &json!({"team": team}), &json!({})))
            .await
            .ok();
    }
    cluster
        .remove(&format!("{path}?labelSelector=team%3Dx"), &Value::Null)
        .await
        .ok();
    let left = cluster
        .read(&format!("{path}?labelSelector=team"))
        .await
        .ok();
    assert_eq!(left.names(), ["c"]);
}

pub async fn a_finalizer_holds_what_is_deleted(cluster: &Cluster) {
    let namespace = cluster.namespace("held").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let one = format!("{path}/one");
    let mut held = map("one", &json!({}), &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.post(&path, &held).await.ok();
    let going = cluster.remove(&one, &Value::Null).await.ok();
    assert_eq!(going.text("/kind"), "ConfigMap");
    assert_ne!(going.text("/metadata/deletionTimestamp"), "");
    let again = cluster
        .post(&path, &map("one", &json!({}), &json!({})))
        .await;
    assert_eq!(again.refusal(), (409, "AlreadyExists"));
    assert!(
        again
            .text("/message")
            .starts_with("object is being deleted: "),
        "{again:?}"
    );
    let more = cluster
        .change(
            &one,
            MERGE,
            &json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}),
        )
        .await;
    assert_eq!(more.refusal(), (422, "Invalid"));
    // Some versions say it twice.
    let mut causes = more.causes();
    causes.dedup();
    assert_eq!(causes, [("FieldValueForbidden", "metadata.finalizers")]);
    cluster
        .change(&one, MERGE, &json!({"metadata": {"finalizers": null}}))
        .await
        .ok();
    assert_eq!(cluster.read(&one).await.code, 404);

    for (policy, finalizer) in [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")] {
        cluster.post(&path, &held).await.ok();
        let options =
            json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
        let going = cluster.remove(&one, &options).await.ok();
        let finalizers = going.body["metadata"]["finalizers"]
            .as_array()
            .unwrap()
            .clone();
        assert!(
            finalizers.contains(&json!(finalizer)),
            "{policy}: {going:?}"
        );
        cluster
            .change(&one, MERGE, &json!({"metadata": {"finalizers": null}}))
            .await
            .ok();
    }
}

pub async fn nothing_new_comes_into_a_namespace_that_goes(cluster: &Cluster) {
    let namespace = cluster.namespace("going").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    // Held, so that the namespace cannot go before we have looked.
    let mut held = map("one", &json!({}), &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.post(&path, &held).await.ok();
    let going = cluster
        .remove(&format!("/api/v1/namespaces/{namespace}"), &Value::Null)
        .await
        .ok();
    assert_eq!(going.text("/status/phase"), "Terminating");
    let refused = cluster
        .post(&path, &map("late", &json!({}), &json!({})))
        .await;
    assert_eq!(refused.refusal(), (403, "Forbidden"));
    assert_eq!(
        refused.text("/message"),
        format!(
            "configmaps \"late\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated"
        )
    );
    assert_eq!(
        refused.causes(),
        [("NamespaceTerminating", "metadata.namespace")]
    );
    let again = cluster
        .post(
            "/api/v1/namespaces",
            &json!({"metadata": {"name": namespace}}),
        )
        .await;
    assert_eq!(again.refusal(), (409, "AlreadyExists"));
    cluster
        .change(
            &format!("{path}/one"),
            MERGE,
            &json!({"metadata": {"finalizers": null}}),
        )
        .await
        .ok();
}

/// What controllers do: the garbage collector, and the one that empties namespaces.
pub async fn dependents_follow_their_owner(cluster: &Cluster) {
    let namespace = cluster.namespace("owned").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    for (policy, dependent_stays) in [
        ("Background", false),
        ("Foreground", false),
        ("Orphan", true),
    ] {
        let owner = cluster
            .post(&path, &map("owner", &json!({}), &json!({})))
            .await
            .ok();
        let mut dependent = map("dependent", &json!({}), &json!({}));
        dependent["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "ConfigMap", "name": "owner",
            "uid": owner.text("/metadata/uid"), "blockOwnerDeletion": true,
        }]);
        cluster.post(&path, &dependent).await.ok();
        let options =
            json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
        cluster
            .remove(&format!("{path}/owner"), &options)
            .await
            .ok();
        cluster.wind(5);
        assert_eq!(
            cluster.read(&format!("{path}/owner")).await.code,
            404,
            "{policy}"
        );
        let left = cluster.read(&format!("{path}/dependent")).await;
        assert_eq!(left.code == 200, dependent_stays, "{policy}");
        if dependent_stays {
            let references = left.body["metadata"]["ownerReferences"].as_array();
            assert!(references.is_none_or(Vec::is_empty), "{left:?}");
        }
    }
    cluster
        .remove(&format!("/api/v1/namespaces/{namespace}"), &Value::Null)
        .await
        .ok();
    cluster.wind(10);
    assert_eq!(cluster.read(&path).await.ok().names().len(), 0);
    assert_eq!(
        cluster
            .read(&format!("/api/v1/namespaces/{namespace}"))
            .await
            .code,
        404
    );
}
