//! Lists: pages of one moment, and what selectors choose.

use serde_json::json;

use crate::{
    cluster::Cluster,
    raw::{MERGE, map},
};

pub async fn a_long_list_comes_in_pages_of_one_moment(cluster: &Cluster) {
    let namespace = cluster.namespace("paged").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    for name in ["a", "b", "c", "d", "e"] {
        let labels = json!({"team": "shop"});
        cluster
            .post(&path, &map(name, &labels, &json!({})))
            .await
            .ok();
    }
    let select = "labelSelector=team%3Dshop";
    let first = cluster.read(&format!("{path}?limit=2&{select}")).await.ok();
    assert_eq!(first.names(), ["a", "b"]);
    // With a selector nobody has counted what is left.
    assert_eq!(first.body.pointer("/metadata/remainingItemCount"), None);
    let token = first.text("/metadata/continue");
    assert_ne!(token, "");

    // What happens meanwhile is not seen by the pages that follow.
    cluster
        .remove(&format!("{path}/d"), &json!(null))
        .await
        .ok();
    cluster
        .post(&path, &map("cc", &json!({"team": "shop"}), &json!({})))
        .await
        .ok();
    let second = cluster
        .read(&format!("{path}?limit=2&{select}&continue={token}"))
        .await
        .ok();
    assert_eq!(second.names(), ["c", "d"]);
    assert_eq!(second.version(), first.version());
    let token = second.text("/metadata/continue");
    let third = cluster
        .read(&format!("{path}?limit=2&{select}&continue={token}"))
        .await
        .ok();
    assert_eq!(third.names(), ["e"]);
    assert_eq!(third.text("/metadata/continue"), "");

    let plain = cluster.read(&format!("{path}?limit=1")).await.ok();
    let left = plain.body.pointer("/metadata/remainingItemCount");
    assert!(
        left.is_some_and(|left| left.as_u64() >= Some(4)),
        "{plain:?}"
    );
    let nonsense = cluster
        .read(&format!("{path}?limit=1&continue=%25%25"))
        .await;
    assert_eq!(nonsense.refusal(), (400, "BadRequest"));
}

/// On a server whose history is forgotten in between.
pub async fn an_old_page_has_expired(cluster: &Cluster) {
    let namespace = cluster.namespace("expired").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    for name in ["a", "b", "c"] {
        cluster
            .post(&path, &map(name, &json!({}), &json!({})))
            .await
            .ok();
    }
    let first = cluster.read(&format!("{path}?limit=1")).await.ok();
    let token = first.text("/metadata/continue");
    cluster
        .remove(&format!("{path}/b"), &json!(null))
        .await
        .ok();
    cluster.forget().await;
    let late = cluster
        .read(&format!("{path}?limit=1&continue={token}"))
        .await;
    assert_eq!(late.refusal(), (410, "Expired"));
    assert!(
        late.text("/message").starts_with(
            "The provided continue parameter is too old to display a consistent list result."
        ),
        "{late:?}"
    );
    // It may go on from there at the price of consistency.
    let fresh = late.text("/metadata/continue");
    let rest = cluster.read(&format!("{path}?continue={fresh}")).await.ok();
    let ours: Vec<&str> = rest
        .names()
        .into_iter()
        .filter(|name| name.len() == 1)
        .collect();
    assert_eq!(ours, ["c"]);
}

pub async fn labels_select(cluster: &Cluster) {
    let namespace = cluster.namespace("labels").await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    for (name, labels) in [
        ("web", json!({"app": "web", "tier": "front"})),
        ("api", json!({"app": "api", "tier": "back"})),
        ("none", json!({"mine": ""})),
    ] {
        cluster
            .post(&path, &map(name, &labels, &json!({})))
            .await
            .ok();
    }
    for (selector, chosen) in [
        ("app=web", vec!["web"]),
        ("app==web", vec!["web"]),
        ("app!=web,mine", vec!["none"]),
        ("app in (web,api)", vec!["api", "web"]),
        ("app in (web, api),tier notin (front)", vec!["api"]),
        ("app,tier=front", vec!["web"]),
        ("!app,mine=", vec!["none"]),
        ("app notin (web),app", vec!["api"]),
    ] {
        let query = encode(selector);
        let list = cluster
            .read(&format!("{path}?labelSelector={query}"))
            .await
            .ok();
        assert_eq!(list.names(), chosen, "{selector}");
    }
    for nonsense in ["app in web", "a b", "app=web,,", "=x", "app=not ok"] {
        let query = encode(nonsense);
        let answer = cluster.read(&format!("{path}?labelSelector={query}")).await;
        assert_eq!(answer.refusal(), (400, "BadRequest"), "{nonsense}");
    }
}

