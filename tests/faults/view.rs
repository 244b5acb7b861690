//! What the server has, and what the product's store has of it, in the same words.

use std::collections::BTreeMap;

use http::Request;
use kube::Client;
use pullscope::domain::{
    k8s::{object_ref::Namespace, objects::ObjectMeta},
    store::{Store, watch::Scope},
};
use serde_json::Value;

/// `kind/name` and the version of each object in a namespace. Of Events that say the same of the same
/// object, the product keeps one that is newest, and where the clock stands still all are: so they are one
/// line here too, under what they say and without a version.
pub type View = BTreeMap<String, String>;

const KINDS: [(&str, &str); 10] = [
    ("/api/v1", "pods"),
    ("/api/v1", "secrets"),
    ("/api/v1", "serviceaccounts"),
    ("/api/v1", "events"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "replicasets"),
    ("/apis/apps/v1", "statefulsets"),
    ("/apis/apps/v1", "daemonsets"),
    ("/apis/batch/v1", "jobs"),
    ("/apis/batch/v1beta1", "cronjobs"),
];

/// Read off the server itself, past all faults.
pub async fn truth(client: &Client, namespace: &Namespace) -> View {
    let mut view = View::new();
    for (base, kind) in KINDS {
        let request = Request::get(format!("{base}/namespaces/{namespace}/{kind}"));
        let Ok(list) = client
            .request::<Value>(request.body(Vec::new()).unwrap())
            .await
        else {
            // The older of the two APIs of CronJobs is not served everywhere; no case makes any.
            assert_eq!(kind, "cronjobs");
            continue;
        };
        for object in list["items"].as_array().unwrap() {
            let meta = &object["metadata"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let name = match kind {
                "events" => said(
                    &text(&object["involvedObject"]["name"]),
                    &text(&object["reason"]),
                    &text(&object["message"]),
                ),
                _ => text(&meta["name"]),
            };
            let version = match kind {
                "events" => SAID.to_owned(),
                _ => text(&meta["resourceVersion"]),
            };
            put(&mut view, kind, &name, &version);
        }
    }
    view
}

/// In place of a version.
const SAID: &str = "0";

fn said(subject: &str, reason: &str, message: &str) -> String {
    format!("{subject}: {reason}: {message}")
}

/// Keeps the newest version where there are several.
fn put(view: &mut View, kind: &str, name: &str, version: &str) {
    let number = |version: &str| version.parse::<u64>().unwrap();
    let kept = view.entry(format!("{kind}/{name}")).or_default();
    if kept.is_empty() || number(kept) < number(version) {
        version.clone_into(kept);
    }
}

/// Read out of the store.
pub fn view(store: &Store, namespace: &Namespace) -> View {
    let scope = Scope::Namespace(namespace.clone());
    let mut view = View::new();
    for line in store.event_lines() {
        let event = &line.event;
        if event.key.namespace == *namespace {
            let name = said(&event.regarding.name, &event.reason, &event.message);
            view.insert(format!("events/{name}"), SAID.to_owned());
        }
    }
    let mut put = |kind: &str, name: &str, meta: &ObjectMeta| {
        put(&mut view, kind, name, &String::from(meta.resource_version));
    };
    for pod in store.pods(&scope) {
        put("pods", pod.key.name.as_str(), &pod.meta);
    }
    for secret in store.secrets(&scope) {
        put("secrets", secret.key.name.as_str(), &secret.meta);
    }
    for account in store.accounts(&scope) {
        put("serviceaccounts", account.key.name.as_str(), &account.meta);
    }
    for workload in store.workloads() {
        if workload.id.key.namespace == *namespace {
            let kind = format!("{}s", workload.id.kind).to_lowercase();
            put(&kind, workload.id.key.name.as_str(), &workload.meta);
        }
    }
    view
}
