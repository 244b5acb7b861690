//! What the server refuses, and with which causes. Its sentences change with its version; codes,
//! reasons and fields do not.

use http::Method;
use serde_json::{Value, json};

use crate::{
    changes::deployment,
    cluster::Cluster,
    raw::{JSON, MERGE, map},
};

const INVALID: &str = "FieldValueInvalid";
const REQUIRED: &str = "FieldValueRequired";
const FORBIDDEN: &str = "FieldValueForbidden";

fn pod(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec})
}

fn docker(key: &str, content: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "regcred"},
        "type": "kubernetes.io/dockerconfigjson", "stringData": {key: content},
    })
}

#[allow(clippy::too_many_lines)] // A table.
pub async fn new_objects_are_checked_with_causes(cluster: &Cluster) {
    let namespace = cluster.namespace("checked").await;
    let core = format!("/api/v1/namespaces/{namespace}");
    let apps = format!("/apis/apps/v1/namespaces/{namespace}");
    cluster
        .post(
            &format!("{core}/serviceaccounts"),
            &json!({"metadata": {"name": "robot"}}),
        )
        .await
        .ok();
    let mut mismatch = deployment("web");
    mismatch["spec"]["selector"] = json!({"matchLabels": {"app": "other"}});
    let cases = [
        (
            format!("{core}/configmaps"),
            map("Bad_Name", &json!({}), &json!({})),
            vec![(INVALID, "metadata.name")],
        ),
        (
            format!("{core}/configmaps"),
            map(&"x".repeat(254), &json!({}), &json!({})),
            vec![(INVALID, "metadata.name")],
        ),
        (
            format!("{core}/configmaps"),
            map("", &json!({}), &json!({})),
            vec![(REQUIRED, "metadata.name")],
        ),
        (
            format!("{core}/configmaps"),
            map("one", &json!({"a": "not ok"}), &json!({})),
            vec![(INVALID, "metadata.labels")],
        ),
        (
            format!("{core}/configmaps"),
            map("one", &json!({"bad key": "x"}), &json!({})),
            vec![(INVALID, "metadata.labels")],
        ),
        (
            format!("{core}/configmaps"),
            map("one", &json!({}), &json!({"a b": "x"})),
            vec![(INVALID, "data[a b]")],
        ),
        (
            "/api/v1/namespaces".to_owned(),
            json!({"metadata": {"name": "no.dots"}}),
            vec![(INVALID, "metadata.name")],
        ),
        (
            format!("{core}/pods"),
            pod(&json!({"serviceAccountName": "robot", "containers": []})),
            vec![(REQUIRED, "spec.containers")],
        ),
        (
            format!("{core}/pods"),
            pod(&json!({"serviceAccountName": "robot", "containers": [{"name": "a"}]})),
            vec![(REQUIRED, "spec.containers[0].image")],
        ),
        (
            format!("{core}/pods"),
            pod(&json!({"serviceAccountName": "robot", "containers": [{"image": "x"}]})),
            vec![(REQUIRED, "spec.containers[0].name")],
        ),
        (
            format!("{core}/pods"),
            pod(
                &json!({"serviceAccountName": "robot", "containers": [{"name": "A_b", "image": "x"}]}),
            ),
            vec![(INVALID, "spec.containers[0].name")],
        ),
        (
            format!("{core}/pods"),
            pod(
                &json!({"serviceAccountName": "robot", "containers": [{"name": "a", "image": "x"}, {"name": "a", "image": "y"}]}),
            ),
            vec![("FieldValueDuplicate", "spec.containers[1].name")],
        ),
        (
            format!("{core}/pods"),
            pod(
                &json!({"serviceAccountName": "robot", "containers": [{"name": "a", "image": "x", "imagePullPolicy": "Sometimes"}]}),
            ),
            vec![(
                "FieldValueNotSupported",
                "spec.containers[0].imagePullPolicy",
            )],
        ),
        (
            format!("{core}/secrets"),
            docker(".dockerconfigjson", "{\"auths\": {"),
            vec![(INVALID, "data[.dockerconfigjson]")],
        ),
        (
            format!("{core}/secrets"),
            docker(".dockerconfigjson", "hello"),
            vec![(INVALID, "data[.dockerconfigjson]")],
        ),
        (
            format!("{core}/secrets"),
            docker(".dockerconfigjson", ""),
            vec![(INVALID, "data[.dockerconfigjson]")],
        ),
        (
            format!("{core}/secrets"),
            docker(".dockerconfigjson", "[]"),
            vec![(INVALID, "data[.dockerconfigjson]")],
        ),
        (
            format!("{core}/secrets"),
            docker("config.json", "{}"),
            vec![(REQUIRED, "data[.dockerconfigjson]")],
        ),
        (
            format!("{apps}/deployments"),
            mismatch,
            vec![(INVALID, "spec.template.metadata.labels")],
        ),
    ];
    for (path, body, causes) in cases {
        let refused = cluster.post(&path, &body).await;
        assert_eq!(refused.refusal(), (422, "Invalid"), "{body}");
        assert_eq!(refused.causes(), causes, "{body}: {refused:?}");
    }
    // A content that is no registry configuration at all passes.
    cluster
        .post(
            &format!("{core}/secrets"),
            &docker(".dockerconfigjson", "{\"localhost:5000\": {}}"),
        )
        .await
        .ok();
    let message = "Secret \"regcred\" is invalid: data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": unexpected end of JSON input";
    let refused = cluster
        .post(
            &format!("{core}/secrets"),
            &docker(".dockerconfigjson", "{\"auths\": {"),
        )
        .await;
    if refused.code == 422 {
        assert_eq!(refused.text("/message"), message);
    }
}

