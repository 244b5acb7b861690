//! The columns of each kind (`pkg/printers/internalversion/printers.go`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age_since;
use crate::sandbox::{
    labels,
    object::{self, list, map, number, text, time},
    resources::ResourceKind,
};

pub struct ColumnDefinition {
    pub name: &'static str,
    pub is_number: bool,
    /// 0 is always shown, 1 only with `-o wide`.
    pub priority: u8,
}

/// The columns of a kind, written as a header line: `#` marks numbers, `+` what only `-o wide` shows.
fn header(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Namespace => "Name|Status|Age",
        ResourceKind::Node => {
            "Name|Status|Roles|Age|Version|+Internal-IP|+External-IP|+OS-Image|+Kernel-Version|+Container-Runtime"
        }
        ResourceKind::Secret => "Name|Type|#Data|Age",
        ResourceKind::ConfigMap => "Name|#Data|Age",
        ResourceKind::ServiceAccount => "Name|#Secrets|Age",
        ResourceKind::Pod => {
            "Name|Ready|Status|Restarts|Age|+IP|+Node|+Nominated Node|+Readiness Gates"
        }
        ResourceKind::Event => {
            "Last Seen|Type|Reason|Object|+Subobject|+Source|Message|+First Seen|+Count|+Name"
        }
        ResourceKind::ResourceQuota => "Name|Request|Limit|Age",
        ResourceKind::Deployment => {
            "Name|Ready|#Up-to-date|#Available|Age|+Containers|+Images|+Selector"
        }
        ResourceKind::ReplicaSet => {
            "Name|#Desired|#Current|#Ready|Age|+Containers|+Images|+Selector"
        }
        ResourceKind::StatefulSet => "Name|Ready|Age|+Containers|+Images",
        ResourceKind::DaemonSet => {
            "Name|#Desired|#Current|#Ready|#Up-to-date|#Available|Node Selector|Age|+Containers|+Images|+Selector"
        }
        ResourceKind::Job => "Name|Status|Completions|Duration|Age|+Containers|+Images|+Selector",
        ResourceKind::CronJob => {
            "Name|Schedule|Timezone|Suspend|#Active|Last Schedule|Age|+Containers|+Images|+Selector"
        }
        ResourceKind::Role | ResourceKind::ClusterRole => "Name|Created At",
        ResourceKind::RoleBinding | ResourceKind::ClusterRoleBinding => "Name|Role|Age",
    }
}

pub fn columns(kind: ResourceKind) -> impl Iterator<Item = ColumnDefinition> {
    header(kind).split('|').map(|name| ColumnDefinition {
        is_number: name.starts_with('#'),
        priority: u8::from(name.starts_with('+')),
        name: name.trim_start_matches(['#', '+']),
    })
}

