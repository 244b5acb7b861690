//! What one may do: asked for, and enforced.

use std::time::Duration;

use http::Method;
use pullscope::{
    cluster::{ApiError, nodes, rbac as reviews},
    domain::{
        diagnostics::node_answers::TokenAudience, k8s::distribution::Distribution, probe::Platform,
    },
};
use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    raw::{Answer, JSON, ask, map},
};

async fn as_user(
    cluster: &Cluster,
    user: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    ask(&cluster.client(user), method, path, JSON, body).await
}

pub async fn what_is_not_granted_is_forbidden(cluster: &Cluster) {
    let namespace = cluster.namespace("rights").await;
    let user = "reader";
    cluster
        .grant(
            user,
            &namespace,
            &[
                ("/pods", &["get", "list"]),
                ("/configmaps", &["get", "create"]),
            ],
        )
        .await;
    let core = format!("/api/v1/namespaces/{namespace}");
    let cases = [
        (Method::GET, format!("{core}/pods"), Value::Null, 200, String::new()),
        (Method::GET, format!("{core}/pods?watch=1"), Value::Null, 403, format!("pods is forbidden: User \"reader\" cannot watch resource \"pods\" in API group \"\" in the namespace \"{namespace}\"")),
        (Method::GET, "/api/v1/pods".to_owned(), Value::Null, 403, "pods is forbidden: User \"reader\" cannot list resource \"pods\" in API group \"\" at the cluster scope".to_owned()),
        (Method::GET, format!("{core}/secrets/x"), Value::Null, 403, format!("secrets \"x\" is forbidden: User \"reader\" cannot get resource \"secrets\" in API group \"\" in the namespace \"{namespace}\"")),
        (Method::GET, format!("{core}/pods/x/log"), Value::Null, 403, format!("pods \"x\" is forbidden: User \"reader\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"{namespace}\"")),
        (Method::POST, format!("{core}/configmaps"), map("mine", &json!({}), &json!({})), 201, String::new()),
        (Method::PUT, format!("{core}/configmaps/mine"), map("mine", &json!({}), &json!({})), 403, format!("configmaps \"mine\" is forbidden: User \"reader\" cannot update resource \"configmaps\" in API group \"\" in the namespace \"{namespace}\"")),
        (Method::DELETE, format!("{core}/configmaps/mine"), Value::Null, 403, format!("configmaps \"mine\" is forbidden: User \"reader\" cannot delete resource \"configmaps\" in API group \"\" in the namespace \"{namespace}\"")),
        (Method::DELETE, format!("{core}/configmaps"), Value::Null, 403, format!("configmaps is forbidden: User \"reader\" cannot deletecollection resource \"configmaps\" in API group \"\" in the namespace \"{namespace}\"")),
        (Method::GET, format!("/apis/apps/v1/namespaces/{namespace}/deployments"), Value::Null, 403, format!("deployments.apps is forbidden: User \"reader\" cannot list resource \"deployments\" in API group \"apps\" in the namespace \"{namespace}\"")),
    ];
    for (method, path, body, code, message) in cases {
        let answer = as_user(cluster, user, method.clone(), &path, &body).await;
        assert_eq!(answer.code, code, "{method} {path}: {answer:?}");
        if code == 403 {
            assert_eq!(answer.refusal().1, "Forbidden");
            assert_eq!(answer.text("/message"), message);
        }
    }
}

pub async fn rules_are_told_to_whom_they_bind(cluster: &Cluster) {
    let namespace = cluster.namespace("rules").await;
    let user = "asker-of-rules";
    cluster
        .grant(
            user,
            &namespace,
            &[
                ("/pods", &["get", "list"]),
                ("apps/deployments", &["patch"]),
            ],
        )
        .await;
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let answer = as_user(cluster, user, Method::POST, path, &review)
        .await
        .ok();
    assert_eq!(answer.code, 201);
    let rules = answer.body["status"]["resourceRules"].as_array().unwrap();
    let wanted = [
        json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}),
        json!({"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"]}),
    ];
    for rule in &wanted {
        assert!(rules.contains(rule), "{rule} in {rules:?}");
    }
    assert_eq!(answer.body["status"]["incomplete"], false);

    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    for (attributes, allowed) in [
        (
            json!({"verb": "list", "resource": "pods", "namespace": namespace}),
            true,
        ),
        (json!({"verb": "list", "resource": "pods"}), false),
        (
            json!({"verb": "get", "resource": "pods", "subresource": "log", "namespace": namespace}),
            false,
        ),
        (
            json!({"verb": "patch", "resource": "deployments", "group": "apps", "namespace": namespace}),
            true,
        ),
        (
            json!({"verb": "patch", "resource": "deployments", "namespace": namespace}),
            false,
        ),
        (
            json!({"verb": "get", "resource": "secrets", "namespace": namespace, "name": "x"}),
            false,
        ),
    ] {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let answer = as_user(cluster, user, Method::POST, path, &review)
            .await
            .ok();
        let is_allowed = answer.body["status"]["allowed"].as_bool();
        assert_eq!(is_allowed, Some(allowed), "{review}");
    }
}

