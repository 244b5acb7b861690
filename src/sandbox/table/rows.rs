//! The columns of each kind (`pkg/printers/internalversion/printers.go`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age;
use crate::sandbox::{
    object::{self, list, map, number, text, time},
    resources::Kind,
};

pub struct Column {
    pub name: &'static str,
    pub is_number: bool,
    /// 0 is always shown, 1 only with `-o wide`.
    pub priority: u8,
}

/// The columns of a kind, written as a header line: `#` marks numbers, `+` what only `-o wide` shows.
fn header(kind: Kind) -> &'static str {
    match kind {
        Kind::Namespace => "Name|Status|Age",
        Kind::Node => {
            "Name|Status|Roles|Age|Version|+Internal-IP|+External-IP|+OS-Image|+Kernel-Version|+Container-Runtime"
        }
        Kind::Secret => "Name|Type|#Data|Age",
        Kind::ConfigMap => "Name|#Data|Age",
        Kind::ServiceAccount => "Name|#Secrets|Age",
        Kind::Pod => "Name|Ready|Status|Restarts|Age|+IP|+Node|+Nominated Node|+Readiness Gates",
        Kind::Event => {
            "Last Seen|Type|Reason|Object|+Subobject|+Source|Message|+First Seen|+Count|+Name"
        }
        Kind::ResourceQuota => "Name|Request|Limit|Age",
        Kind::Deployment => "Name|Ready|#Up-to-date|#Available|Age|+Containers|+Images|+Selector",
        Kind::ReplicaSet => "Name|#Desired|#Current|#Ready|Age|+Containers|+Images|+Selector",
        Kind::StatefulSet => "Name|Ready|Age|+Containers|+Images",
        Kind::DaemonSet => {
            "Name|#Desired|#Current|#Ready|#Up-to-date|#Available|Node Selector|Age|+Containers|+Images|+Selector"
        }
        Kind::Job => "Name|Status|Completions|Duration|Age|+Containers|+Images|+Selector",
        Kind::CronJob => {
            "Name|Schedule|Timezone|Suspend|#Active|Last Schedule|Age|+Containers|+Images|+Selector"
        }
        Kind::Role | Kind::ClusterRole => "Name|Created At",
        Kind::RoleBinding | Kind::ClusterRoleBinding => "Name|Role|Age",
    }
}

pub fn columns(kind: Kind) -> impl Iterator<Item = Column> {
    header(kind).split('|').map(|name| Column {
        is_number: name.starts_with('#'),
        priority: u8::from(name.starts_with('+')),
        name: name.trim_start_matches(['#', '+']),
    })
}

pub fn cells(kind: Kind, object: &Value, now: Timestamp) -> Value {
    let name = json!(object::name(object));
    let age = json!(age::since(time(object, "/metadata/creationTimestamp"), now));
    let say = |pointer: &str| json!(text(object, pointer));
    let amount = |pointer: &str| json!(number(object, pointer));
    let mut cells = match kind {
        Kind::Pod => super::pod::cells(object, now),
        Kind::Event => event(object, now),
        Kind::Namespace => vec![name, say("/status/phase"), age],
        Kind::Node => node(object, name, age),
        Kind::Secret => {
            let entries = map(object, "/data").map_or(0, serde_json::Map::len);
            vec![name, say("/type"), json!(entries), age]
        }
        Kind::ConfigMap => {
            let entries = map(object, "/data").map_or(0, serde_json::Map::len);
            vec![name, json!(entries), age]
        }
        Kind::ServiceAccount => vec![name, json!(list(object, "/secrets").len()), age],
        Kind::ResourceQuota => vec![name, json!(quota(object)), json!(""), age],
        Kind::Deployment => {
            let ready = ratio(object, "/status/readyReplicas", "/spec/replicas");
            let updated = amount("/status/updatedReplicas");
            vec![
                name,
                json!(ready),
                updated,
                amount("/status/availableReplicas"),
                age,
            ]
        }
        Kind::ReplicaSet => vec![
            name,
            amount("/spec/replicas"),
            amount("/status/replicas"),
            amount("/status/readyReplicas"),
            age,
        ],
        Kind::StatefulSet => {
            let ready = ratio(object, "/status/readyReplicas", "/spec/replicas");
            vec![name, json!(ready), age]
        }
        Kind::DaemonSet => vec![
            name,
            amount("/status/desiredNumberScheduled"),
            amount("/status/currentNumberScheduled"),
            amount("/status/numberReady"),
            amount("/status/updatedNumberScheduled"),
            amount("/status/numberAvailable"),
            json!("<none>"),
            age,
        ],
        Kind::Job => job(object, name, age, now),
        Kind::CronJob => vec![
            name,
            say("/spec/schedule"),
            json!("<none>"),
            json!(if object::flag(object, "/spec/suspend") {
                "True"
            } else {
                "False"
            }),
            json!(list(object, "/status/active").len()),
            json!(match time(object, "/status/lastScheduleTime") {
                Some(moment) => age::since(Some(moment), now),
                None => "<none>".to_owned(),
            }),
            age,
        ],
        Kind::Role | Kind::ClusterRole => vec![name, say("/metadata/creationTimestamp")],
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            let (kind, role) = (text(object, "/roleRef/kind"), text(object, "/roleRef/name"));
            vec![name, json!(format!("{kind}/{role}")), age]
        }
    };
    cells.extend(containers(kind, object));
    Value::Array(cells)
}