#[allow(clippy::too_many_lines)] // A table.
pub async fn fields_select(cluster: &Cluster) {
    let namespace = cluster.namespace("fields").await;
    let base = format!("/api/v1/namespaces/{namespace}");
    cluster
        .post(
            &format!("{base}/serviceaccounts"),
            &json!({"metadata": {"name": "robot"}}),
        )
        .await
        .ok();
    for (name, node) in [("here", "node-1"), ("nowhere", "")] {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
            "serviceAccountName": "robot",
            "nodeName": node, "containers": [{"name": "app", "image": "registry.lab/web:1"}],
        }});
        cluster.post(&format!("{base}/pods"), &pod).await.ok();
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name},
            "involvedObject": {"kind": "Pod", "namespace": namespace, "name": name, "uid": format!("uid-of-{name}")},
            "reason": if node.is_empty() { "FailedScheduling" } else { "Failed" },
            "type": if node.is_empty() { "Warning" } else { "Normal" },
        });
        cluster.post(&format!("{base}/events"), &event).await.ok();
    }
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "docker"},
        "type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{\"auths\":{}}"},
    });
    cluster.post(&format!("{base}/secrets"), &secret).await.ok();
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "opaque"}});
    cluster.post(&format!("{base}/secrets"), &secret).await.ok();
    cluster
        .change(
            &format!("{base}/pods/nowhere/status"),
            MERGE,
            &json!({"status": {"phase": "Failed"}}),
        )
        .await
        .ok();

    for (plural, selector, chosen) in [
        ("pods", "metadata.name=here", vec!["here"]),
        ("pods", "metadata.name!=here", vec!["nowhere"]),
        ("pods", "spec.nodeName=node-1", vec!["here"]),
        ("pods", "spec.nodeName=", vec!["nowhere"]),
        (
            "pods",
            "spec.nodeName!=node-1,status.phase=Failed",
            vec!["nowhere"],
        ),
        ("pods", "status.phase=Pending", vec!["here"]),
        ("pods", "spec.restartPolicy=Always", vec!["here", "nowhere"]),
        (
            "pods",
            "spec.serviceAccountName=robot",
            vec!["here", "nowhere"],
        ),
        (
            "secrets",
            "type=kubernetes.io/dockerconfigjson",
            vec!["docker"],
        ),
        (
            "secrets",
            "type=Opaque,metadata.name=opaque",
            vec!["opaque"],
        ),
        (
            "secrets",
            "type!=Opaque,type!=kubernetes.io/service-account-token",
            vec!["docker"],
        ),
        ("events", "involvedObject.name=here", vec!["here"]),
        (
            "events",
            "involvedObject.kind=Pod,involvedObject.name!=here",
            vec!["nowhere"],
        ),
        ("events", "involvedObject.uid=uid-of-here", vec!["here"]),
        ("events", "reason=FailedScheduling", vec!["nowhere"]),
        ("events", "type=Warning", vec!["nowhere"]),
    ] {
        let path = format!("{base}/{plural}?fieldSelector={}", encode(selector));
        let list = cluster.read(&path).await.ok();
        // A scheduler may have written Events of its own, with longer names.
        let mut ours = list.names();
        ours.retain(|name| !name.contains('.'));
        assert_eq!(ours, chosen, "{plural} {selector}");
    }
    for (plural, unknown) in [
        ("secrets", "data.x=1"),
        ("pods", "spec.containers=1"),
        ("configmaps", "type=x"),
    ] {
        let path = format!("{base}/{plural}?fieldSelector={}", encode(unknown));
        let answer = cluster.read(&path).await;
        assert_eq!(answer.refusal(), (400, "BadRequest"), "{unknown}");
        let said = answer.text("/message");
        let wanted = match plural {
            "configmaps" => "is not a known field selector",
            _ => "field label not supported",
        };
        assert!(said.contains(wanted), "{answer:?}");
    }
}

fn encode(selector: &str) -> String {
    selector
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
