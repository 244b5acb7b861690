//! Plays a recorded scenario in the sandbox, on its own clock, and notes what can be seen of it.

use std::{collections::BTreeMap, time::Duration};

use futures::FutureExt;
use http::Request;
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use pullscope::sandbox::{Pace, Sandbox, Scenario, User, api};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    record::{Condition, Event, State},
    shape,
};

/// `plays-*.toml`: a world, and one workload in it for each recorded scenario.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plays {
    world: String,
    /// What had happened before, except to those who are `alone`.
    #[serde(default)]
    before: String,
    secrets: BTreeMap<String, toml::Table>,
    /// The workload's name, where it is not the scenario's.
    workload: Option<String>,
    policy: Option<String>,
    /// How long a play lasts.
    minutes: u64,
    pub play: BTreeMap<String, Play>,
    /// Scenarios that the sandbox cannot play, and why.
    pub unplayed: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    #[serde(default)]
    image: String,
    /// Of which kind the workload is.
    kind: Option<String>,
    /// The workload as YAML, for what the other fields cannot say.
    manifest: Option<String>,
    /// The image of an ephemeral container that somebody adds.
    debug: Option<String>,
    #[serde(default)]
    secrets: Vec<String>,
    /// A ServiceAccount that is not there.
    account: Option<String>,
    /// Of the ServiceAccount.
    #[serde(default)]
    annotations: toml::Table,
    policy: Option<String>,
    cpu: Option<String>,
    spec: Option<String>,
    /// More of a scenario file.
    #[serde(default)]
    then: String,
    #[serde(default)]
    alone: bool,
    /// Somebody deletes the workload's Pods, so many seconds after the start.
    pods_deleted_after: Option<u64>,
}

/// When `kubectl debug` is called, in seconds after the start.
const DEBUGGED: u64 = 20;

/// What was seen of the played workload, each thing once and in its shape.
#[derive(Debug, Default)]
pub struct Seen {
    pub events: Vec<Event>,
    pub states: Vec<State>,
    pub conditions: Vec<Condition>,
}

impl Plays {
    pub fn workload<'a>(&'a self, scenario: &'a str) -> &'a str {
        self.workload.as_deref().unwrap_or(scenario)
    }

    pub async fn play(&self, name: &str, kubelet: &str) -> Seen {
        let play = &self.play[name];
        let text = self.scenario(name, play, kubelet);
        let scenario = Scenario::parse(name, &text).unwrap_or_else(|error| {
            panic!("{error}: {:?}\n{text}", std::error::Error::source(&error))
        });
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        let mut watches = [
            watch(&sandbox, "events").await,
            watch(&sandbox, "pods").await,
        ];
        let mut seen = Seen::default();
        let workload = self.workload(name);
        for second in 0..self.minutes * 60 {
            if play.pods_deleted_after == Some(second) {
                let path = format!("/api/v1/namespaces/app/pods?labelSelector=app%3D{workload}");
                send(&sandbox, Request::delete(path)).await;
            }
            if let Some(image) = play.debug.as_deref().filter(|_| second == DEBUGGED) {
                debug(&sandbox, workload, image).await;
            }
            sandbox.advance(Duration::from_secs(1));
            let [events, pods] = &mut watches;
            drain(events, |object| seen.note_event(&object, workload)).await;
            drain(pods, |object| seen.note_pod(&object, workload)).await;
        }
        seen
    }

    fn scenario(&self, name: &str, play: &Play, kubelet: &str) -> String {
        let mut file: toml::Table = format!(
            "title = 'played'\nstory = 'as recorded'\nkubelet = '{kubelet}'\n{}{}{}",
            self.world,
            if play.alone { "" } else { &self.before },
            play.then
        )
        .parse()
        .unwrap();
        for (name, secret) in &self.secrets {
            let mut secret = secret.clone();
            add(
                &mut secret,
                &[("name", name), ("at", "-9m"), ("user", "alice")],
            );
            secret.entry("namespace").or_insert_with(|| "app".into());
            push(&mut file, "secret", secret);
        }
        let workload = self.workload(name);
        if play.account.is_none() {
            let mut account = toml::Table::new();
            add(
                &mut account,
                &[("name", workload), ("namespace", "app"), ("at", "-9m")],
            );
            account.insert("secrets".to_owned(), play.secrets.clone().into());
            account.insert("annotations".to_owned(), play.annotations.clone().into());
            push(&mut file, "account", account);
        }
        if let Some(manifest) = &play.manifest {
            let mut entry = toml::Table::new();
            add(&mut entry, &[("at", "+1s"), ("yaml", manifest)]);
            push(&mut file, "manifest", entry);
            return file.to_string();
        }
        let account = play.account.as_deref().unwrap_or(workload);
        let mut entry = toml::Table::new();
        add(
            &mut entry,
            &[
                ("name", workload),
                ("namespace", "app"),
                ("at", "+1s"),
                ("image", &play.image),
                ("account", account),
                // The containers of all recordings are called that.
                ("container", "app"),
            ],
        );
        for (key, value) in [
            ("policy", play.policy.as_ref().or(self.policy.as_ref())),
            ("kind", play.kind.as_ref()),
            ("cpu", play.cpu.as_ref()),
            ("spec", play.spec.as_ref()),
        ] {
            if let Some(value) = value {
                add(&mut entry, &[(key, value)]);
            }
        }
        push(&mut file, "workload", entry);
        file.to_string()
    }
}