fn ratio(object: &Value, part: &str, whole: &str) -> String {
    format!("{}/{}", number(object, part), number(object, whole))
}

/// The wide columns that all workloads share.
fn containers(kind: Kind, object: &Value) -> Vec<Value> {
    let spec = match kind {
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job => {
            "/spec/template/spec"
        }
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => return Vec::new(),
    };
    let join = |field: &str| {
        let texts: Vec<&str> = list(object, &format!("{spec}/containers"))
            .iter()
            .map(|container| text(container, field))
            .collect();
        json!(texts.join(","))
    };
    let mut cells = vec![join("/name"), join("/image")];
    if kind != Kind::StatefulSet {
        let selector: Vec<String> = map(object, "/spec/selector/matchLabels")
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        let none = selector.is_empty();
        cells.push(json!(if none {
            "<none>".to_owned()
        } else {
            selector.join(",")
        }));
    }
    cells
}

fn node(node: &Value, name: Value, age: Value) -> Vec<Value> {
    let is_ready = list(node, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == "Ready" && text(it, "/status") == "True");
    let mut status = if is_ready { "Ready" } else { "NotReady" }.to_owned();
    if object::flag(node, "/spec/unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let roles: Vec<&str> = map(node, "/metadata/labels")
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    let info = |field: &str| json!(text(node, &format!("/status/nodeInfo/{field}")));
    let address = list(node, "/status/addresses")
        .iter()
        .find(|it| text(it, "/type") == "InternalIP")
        .map_or("<none>", |it| text(it, "/address"));
    vec![
        name,
        json!(status),
        json!(if roles.is_empty() {
            "<none>".to_owned()
        } else {
            roles.join(",")
        }),
        age,
        info("kubeletVersion"),
        json!(address),
        json!("<none>"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn event(event: &Value, now: Timestamp) -> Vec<Value> {
    let say = |pointer: &str| json!(text(event, pointer));
    let at = |pointers: &[&str]| {
        let moment = pointers.iter().find_map(|pointer| time(event, pointer));
        json!(age::since(moment, now))
    };
    let object = format!(
        "{}/{}",
        text(event, "/involvedObject/kind").to_lowercase(),
        text(event, "/involvedObject/name")
    );
    let source = match (
        text(event, "/source/component"),
        text(event, "/source/host"),
    ) {
        ("", _) => text(event, "/reportingComponent").to_owned(),
        (component, "") => component.to_owned(),
        (component, host) => format!("{component}, {host}"),
    };
    vec![
        at(&["/series/lastObservedTime", "/lastTimestamp", "/eventTime"]),
        say("/type"),
        say("/reason"),
        json!(object),
        say("/involvedObject/fieldPath"),
        json!(source),
        json!(text(event, "/message").trim()),
        at(&["/firstTimestamp", "/eventTime"]),
        json!(
            number(event, "/series/count")
                .max(number(event, "/count"))
                .max(1)
        ),
        say("/metadata/name"),
    ]
}

fn job(job: &Value, name: Value, age: Value, now: Timestamp) -> Vec<Value> {
    let holds = |kind: &str| {
        list(job, "/status/conditions")
            .iter()
            .any(|it| text(it, "/type") == kind && text(it, "/status") == "True")
    };
    let status = match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if object::flag(job, "/spec/suspend") => "Suspended",
        () => "Running",
    };
    let end = time(job, "/status/completionTime").unwrap_or(now);
    let duration = time(job, "/status/startTime")
        .map_or_else(String::new, |start| age::since(Some(start), end));
    let completions = ratio(job, "/status/succeeded", "/spec/completions");
    vec![
        name,
        json!(status),
        json!(completions),
        json!(duration),
        age,
    ]
}

fn quota(quota: &Value) -> String {
    let used = map(quota, "/status/used");
    map(quota, "/spec/hard")
        .into_iter()
        .flatten()
        .map(|(name, hard)| {
            let used = used
                .and_then(|used| used.get(name))
                .and_then(Value::as_str)
                .unwrap_or("0");
            format!("{name}: {used}/{}", hard.as_str().unwrap_or_default())
        })
        .collect::<Vec<_>>()
        .join(", ")
}
