//! From a record to the `Case` that the product makes of it.
//!
//! The sandbox is the API server: its controllers make the Pod of the recorded workload, and its owners;
//! what the kubelet of the real node said of it, status and events, is written into it before the
//! sandbox's own kubelet looks. Beside each scenario run a few that were well, in whose namespace it was.
//! Times were not recorded: counts are, and an event's last time follows from its count.

use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt, Full};
use jiff::{Timestamp, ToSpan};
use kube::Client;
use pullscope::{
    cluster::Connection,
    domain::{
        context,
        k8s::object_ref::{Name, Namespace, ObjectRef},
        store::{Store, watch::WatchCoverage},
    },
    sandbox::{Pace, Sandbox, Scenario, User},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    file::Golden,
    recording::{RECORDS, Record, RecordedPod, RecordedState},
    whole,
};

/// The full minute at which all Pods are made, the CronJob's too.
const BORN: &str = "2026-11-30T12:00:00Z";
/// How long was recorded.
const MINUTES: i64 = 15;

/// Those that were well, and whose Pods and Secrets are known in every case.
const NEIGHBOURS: &[&str] = &[
    "happy",
    "happy-hub",
    "provider",
    "provider-and-wrong-secret",
    "provider-identity",
];
/// Secrets of the namespace that are there whether the scenario lists them or not.
const SECRETS: &[&str] = &[
    "right",
    "wrong-password",
    "other-host",
    "hub",
    "provided",
    "provided-wrong",
    "elsewhere",
];

pub async fn case(record: &Record) -> Golden {
    let neighbours = RECORDS
        .iter()
        .filter(|it| NEIGHBOURS.contains(&it.scenario.as_str()) && it.scenario != record.scenario);
    let all: Vec<&Record> = neighbours.chain([record]).collect();
    let born: Timestamp = BORN.parse().unwrap();
    let (lab, name) = Lab::with(&all, born).await;
    let (store, sight) = lab.look(born).await;
    let now = born + MINUTES.minutes();
    if record.pod.made {
        let key = ObjectRef::new(Namespace::new("app"), Name::new(name));
        let context = context::pod_context(&store, &sight, &key, now).unwrap();
        return Golden::Pod(Box::new(context));
    }
    let mut workloads = store.workloads();
    let workload = workloads.find(|it| it.id.key.name.as_str() == record.scenario);
    let context = context::workload_context(&store, &sight, workload.unwrap(), now);
    Golden::Workload(context)
}

/// A scenario file with these workloads, and the Secrets and registries of the plays.
fn store(records: &[&Record]) -> String {
    let plays: toml::Table = include_str!("../recorded/plays-1.37.toml").parse().unwrap();
    let mut file: toml::Table = format!(
        "title = 'lab'\nstory = 'as recorded'\nkubelet = 'containerd-2.4'\n{}",
        plays["world"].as_str().unwrap()
    )
    .parse()
    .unwrap();
    let listed: Vec<&str> = records.iter().flat_map(|it| names(&it.pod)).collect();
    for (name, secret) in plays["secrets"].as_table().unwrap() {
        if !SECRETS.contains(&name.as_str()) && !listed.contains(&name.as_str()) {
            continue;
        }
        let mut secret = secret.as_table().unwrap().clone();
        for (field, value) in [("name", name.as_str()), ("at", "-9m"), ("user", "alice")] {
            secret.insert(field.to_owned(), value.into());
        }
        secret.entry("namespace").or_insert_with(|| "app".into());
        push(&mut file, "secret", secret);
    }
    for record in records {
        for (at, object) in objects(&record.scenario, &record.pod) {
            let mut entry = toml::Table::new();
            entry.insert("at".to_owned(), at.into());
            entry.insert("yaml".to_owned(), object.to_string().into());
            push(&mut file, "manifest", entry);
        }
    }
    file.to_string()
}

fn push(file: &mut toml::Table, section: &str, entry: toml::Table) {
    let list = file
        .entry(section)
        .or_insert_with(|| toml::Value::Array(Vec::new()));
    list.as_array_mut().unwrap().push(entry.into());
}

/// The Secrets that a Pod or its ServiceAccount lists.
fn names(pod: &RecordedPod) -> Vec<&str> {
    let own = pod.spec["imagePullSecrets"]
        .as_array()
        .into_iter()
        .flatten();
    own.map(|it| it["name"].as_str().unwrap())
        .chain(pod.secrets.iter().map(String::as_str))
        .collect()
}

