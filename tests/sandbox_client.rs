//! A `kube::Client` on the sandbox, in this process and without a port: the way of the demo and of
//! the other tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Secret};
use kube::{
    Api, Client, Resource,
    api::{
        DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, WatchEvent,
        WatchParams,
    },
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher},
};
use pullscope::sandbox::{Pace, Sandbox, User};
use serde_json::json;

const START: &str = "2026-11-23T12:00:00Z";

fn sandbox() -> Sandbox {
    Sandbox::empty(START.parse().expect("a timestamp"), Pace::Manual)
}

fn client(sandbox: &Sandbox, user: User) -> Client {
    Client::new(sandbox.service(user), "default")
}

fn secret(name: &str, secret_type: &str) -> Secret {
    serde_json::from_value(json!({
        "metadata": {"name": name},
        "type": secret_type,
        "stringData": {".dockerconfigjson": "{\"auths\":{}}"},
    }))
    .expect("a Secret")
}

#[tokio::test]
async fn pods_are_listed_and_watched() {
    let sandbox = sandbox();
    let client = client(&sandbox, User::admin());
    let pods: Api<Pod> = Api::default_namespaced(client);
    let list = pods.list(&ListParams::default()).await.expect("a list");
    assert!(list.items.is_empty());

    let version = list.metadata.resource_version.expect("a version");
    let mut watch = pods
        .watch(&WatchParams::default(), &version)
        .await
        .expect("a watch")
        .boxed();
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"generateName": "web-"},
        "spec": {"containers": [{"name": "app", "image": "nginx"}]},
    }))
    .expect("a Pod");
    let made = pods
        .create(&PostParams::default(), &pod)
        .await
        .expect("made");
    let spec = made.spec.expect("a spec");
    assert_eq!(spec.service_account_name.as_deref(), Some("default"));
    assert_eq!(
        spec.containers[0].image_pull_policy.as_deref(),
        Some("Always")
    );

    let event = watch.try_next().await.expect("no error").expect("an event");
    let WatchEvent::Added(seen) = event else {
        panic!("{event:?}");
    };
    assert_eq!(seen.metadata.name, made.metadata.name);
}

#[tokio::test]
async fn pull_secrets_are_selected_by_type() {
    let client = client(&sandbox(), User::admin());
    let secrets: Api<Secret> = Api::default_namespaced(client);
    for (name, secret_type) in [
        ("regcred", "kubernetes.io/dockerconfigjson"),
        ("other", "Opaque"),
    ] {
        let secret = secret(name, secret_type);
        secrets
            .create(&PostParams::default(), &secret)
            .await
            .expect("made");
    }
    let params = ListParams::default().fields("type=kubernetes.io/dockerconfigjson");
    let names: Vec<Option<String>> = secrets
        .list(&params)
        .await
        .expect("a list")
        .into_iter()
        .map(|secret| secret.metadata.name)
        .collect();
    assert_eq!(names, [Some("regcred".to_owned())]);
}

#[tokio::test]
async fn a_watcher_of_metadata_sees_no_data() {
    let client = client(&sandbox(), User::admin());
    let secrets: Api<Secret> = Api::default_namespaced(client.clone());
    let metadata: Api<PartialObjectMeta<Secret>> = Api::default_namespaced(client);
    secrets
        .create(&PostParams::default(), &secret("regcred", "Opaque"))
        .await
        .expect("made");
    for config in [
        watcher::Config::default(),
        watcher::Config::default().streaming_lists(),
    ] {
        let mut stream = watcher(metadata.clone(), config).applied_objects().boxed();
        let first = stream
            .try_next()
            .await
            .expect("no error")
            .expect("an object");
        assert_eq!(first.meta().name.as_deref(), Some("regcred"));
    }
}

#[tokio::test]
async fn a_refusal_is_a_status() {
    let sandbox = sandbox();
    let secrets: Api<Secret> = Api::default_namespaced(client(&sandbox, User::admin()));
    let params = PostParams::default();
    secrets
        .create(&params, &secret("a", "Opaque"))
        .await
        .expect("made");
    let twice = secrets
        .create(&params, &secret("a", "Opaque"))
        .await
        .expect_err("twice");
    let kube::Error::Api(status) = twice else {
        panic!("{twice:?}");
    };
    assert_eq!(
        (status.code, status.reason.as_str()),
        (409, "AlreadyExists")
    );

    let blind: Api<Secret> = Api::default_namespaced(client(&sandbox, User::viewer()));
    let refused = blind
        .list(&ListParams::default())
        .await
        .expect_err("forbidden");
    let kube::Error::Api(status) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        status.message,
        "secrets is forbidden: User \"viewer\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\""
    );
}

#[tokio::test]
async fn a_namespace_goes_with_all_that_is_in_it() {
    let sandbox = sandbox();
    let client = client(&sandbox, User::admin());
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = Namespace {
        metadata: ObjectMeta {
            name: Some("app".to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .expect("made");
    let maps: Api<ConfigMap> = Api::namespaced(client, "app");
    let patch = Patch::Apply(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings"}, "data": {"colour": "blue"},
    }));
    maps.patch("settings", &PatchParams::apply("test"), &patch)
        .await
        .expect("applied");
    namespaces
        .delete("app", &DeleteParams::default())
        .await
        .expect("deleted");
    sandbox.advance(Duration::from_secs(10));
    assert!(
        namespaces
            .get_opt("app")
            .await
            .expect("an answer")
            .is_none()
    );
    assert!(maps.get_opt("settings").await.expect("an answer").is_none());
}