pub async fn what_cannot_be_changed_is_refused(cluster: &Cluster) {
    let namespace = cluster.namespace("immutable").await;
    let core = format!("/api/v1/namespaces/{namespace}");
    cluster
        .post(
            &format!("{core}/serviceaccounts"),
            &json!({"metadata": {"name": "robot"}}),
        )
        .await
        .ok();
    cluster
        .post(
            &format!("{core}/secrets"),
            &docker(".dockerconfigjson", "{\"auths\": {}}"),
        )
        .await
        .ok();
    let regcred = format!("{core}/secrets/regcred");
    let refused = cluster
        .change(&regcred, MERGE, &json!({"type": "Opaque"}))
        .await;
    assert_eq!(refused.refusal(), (422, "Invalid"));
    assert_eq!(refused.causes(), [(INVALID, "type")]);
    assert_eq!(
        refused.text("/message"),
        "Secret \"regcred\" is invalid: type: Invalid value: \"Opaque\": field is immutable"
    );
    cluster
        .change(&regcred, MERGE, &json!({"immutable": true}))
        .await
        .ok();
    let refused = cluster
        .change(&regcred, MERGE, &json!({"data": {"more": "eA=="}}))
        .await;
    assert_eq!(refused.causes(), [(FORBIDDEN, "data")]);

    let spec =
        json!({"serviceAccountName": "robot", "containers": [{"name": "a", "image": "x:1"}]});
    cluster
        .post(&format!("{core}/pods"), &pod(&spec))
        .await
        .ok();
    let web = format!("{core}/pods/web");
    let refused = cluster
        .change(
            &web,
            MERGE,
            &json!({"spec": {"imagePullSecrets": [{"name": "late"}]}}),
        )
        .await;
    assert_eq!(refused.refusal(), (422, "Invalid"));
    assert_eq!(refused.causes(), [(FORBIDDEN, "spec")]);
    let steps = json!([{"op": "replace", "path": "/spec/containers/0/image", "value": "x:2"}]);
    let changed = cluster
        .change(&web, crate::raw::JSON_PATCH, &steps)
        .await
        .ok();
    assert_eq!(changed.text("/spec/containers/0/image"), "x:2");

    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    cluster.post(&path, &deployment("web")).await.ok();
    let patch = json!({"spec": {"selector": {"matchLabels": {"app": "web", "more": "x"}}, "template": {"metadata": {"labels": {"more": "x"}}}}});
    let refused = cluster.change(&format!("{path}/web"), MERGE, &patch).await;
    assert_eq!(refused.causes(), [(INVALID, "spec.selector")]);
    // Metadata of the server stays what it is, whatever a client says.
    let before = cluster.read(&regcred).await.ok();
    let patch =
        json!({"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z", "labels": {"x": "y"}}});
    let after = cluster.change(&regcred, MERGE, &patch).await.ok();
    assert_eq!(
        after.text("/metadata/creationTimestamp"),
        before.text("/metadata/creationTimestamp")
    );
}

pub async fn requests_that_make_no_sense_are_refused(cluster: &Cluster) {
    let namespace = cluster.namespace("nonsense").await;
    let core = format!("/api/v1/namespaces/{namespace}");
    let cases = [
        (
            Method::POST,
            format!("{core}/configmaps"),
            json!("{no json"),
            400,
            "BadRequest",
        ),
        (
            Method::POST,
            format!("{core}/configmaps"),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}),
            400,
            "BadRequest",
        ),
        (
            Method::POST,
            format!("{core}/configmaps"),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "other"}}),
            400,
            "BadRequest",
        ),
        (
            Method::POST,
            "/api/v1/namespaces/nowhere-at-all/configmaps".to_owned(),
            map("x", &json!({}), &json!({})),
            404,
            "NotFound",
        ),
        (
            Method::GET,
            format!("{core}/configmaps/nowhere"),
            Value::Null,
            404,
            "NotFound",
        ),
        (
            Method::PUT,
            format!("{core}/configmaps"),
            map("x", &json!({}), &json!({})),
            405,
            "MethodNotAllowed",
        ),
    ];
    for (method, path, body, code, reason) in cases {
        let refused = cluster.ask(method.clone(), &path, JSON, &body).await;
        assert_eq!(
            refused.refusal(),
            (code, reason),
            "{method} {path}: {refused:?}"
        );
    }
    assert_eq!(cluster.read(&format!("{core}/widgets")).await.code, 404);
    assert_eq!(
        cluster.read("/apis/nowhere.example/v1/widgets").await.code,
        404
    );
}