/// The ServiceAccount and the workload, with the moment of their making.
fn objects(name: &str, pod: &RecordedPod) -> [(&'static str, Value); 2] {
    let secrets: Vec<Value> = pod.secrets.iter().map(|it| json!({"name": it})).collect();
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": "app", "annotations": pod.annotations},
        "imagePullSecrets": secrets,
    });
    let labels = json!({"scenario": name});
    let mut spec = pod.spec.clone();
    spec.as_object_mut().unwrap().remove("ephemeralContainers");
    if matches!(pod.kind.as_str(), "Job" | "CronJob") {
        spec["restartPolicy"] = json!("Never");
    }
    let template = json!({"metadata": {"labels": labels}, "spec": spec});
    let (version, spec) = match pod.kind.as_str() {
        "Pod" => ("v1", spec),
        "Job" => ("batch/v1", json!({"template": template})),
        "CronJob" => (
            "batch/v1",
            json!({
                "schedule": "* * * * *",
                "concurrencyPolicy": "Forbid",
                "jobTemplate": {"spec": {"template": template}},
            }),
        ),
        _ => (
            "apps/v1",
            json!({"selector": {"matchLabels": labels}, "template": template}),
        ),
    };
    let workload = json!({
        "apiVersion": version,
        "kind": pod.kind,
        "metadata": {"name": name, "namespace": "app", "labels": labels},
        "spec": spec,
    });
    // A CronJob makes its Job at the next full minute.
    let at = if pod.kind == "CronJob" { "-30s" } else { "+1s" };
    [("-9m", account), (at, workload)]
}

pub struct Lab(Sandbox);

impl Lab {
    /// A cluster in which these scenarios run since a full minute; gives the name of the last one's Pod.
    pub async fn with(records: &[&Record], born: Timestamp) -> (Self, String) {
        let scenario = Scenario::parse("lab", &store(records)).unwrap();
        let start = born - 1.second();
        let lab = Self(Sandbox::start(&scenario, start, Pace::Manual));
        lab.0.advance(Duration::from_secs(1));
        let mut name = String::new();
        for record in records.iter().filter(|record| record.pod.made) {
            name = lab.restore(record, born).await;
        }
        (lab, name)
    }

    pub async fn connection(&self) -> Connection {
        let client = Client::new(self.0.service(User::admin()), "app");
        let connection = Connection::from_client(client, "lab", Namespace::new("app"));
        connection.await.unwrap()
    }

    /// Writes what was recorded of a scenario's Pod; gives its name.
    async fn restore(&self, record: &Record, born: Timestamp) -> String {
        let pods = "/api/v1/namespaces/app/pods";
        let scenario = &record.scenario;
        let found = self
            .send(
                "GET",
                &format!("{pods}?labelSelector=scenario%3D{scenario}"),
                &Value::Null,
            )
            .await;
        let pod = &found["items"][0];
        let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
        let added = record.containers("ephemeralContainers");
        if !added.is_empty() {
            let path = format!("{pods}/{name}/ephemeralcontainers");
            let patch = json!({"spec": {"ephemeralContainers": added}});
            self.send("PATCH", &path, &patch).await;
        }
        if pod["spec"]["nodeName"].is_string() {
            let patch = json!({"status": status(record, pod, born)});
            self.send("PATCH", &format!("{pods}/{name}/status"), &patch)
                .await;
        }
        for (at, event) in record.events.iter().enumerate() {
            if event.object != "Pod" || event.reason == "FailedScheduling" {
                continue;
            }
            let first = born + i64::try_from(at).unwrap().seconds();
            let count = event.count.unwrap_or(1);
            // Pulls are tried ever more rarely, everything else every quarter of a minute.
            let last = match count {
                1 => first,
                2..=8 => born + 172.seconds(),
                _ => born + (i64::from(count) * 14).min(MINUTES * 60).seconds(),
            };
            let body = json!({
                "metadata": {"name": format!("{name}.{at:016x}"), "namespace": "app"},
                "involvedObject": {
                    "apiVersion": "v1", "kind": "Pod", "namespace": "app", "name": name,
                    "uid": pod["metadata"]["uid"], "fieldPath": event.field,
                },
                "type": event.r#type,
                "reason": event.reason,
                "message": event.message,
                "count": count,
                "firstTimestamp": first.to_string(),
                "lastTimestamp": last.to_string(),
                "source": {"component": "kubelet", "host": "lab"},
                "reportingComponent": "kubelet",
                "reportingInstance": "lab",
            });
            self.send("POST", "/api/v1/namespaces/app/events", &body)
                .await;
        }
        name
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let media = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", media)
            .body(Full::<bytes::Bytes>::from(body))
            .unwrap();
        let answer = self
            .0
            .service(User::admin())
            .oneshot(request)
            .await
            .unwrap();
        let is_fine = answer.status().is_success();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(is_fine, "{method} {path}: {body:#}");
        body
    }