fn add(table: &mut toml::Table, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        table.insert((*name).to_owned(), (*value).into());
    }
}

fn push(file: &mut toml::Table, section: &str, entry: toml::Table) {
    let list = file
        .entry(section)
        .or_insert_with(|| toml::Value::Array(Vec::new()));
    list.as_array_mut().unwrap().push(entry.into());
}

impl Seen {
    fn note_event(&mut self, object: &Value, workload: &str) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let about = text("/involvedObject/name").unwrap_or_default();
        if about != workload && !about.starts_with(&format!("{workload}-")) {
            return;
        }
        let event = Event {
            object: text("/involvedObject/kind").unwrap_or_default().to_owned(),
            field: text("/involvedObject/fieldPath").map(str::to_owned),
            r#type: text("/type").unwrap_or_default().to_owned(),
            reason: text("/reason").unwrap_or_default().to_owned(),
            message: text("/message").unwrap_or_default().to_owned(),
        };
        note(&mut self.events, shape::event(&event, workload));
    }

    fn note_pod(&mut self, object: &Value, workload: &str) {
        let name = object["metadata"]["name"].as_str().unwrap();
        if name != workload && !name.starts_with(&format!("{workload}-")) {
            return;
        }
        for condition in object["status"]["conditions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let condition = serde_json::from_value(condition.clone()).unwrap();
            note(&mut self.conditions, condition);
        }
        for list in [
            "initContainerStatuses",
            "containerStatuses",
            "ephemeralContainerStatuses",
        ] {
            let statuses = object.pointer(&format!("/status/{list}"));
            for status in statuses.and_then(Value::as_array).into_iter().flatten() {
                let waiting = status.pointer("/state/waiting");
                let text = |field: &str| Some(waiting?.get(field)?.as_str()?.to_owned());
                let state = State {
                    container: status["name"].as_str().unwrap().to_owned(),
                    reason: text("reason"),
                    message: text("message"),
                };
                note(&mut self.states, shape::state(&state, workload));
            }
        }
    }
}

/// Adds what was not there yet.
pub fn note<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

async fn send(sandbox: &Sandbox, request: http::request::Builder) -> api::Body {
    let request = request.body(Full::<bytes::Bytes>::default()).unwrap();
    let answer = sandbox.service(User::admin()).oneshot(request).await;
    answer.unwrap().into_body()
}

/// Adds a container to the workload's running Pod, as `kubectl debug` does.
async fn debug(sandbox: &Sandbox, workload: &str, image: &str) {
    let pods = "/api/v1/namespaces/app/pods";
    let list = Request::get(format!("{pods}?labelSelector=app%3D{workload}"));
    let list = send(sandbox, list).await.collect().await.unwrap();
    let list: Value = serde_json::from_slice(&list.to_bytes()).unwrap();
    let pod = list["items"][0]["metadata"]["name"].as_str().unwrap();
    let added = json!({"name": "debugger", "image": image, "imagePullPolicy": "Always"});
    let patch = json!({"spec": {"ephemeralContainers": [added]}}).to_string();
    let request = Request::patch(format!("{pods}/{pod}/ephemeralcontainers"))
        .header("Content-Type", "application/strategic-merge-patch+json")
        .body(Full::from(patch))
        .unwrap();
    let answer = sandbox.service(User::admin()).oneshot(request).await;
    assert_eq!(answer.unwrap().status(), 200);
}

async fn watch(sandbox: &Sandbox, plural: &str) -> api::Body {
    let path = format!("/api/v1/namespaces/app/{plural}?watch=1");
    send(sandbox, Request::get(path)).await
}

/// Takes what has come, and does not wait for more.
async fn drain(body: &mut api::Body, mut take: impl FnMut(Value)) {
    while let Some(Some(frame)) = body.frame().now_or_never() {
        let line: Value = serde_json::from_slice(frame.unwrap().data_ref().unwrap()).unwrap();
        take(line["object"].clone());
    }
    tokio::task::yield_now().await;
}
