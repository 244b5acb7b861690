//! The Pod's row: its status column is a judgement over all its containers (`printPod`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age;
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
        json!(age::since(time(pod, "/metadata/creationTimestamp"), now)),
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

fn ready_sidecars(pod: &Value) -> usize {
    list(pod, "/status/initContainerStatuses")
        .iter()
        .filter(|it| flag(it, "/ready") && sidecars(pod).any(|name| name == text(it, "/name")))
        .count()
}

fn restarts(pod: &Value, now: Timestamp) -> String {
    let all = || {
        list(pod, "/status/containerStatuses")
            .iter()
            .chain(list(pod, "/status/initContainerStatuses"))
    };
    let count: i64 = all().map(|it| number(it, "/restartCount")).sum();
    let last = all()
        .filter_map(|it| time(it, "/lastState/terminated/finishedAt"))
        .max();
    match last {
        Some(last) if count > 0 => format!("{count} ({} ago)", age::since(Some(last), now)),
        _ => count.to_string(),
    }
}

fn status(pod: &Value) -> String {
    let mut status = match text(pod, "/status/reason") {
        "" => text(pod, "/status/phase").to_owned(),
        reason => reason.to_owned(),
    };
    let conditions = list(pod, "/status/conditions");
    if conditions
        .iter()
        .any(|it| text(it, "/reason") == "SchedulingGated")
    {
        "SchedulingGated".clone_into(&mut status);
    }
    if let Some(initialising) = init_status(pod) {
        status = initialising;
    } else {
        let mut has_running = false;
        for container in list(pod, "/status/containerStatuses").iter().rev() {
            if let Some(reason) = reason(container) {
                status = reason;
            } else if flag(container, "/ready") && container.pointer("/state/running").is_some() {
                has_running = true;
            }
        }
        if status == "Completed" && has_running {
            let is_ready = conditions
                .iter()
                .any(|it| text(it, "/type") == "Ready" && text(it, "/status") == "True");
            if is_ready { "Running" } else { "NotReady" }.clone_into(&mut status);
        }
    }
    if is_terminating(pod) {
        return "Terminating".to_owned();
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

/// `Init:…` while the init containers are not through.
fn init_status(pod: &Value) -> Option<String> {
    let total = list(pod, "/spec/initContainers").len();
    for (index, container) in list(pod, "/status/initContainerStatuses")
        .iter()
        .enumerate()
    {
        let is_sidecar = sidecars(pod).any(|name| name == text(container, "/name"));
        if container.pointer("/state/terminated").is_some()
            && number(container, "/state/terminated/exitCode") == 0
            || is_sidecar && flag(container, "/started")
        {
            continue;
        }
        if container.pointer("/state/terminated").is_some() {
            return reason(container).map(|reason| format!("Init:{reason}"));
        }
        return Some(match text(container, "/state/waiting/reason") {
            "" | "PodInitializing" => format!("Init:{index}/{total}"),
            reason => format!("Init:{reason}"),
        });
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
}