pub fn cells(kind: ResourceKind, object: &Value, now: Timestamp) -> Value {
    let name = json!(object::name(object));
    let age = json!(age_since(time(object, "/metadata/creationTimestamp"), now));
    let say = |pointer: &str| json!(text(object, pointer));
    let amount = |pointer: &str| json!(number(object, pointer));
    let mut cells = match kind {
        ResourceKind::Pod => super::pod::cells(object, now),
        ResourceKind::Event => event(object, now),
        ResourceKind::Namespace => vec![name, say("/status/phase"), age],
        ResourceKind::Node => node(object, name, age),
        ResourceKind::Secret => {
            let entries = map(object, "/data").map_or(0, serde_json::Map::len);
            vec![name, say("/type"), json!(entries), age]
        }
        ResourceKind::ConfigMap => {
            let entries = map(object, "/data").map_or(0, serde_json::Map::len);
            vec![name, json!(entries), age]
        }
        ResourceKind::ServiceAccount => vec![name, json!(list(object, "/secrets").len()), age],
        ResourceKind::ResourceQuota => {
            let [requests, limits] = quota(object);
            vec![name, json!(requests), json!(limits), age]
        }
        ResourceKind::Deployment => {
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
        ResourceKind::ReplicaSet => vec![
            name,
            amount("/spec/replicas"),
            amount("/status/replicas"),
            amount("/status/readyReplicas"),
            age,
        ],
        ResourceKind::StatefulSet => {
            let ready = ratio(object, "/status/readyReplicas", "/spec/replicas");
            vec![name, json!(ready), age]
        }
        ResourceKind::DaemonSet => vec![
            name,
            amount("/status/desiredNumberScheduled"),
            amount("/status/currentNumberScheduled"),
            amount("/status/numberReady"),
            amount("/status/updatedNumberScheduled"),
            amount("/status/numberAvailable"),
            or_none(labels::pairs(map(
                object,
                "/spec/template/spec/nodeSelector",
            ))),
            age,
        ],
        ResourceKind::Job => job(object, name, age, now),
        ResourceKind::CronJob => vec![
            name,
            say("/spec/schedule"),
            or_none(text(object, "/spec/timeZone").to_owned()),
            json!(if object::flag(object, "/spec/suspend") {
                "True"
            } else {
                "False"
            }),
            json!(list(object, "/status/active").len()),
            json!(match time(object, "/status/lastScheduleTime") {
                Some(moment) => age_since(Some(moment), now),
                None => "<none>".to_owned(),
            }),
            age,
        ],
        ResourceKind::Role | ResourceKind::ClusterRole => {
            vec![name, say("/metadata/creationTimestamp")]
        }
        ResourceKind::RoleBinding | ResourceKind::ClusterRoleBinding => {
            let (kind, role) = (text(object, "/roleRef/kind"), text(object, "/roleRef/name"));
            vec![name, json!(format!("{kind}/{role}")), age]
        }
    };
    cells.extend(containers(kind, object));
    Value::Array(cells)
}

fn or_none(text: String) -> Value {
    if text.is_empty() {
        "<none>".into()
    } else {
        text.into()
    }
}

fn ratio(object: &Value, part: &str, whole: &str) -> String {
    format!("{}/{}", number(object, part), number(object, whole))
}

/// The wide columns that all workloads share.
fn containers(kind: ResourceKind, object: &Value) -> Vec<Value> {
    let spec = match kind {
        ResourceKind::Deployment
        | ResourceKind::ReplicaSet
        | ResourceKind::StatefulSet
        | ResourceKind::DaemonSet
        | ResourceKind::Job => "/spec/template/spec",
        ResourceKind::CronJob => "/spec/jobTemplate/spec/template/spec",
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
    if kind != ResourceKind::StatefulSet {
        let selector = object.pointer("/spec/selector").map(labels::selector);
        cells.push(or_none(selector.unwrap_or_default()));
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
        or_none(roles.join(",")),
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
        json!(age_since(moment, now))
    };
    let object = format!(
        "{}/{}",
        text(event, "/involvedObject/kind").to_lowercase(),
        text(event, "/involvedObject/name")
    );
    // The two views of an Event name its source differently (`formatEventSource`).
    let first = |one: &str, other: &str| match text(event, one) {
        "" => text(event, other).to_owned(),
        said => said.to_owned(),
    };
    let mut source = first("/source/component", "/reportingComponent");
    let host = first("/source/host", "/reportingInstance");
    if !host.is_empty() {
        source = format!("{source}, {host}");
    }
    let count = match event.pointer("/series") {
        Some(series) if !series.is_null() => number(series, "/count"),
        _ => number(event, "/count").max(1),
    };
    vec![
        at(&[
            "/series/lastObservedTime",
            "/lastTimestamp",
            "/firstTimestamp",
            "/eventTime",
        ]),
        say("/type"),
        say("/reason"),
        json!(object),
        say("/involvedObject/fieldPath"),
        json!(source),
        json!(text(event, "/message").trim()),
        at(&["/firstTimestamp", "/eventTime"]),
        json!(count),
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
        .map_or_else(String::new, |start| age_since(Some(start), end));
    let completions = ratio(job, "/status/succeeded", "/spec/completions");
    vec![
        name,
        json!(status),
        json!(completions),
        json!(duration),
        age,
    ]
}

/// What is used of what there is: of the requests, and of the limits.
fn quota(quota: &Value) -> [String; 2] {
    let used = map(quota, "/status/used");
    let (limits, requests): (Vec<_>, Vec<_>) = map(quota, "/spec/hard")
        .into_iter()
        .flatten()
        .partition(|(name, _)| name.starts_with("limits."));
    [requests, limits].map(|amounts| {
        let amounts: Vec<String> = amounts
            .into_iter()
            .map(|(name, hard)| {
                let used = used
                    .and_then(|used| used.get(name))
                    .and_then(Value::as_str)
                    .unwrap_or("0");
                format!("{name}: {used}/{}", hard.as_str().unwrap_or_default())
            })
            .collect();
        amounts.join(", ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row by the names of its columns.
    fn row(kind: ResourceKind, object: &Value) -> serde_json::Map<String, Value> {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let cells = cells(kind, object, now);
        let cells = cells.as_array().unwrap();
        assert_eq!(cells.len(), columns(kind).count(), "{kind:?}");
        columns(kind)
            .zip(cells)
            .map(|(column, cell)| (column.name.to_owned(), cell.clone()))
            .collect()
    }

    #[test]
    fn each_kind_has_a_cell_for_each_of_its_columns() {
        for kind in ResourceKind::ALL {
            assert_eq!(
                row(kind, &json!({"metadata": {"name": "a"}})).len(),
                columns(kind).count()
            );
        }
    }

    #[test]
    fn a_quota_tells_limits_from_requests() {
        let quota = json!({
            "spec": {"hard": {"limits.cpu": "8", "pods": "10", "requests.cpu": "4"}},
            "status": {"used": {"pods": "3"}},
        });
        let row = row(ResourceKind::ResourceQuota, &quota);
        assert_eq!(row["Request"], "pods: 3/10, requests.cpu: 0/4");
        assert_eq!(row["Limit"], "limits.cpu: 0/8");
    }

    #[test]
    fn what_the_object_says_is_no_none() {
        let set = json!({"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}});
        assert_eq!(
            row(ResourceKind::DaemonSet, &set)["Node Selector"],
            "disk=ssd"
        );
        let job = json!({"spec": {"timeZone": "Europe/Berlin"}});
        assert_eq!(
            row(ResourceKind::CronJob, &job)["Timezone"],
            "Europe/Berlin"
        );
        assert_eq!(row(ResourceKind::CronJob, &json!({}))["Timezone"], "<none>");
    }

    #[test]
    fn both_views_of_an_event_name_who_reports() {
        let scheduler = json!({
            "reportingComponent": "default-scheduler", "reportingInstance": "scheduler-1",
            "eventTime": "2026-11-23T11:59:00.000000Z",
        });
        let kubelet = json!({
            "source": {"component": "kubelet", "host": "node-1"}, "count": 4,
            "firstTimestamp": "2026-11-23T11:00:00Z", "lastTimestamp": "2026-11-23T11:59:30Z",
        });
        for (event, source, last, first, count) in [
            (scheduler, "default-scheduler, scheduler-1", "60s", "60s", 1),
            (kubelet, "kubelet, node-1", "30s", "60m", 4),
        ] {
            let row = row(ResourceKind::Event, &event);
            assert_eq!(row["Source"], source);
            assert_eq!(
                (&row["Last Seen"], &row["First Seen"]),
                (&json!(last), &json!(first))
            );
            assert_eq!(row["Count"], count);
        }
    }
}