    /// What the product's watches make of it.
    pub async fn look(&self, now: Timestamp) -> (Store, WatchCoverage) {
        let connection = self.connection().await;
        whole::whole_world(&connection, now).await
    }
}

/// The Pod's status at the end of the recording.
fn status(record: &Record, pod: &Value, born: Timestamp) -> Value {
    let is_up = |list: &str| {
        let all = record.containers(list).iter();
        all.map(|it| state(record, list, it, born))
            .all(|it| it["ready"] == true)
    };
    let (initialised, ready) = (is_up("initContainers"), is_up("containers"));
    let crashed = record.states.iter().any(|it| it.exit.is_some());
    let condition = |kind: &str, holds: bool| {
        json!({
            "type": kind,
            "status": if holds { "True" } else { "False" },
            "lastProbeTime": null,
            "lastTransitionTime": born.to_string(),
            "reason": (!holds).then_some("ContainersNotReady"),
        })
    };
    let mut status = pod["status"].clone();
    status["phase"] = json!(if initialised && (ready || crashed) {
        "Running"
    } else {
        "Pending"
    });
    status["startTime"] = json!(born.to_string());
    status["conditions"] = json!([
        condition("PodReadyToStartContainers", true),
        condition("Initialized", initialised),
        condition("Ready", initialised && ready),
        condition("ContainersReady", initialised && ready),
        condition("PodScheduled", true),
    ]);
    for (list, field) in [
        ("initContainers", "initContainerStatuses"),
        ("containers", "containerStatuses"),
        ("ephemeralContainers", "ephemeralContainerStatuses"),
    ] {
        let all = record.containers(list).iter();
        let all: Vec<Value> = all.map(|it| state(record, list, it, born)).collect();
        if !all.is_empty() {
            status[field] = json!(all);
        }
    }
    status
}

/// The last state that a container was seen in; one that was never seen waiting for a reason of its own
/// runs if its image was there, and waits for others if not.
fn state(record: &Record, list: &str, container: &Value, born: Timestamp) -> Value {
    let (name, image) = (container["name"].as_str().unwrap(), &container["image"]);
    let own = |state: &&RecordedState| state.container == name;
    let mut waiting = record.states.iter().filter(own);
    let waiting = waiting.rfind(|it| it.reason.is_some());
    let exit = record.states.iter().filter(own).find_map(|it| it.exit);
    let field = format!("spec.{list}{{{name}}}");
    let is_there = record
        .events
        .iter()
        .any(|event| event.reason == "Pulled" && event.field.as_deref() == Some(field.as_str()));
    let time = born.to_string();
    let mut last = json!({});
    if let Some(code) = exit {
        last = json!({"terminated": {
            "exitCode": code, "reason": "Error", "startedAt": time, "finishedAt": time,
        }});
    }
    let (state, runs) = match waiting {
        Some(it) => (
            json!({"waiting": {"reason": it.reason, "message": it.message}}),
            false,
        ),
        None if is_there => (json!({"running": {"startedAt": time}}), true),
        None => {
            let has_inits = !record.containers("initContainers").is_empty();
            let reason = if has_inits {
                "PodInitializing"
            } else {
                "ContainerCreating"
            };
            (json!({"waiting": {"reason": reason}}), false)
        }
    };
    let digest = if runs {
        format!("{}@sha256:{:064x}", image.as_str().unwrap(), 1)
    } else {
        String::new()
    };
    json!({
        "name": name,
        "image": image,
        "imageID": digest,
        "ready": runs,
        "started": runs,
        "restartCount": if exit.is_some() { 5 } else { 0 },
        "state": state,
        "lastState": last,
    })
}