/// Nodes are no part of a namespace: who has rights in one only is not told what they are.
pub async fn platforms_of_nodes_are_told_to_whom_may_list_them(cluster: &Cluster) {
    let namespace = cluster.namespace("platforms").await;
    let info = json!({
        "architecture": "", "bootID": "", "kernelVersion": "6.1", "kubeProxyVersion": "", "machineID": "",
        "operatingSystem": "linux", "systemUUID": "", "osImage": "Ubuntu 24.04.3 LTS",
        "kubeletVersion": "v1.33.4+k3s1", "containerRuntimeVersion": "containerd://2.1.4-k3s1",
    });
    for (name, arch) in [("one", "amd64"), ("two", "arm64"), ("three", "arm64")] {
        let labels = json!({"kubernetes.io/os": "linux", "kubernetes.io/arch": arch});
        let name = format!("{namespace}-{name}");
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
            "status": {"nodeInfo": info},
        });
        cluster.create("/api/v1/nodes", node).await;
    }
    let admin = cluster.connect("admin", &namespace).await;
    let found = nodes::platforms(&admin).await.unwrap();
    let count = |text: &str| {
        let platform = Platform::parse(text).unwrap();
        let found = found.iter().find(|(known, _)| *known == platform);
        found.map_or(0, |(_, count)| *count)
    };
    assert!(count("linux/amd64") >= 1, "{found:?}");
    assert!(count("linux/arm64") >= 2, "{found:?}");
    let told = nodes::node_info(&admin).await.unwrap();
    let one = told.get(&format!("{namespace}-one"));
    let distribution = one.and_then(Distribution::from_node_info);
    assert_eq!(distribution, Some(Distribution::K3s), "{told:?}");
    let user = "of-one-namespace";
    cluster
        .grant(user, &namespace, &[("/pods", &["list"])])
        .await;
    let mine = cluster.connect(user, &namespace).await;
    let refused = nodes::platforms(&mine).await;
    assert!(
        matches!(refused, Err(ApiError::Forbidden(_))),
        "{refused:?}"
    );
    for name in ["one", "two", "three"] {
        let path = format!("/api/v1/nodes/{namespace}-{name}");
        as_user(cluster, "admin", Method::DELETE, &path, &Value::Null)
            .await
            .ok();
    }
}

/// What a node may ask for its credential provider: the review is the one that the admission plugin makes.
pub async fn the_audience_of_a_token_is_granted_to_nodes(cluster: &Cluster) {
    let namespace = cluster.namespace("audience").await;
    let admin = cluster.connect("admin", &namespace).await;
    let name = format!("{namespace}-token-audience");
    let token = TokenAudience {
        node: "worker-1".into(),
        namespace: namespace.to_string(),
        account: "runner".into(),
        audience: "sts.amazonaws.com",
    };
    let allowed = reviews::node_may_request_token(&admin, &token).await;
    assert_eq!(allowed.ok(), Some(false));
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{
            "apiGroups": [""], "resources": ["sts.amazonaws.com"], "resourceNames": ["runner"],
            "verbs": ["request-serviceaccounts-token-audience"],
        }],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:nodes"}],
    });
    cluster.create(&format!("{rbac}/clusterroles"), role).await;
    cluster
        .create(&format!("{rbac}/clusterrolebindings"), binding)
        .await;
    // The authorizer learns of it by a watch.
    let granted = async {
        while !reviews::node_may_request_token(&admin, &token)
            .await
            .is_ok_and(|is_allowed| is_allowed)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), granted)
        .await
        .unwrap();
    let other = TokenAudience {
        account: "other".into(),
        ..token
    };
    let allowed = reviews::node_may_request_token(&admin, &other).await;
    assert_eq!(allowed.ok(), Some(false), "it is for one ServiceAccount");
    for kind in ["clusterroles", "clusterrolebindings"] {
        let path = format!("{rbac}/{kind}/{name}");
        as_user(cluster, "admin", Method::DELETE, &path, &Value::Null)
            .await
            .ok();
    }
}
