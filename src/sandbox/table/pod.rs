//! The Pod's row: status computed from all containers (`printPod`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age_since;
use crate::sandbox::object::{self, flag, is_terminating, list, number, text, time};

pub(super) fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let statuses = list(pod, "/status/containerStatuses");
    let ready = statuses.iter().filter(|it| flag(it, "/ready")).count();
    let total = list(pod, "/spec/containers").len() + sidecars(pod).count();
    let none = |pointer: &str| match text(pod, pointer) {
        "" => "<none>".to_owned(),
        text => text.to_owned(),
    };
    vec![
        json!(object::name(pod)),
        json!(format!("{}/{total}", ready + ready_sidecars(pod))),
        json!(status(pod)),
        json!(restarts(pod, now)),
        json!(age_since(time(pod, "/metadata/creationTimestamp"), now)),
        json!(none("/status/podIP")),
        json!(none("/spec/nodeName")),
        json!(none("/status/nominatedNodeName")),
        json!("<none>"),
    ]
}

fn sidecars(pod: &Value) -> impl Iterator<Item = &str> {
    list(pod, "/spec/initContainers")
        .iter()
        .filter(|container| text(container, "/restartPolicy") == "Always")
        .map(|container| text(container, "/name"))
}

/// Whether this status is a sidecar's.
fn is_sidecar(pod: &Value, status: &Value) -> bool {
    sidecars(pod).any(|name| name == text(status, "/name"))
}

fn ready_sidecars(pod: &Value) -> usize {
    list(pod, "/status/initContainerStatuses")
        .iter()
        .filter(|it| flag(it, "/ready") && is_sidecar(pod, it))
        .count()
}

/// While the Pod initialises those of the containers that do it; then those of the others, and of the
/// sidecars.
fn restarts(pod: &Value, now: Timestamp) -> String {
    let init = list(pod, "/status/initContainerStatuses").iter();
    let counted: Vec<&Value> = match initialising(pod) {
        Some((index, _)) if !has_condition(pod, "Initialized") => init.take(index + 1).collect(),
        _ => init
            .filter(|it| is_sidecar(pod, it))
            .chain(list(pod, "/status/containerStatuses"))
            .collect(),
    };
    let count: i64 = counted.iter().map(|it| number(it, "/restartCount")).sum();
    let last = counted
        .iter()
        .filter_map(|it| time(it, "/lastState/terminated/finishedAt"))
        .max();
    match last {
        Some(last) if count > 0 => format!("{count} ({} ago)", age_since(Some(last), now)),
        _ => count.to_string(),
    }
}

fn has_condition(pod: &Value, condition: &str) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == condition && text(it, "/status") == "True")
}

fn status(pod: &Value) -> String {
    let phase = text(pod, "/status/phase");
    let has_ended = matches!(phase, "Succeeded" | "Failed");
    if is_terminating(pod) && !has_ended {
        return match text(pod, "/status/reason") {
            "NodeLost" => "Unknown".to_owned(),
            _ => "Terminating".to_owned(),
        };
    }
    let mut status = match text(pod, "/status/reason") {
        "" => phase.to_owned(),
        reason => reason.to_owned(),
    };
    if list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/reason") == "SchedulingGated")
    {
        "SchedulingGated".clone_into(&mut status);
    }
    if let Some((_, initialising)) = initialising(pod) {
        status = initialising;
        if !has_condition(pod, "Initialized") {
            return status;
        }
    }
    let mut has_running = false;
    for container in list(pod, "/status/containerStatuses").iter().rev() {
        if let Some(reason) = reason(container) {
            status = reason;
        } else if flag(container, "/ready") && container.pointer("/state/running").is_some() {
            has_running = true;
        }
    }
    if status == "Completed" && has_running {
        let is_ready = has_condition(pod, "Ready");
        if is_ready { "Running" } else { "NotReady" }.clone_into(&mut status);
    }
    status
}

/// What a container waits for or ended with.
fn reason(container: &Value) -> Option<String> {
    let waiting = text(container, "/state/waiting/reason");
    if !waiting.is_empty() {
        return Some(waiting.to_owned());
    }
    let ended = container.pointer("/state/terminated")?;
    Some(match (text(ended, "/reason"), number(ended, "/signal")) {
        ("", 0) => format!("ExitCode:{}", number(ended, "/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    })
}

/// Which of the init containers is not through yet, and `Init:…`.
fn initialising(pod: &Value) -> Option<(usize, String)> {
    let total = list(pod, "/spec/initContainers").len();
    for (index, container) in list(pod, "/status/initContainerStatuses")
        .iter()
        .enumerate()
    {
        if container.pointer("/state/terminated").is_some()
            && number(container, "/state/terminated/exitCode") == 0
            || is_sidecar(pod, container) && flag(container, "/started")
        {
            continue;
        }
        if container.pointer("/state/terminated").is_some() {
            return reason(container).map(|reason| (index, format!("Init:{reason}")));
        }
        let status = match text(container, "/state/waiting/reason") {
            "" | "PodInitializing" => format!("Init:{index}/{total}"),
            reason => format!("Init:{reason}"),
        };
        return Some((index, status));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_names_what_holds_the_pod_up() {
        let spec = json!({"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]});
        for (status_json, shown) in [
            (json!({"phase": "Pending"}), "Pending"),
            (
                json!({"phase": "Pending", "initContainerStatuses": [
                    {"name": "i", "state": {"waiting": {"reason": "ErrImagePull"}}}]}),
                "Init:ErrImagePull",
            ),
            (
                json!({"phase": "Pending", "initContainerStatuses": [
                    {"name": "i", "state": {"waiting": {"reason": "PodInitializing"}}}]}),
                "Init:0/1",
            ),
            (
                json!({"phase": "Pending", "initContainerStatuses": [
                    {"name": "i", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}],
                    "containerStatuses": [
                    {"name": "a", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}),
                "ImagePullBackOff",
            ),
            (json!({"phase": "Failed", "reason": "Evicted"}), "Evicted"),
        ] {
            let pod = json!({"spec": spec, "status": status_json});
            assert_eq!(status(&pod), shown);
        }
    }

    #[test]
    fn what_ends_after_its_end_is_shown_by_its_end() {
        for (phase, shown) in [
            ("Running", "Terminating"),
            ("Failed", "Error"),
            ("Succeeded", "Error"),
        ] {
            let pod = json!({
                "metadata": {"deletionTimestamp": "2026-11-23T12:00:00Z"},
                "status": {"phase": phase, "containerStatuses": [
                    {"name": "a", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]},
            });
            assert_eq!(status(&pod), shown, "{phase}");
        }
    }

    #[test]
    fn restarts_of_what_initialised_are_forgotten() {
        let spec = json!({
            "containers": [{"name": "a"}],
            "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
        });
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let done = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
        for (init, shown) in [
            (json!({"waiting": {"reason": "CrashLoopBackOff"}}), "4"),
            (done, "3"),
        ] {
            let pod = json!({"spec": spec, "status": {
                "initContainerStatuses": [
                    {"name": "i", "restartCount": 4, "state": init},
                    {"name": "s", "restartCount": 1, "started": true, "state": {"running": {}}},
                ],
                "containerStatuses": [{"name": "a", "restartCount": 2, "state": {"running": {}}}],
            }});
            assert_eq!(restarts(&pod, now), shown);
        }
    }
}
