//! Server-side apply: who owns which field, and what the server says when two want the same.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    raw::{APPLY, Answer, MERGE},
};

fn wish(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": data})
}

/// Each manager with its way of writing and the keys of `data` that it owns.
fn owners(answer: &Answer) -> Vec<(String, String, Vec<String>)> {
    let entries = answer.body["metadata"]["managedFields"].as_array();
    let mut owners: Vec<(String, String, Vec<String>)> = entries
        .into_iter()
        .flatten()
        .map(|entry| {
            let fields = entry["fieldsV1"]["f:data"].as_object();
            let keys = fields.into_iter().flatten().map(|(key, _)| key.clone());
            let text = |field: &str| entry[field].as_str().unwrap().to_owned();
            (
                text("manager"),
                text("operation"),
                keys.filter(|key| key != ".").collect(),
            )
        })
        .collect();
    owners.sort();
    owners
}

fn owner(name: &str, operation: &str, keys: &[&str]) -> (String, String, Vec<String>) {
    let keys = keys.iter().map(|key| format!("f:{key}")).collect();
    (name.to_owned(), operation.to_owned(), keys)
}

pub async fn fields_have_owners(cluster: &Cluster) {
    let namespace = cluster.namespace("owners").await;
    let one = format!("/api/v1/namespaces/{namespace}/configmaps/one");
    let apply = |manager: &str| format!("{one}?fieldManager={manager}");
    let made = cluster
        .change(&apply("jane"), APPLY, &wish(&json!({"a": "1", "b": "2"})))
        .await
        .ok();
    assert_eq!(made.code, 201);
    assert_eq!(owners(&made), [owner("jane", "Apply", &["a", "b"])]);
    // Two may want the same thing.
    let shared = cluster
        .change(&apply("joe"), APPLY, &wish(&json!({"a": "1", "c": "3"})))
        .await
        .ok();
    assert_eq!(shared.code, 200);
    assert_eq!(
        owners(&shared),
        [
            owner("jane", "Apply", &["a", "b"]),
            owner("joe", "Apply", &["a", "c"])
        ]
    );
    // What is no longer wanted by its only owner goes; what is shared stays.
    let less = cluster
        .change(&apply("jane"), APPLY, &wish(&json!({"b": "2"})))
        .await
        .ok();
    assert_eq!(less.body["data"], json!({"a": "1", "b": "2", "c": "3"}));
    let less = cluster
        .change(&apply("joe"), APPLY, &wish(&json!({"c": "3"})))
        .await
        .ok();
    assert_eq!(less.body["data"], json!({"b": "2", "c": "3"}));
    // An update takes what it changes.
    let taken = cluster
        .change(
            &format!("{one}?fieldManager=tool"),
            MERGE,
            &json!({"data": {"b": "9"}}),
        )
        .await
        .ok();
    assert_eq!(
        owners(&taken),
        [
            owner("joe", "Apply", &["c"]),
            owner("tool", "Update", &["b"])
        ]
    );
}

pub async fn two_who_want_the_same_field_conflict(cluster: &Cluster) {
    let namespace = cluster.namespace("conflicts").await;
    let one = format!("/api/v1/namespaces/{namespace}/configmaps/one");
    let apply = |manager: &str| format!("{one}?fieldManager={manager}");
    cluster
        .change(&apply("jane"), APPLY, &wish(&json!({"a": "1", "b": "2"})))
        .await
        .ok();
    let one_conflict = cluster
        .change(&apply("joe"), APPLY, &wish(&json!({"a": "other"})))
        .await;
    assert_eq!(one_conflict.refusal(), (409, "Conflict"));
    assert_eq!(
        one_conflict.text("/message"),
        "Apply failed with 1 conflict: conflict with \"jane\": .data.a"
    );
    assert_eq!(one_conflict.causes(), [("FieldManagerConflict", ".data.a")]);
    assert_eq!(
        one_conflict.text("/details/causes/0/message"),
        "conflict with \"jane\""
    );

    let two = cluster
        .change(
            &apply("joe"),
            APPLY,
            &wish(&json!({"a": "other", "b": "other"})),
        )
        .await;
    assert_eq!(
        two.text("/message"),
        "Apply failed with 2 conflicts: conflicts with \"jane\":\n- .data.a\n- .data.b"
    );
    assert_eq!(
        two.causes(),
        [
            ("FieldManagerConflict", ".data.a"),
            ("FieldManagerConflict", ".data.b")
        ]
    );

    // One who wrote without applying is named with the version.
    cluster
        .change(
            &format!("{one}?fieldManager=tool"),
            MERGE,
            &json!({"data": {"c": "3"}}),
        )
        .await
        .ok();
    let third = cluster
        .change(&apply("joe"), APPLY, &wish(&json!({"c": "other"})))
        .await;
    let message = third.text("/message");
    assert_eq!(
        message,
        "Apply failed with 1 conflict: conflict with \"tool\" using v1: .data.c"
    );

    let forced = cluster
        .change(
            &format!("{one}?fieldManager=joe&force=true"),
            APPLY,
            &wish(&json!({"a": "other"})),
        )
        .await
        .ok();
    assert_eq!(forced.body["data"]["a"], "other");
    assert_eq!(
        owners(&forced),
        [
            owner("jane", "Apply", &["b"]),
            owner("joe", "Apply", &["a"]),
            owner("tool", "Update", &["c"])
        ]
    );
}

pub async fn an_apply_must_be_well_formed(cluster: &Cluster) {
    let namespace = cluster.namespace("applied").await;
    let one = format!("/api/v1/namespaces/{namespace}/configmaps/one");
    let nameless = cluster.change(&one, APPLY, &wish(&json!({}))).await;
    assert_eq!(nameless.refusal(), (422, "Invalid"));
    assert_eq!(nameless.causes(), [("FieldValueRequired", "fieldManager")]);
    let path = format!("{one}?fieldManager=jane");
    for (body, code) in [
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two"}}),
            400,
        ),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "managedFields": [{"manager": "x", "operation": "Apply", "apiVersion": "v1"}]}}),
            400,
        ),
        (json!("{not: [yaml"), 400),
    ] {
        let refused = cluster.change(&path, APPLY, &body).await;
        assert_eq!(refused.code, code, "{body}: {refused:?}");
    }
}
