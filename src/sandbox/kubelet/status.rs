//! Computes the status of a Pod (`generateAPIPodStatus`).

use serde_json::{Value, json};

use super::worker::{ContainerExit, Process, Worker, WorkerContainer, WorkerContainerRole};
use crate::sandbox::{
    object::{self, Put, list, seconds, text},
    profile::Profile,
    resources::ResourceKind,
    rng::template_hash,
    world::World,
};

/// Writes the status if it has changed.
pub(super) fn write(world: &mut World, uid: &str) {
    let Some(pod) = world.kubelets.pod(&world.store, uid) else {
        return;
    };
    let Some(worker) = world.kubelets.workers.get_mut(uid) else {
        return;
    };
    if worker.is_shown_by(&pod) {
        return;
    }
    let status = status(&pod, worker, &seconds(world.now), world.profile);
    let shown = if pod.get("status") == Some(&status) {
        pod
    } else {
        let mut changed = without(&pod, &["status"]);
        changed.put("status", status);
        world.store.put(ResourceKind::Pod, changed)
    };
    worker.note_shown_by(shown);
}

/// A copy of a map that leaves out what will be written anew.
fn without(object: &Value, fields: &[&str]) -> Value {
    let kept = object.as_object().into_iter().flatten();
    kept.filter(|(name, _)| !fields.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn status(pod: &Value, worker: &Worker, now: &str, profile: Profile) -> Value {
    let phase = phase(pod, worker);
    let mut status = without(
        pod.get("status").unwrap_or(&Value::Null),
        &[
            "conditions",
            "containerStatuses",
            "initContainerStatuses",
            "ephemeralContainerStatuses",
        ],
    );
    status.put("phase", phase);
    status.put("conditions", conditions(pod, worker, phase, now, profile));
    status.put("hostIP", host_address(&worker.node));
    if let Some(started) = worker.started() {
        status.put("startTime", seconds(started));
    }
    if let Some(address) = worker.address() {
        status.put("podIP", address);
        status.put("podIPs", json!([{"ip": address}]));
    }
    for field in [
        "initContainerStatuses",
        "containerStatuses",
        "ephemeralContainerStatuses",
    ] {
        let statuses: Vec<Value> = worker
            .containers()
            .iter()
            .filter(|container| container.role.status_field() == field)
            .map(|container| container_status(object::uid(pod), worker, container))
            .collect();
        if !statuses.is_empty() {
            status.put(field, statuses);
        }
    }
    status
}

/// Whether the Pod has finished for good.
pub(super) fn is_finished(world: &World, uid: &str) -> bool {
    let pod = world.kubelets.pod(&world.store, uid);
    pod.is_none_or(|pod| matches!(text(&pod, "/status/phase"), "Succeeded" | "Failed"))
}

fn host_address(node: &str) -> String {
    let number = node.bytes().map(u32::from).sum::<u32>() % 200 + 10;
    format!("192.168.20.{number}")
}

fn is_initialised(worker: &Worker) -> bool {
    worker
        .containers()
        .iter()
        .all(|it| match (it.role, &it.process) {
            (WorkerContainerRole::Init, Process::Ended(end)) => end.code == 0,
            (WorkerContainerRole::Sidecar, Process::Running { .. })
            | (WorkerContainerRole::App | WorkerContainerRole::Ephemeral, _) => true,
            (WorkerContainerRole::Init | WorkerContainerRole::Sidecar, _) => false,
        })
}

/// `getPhase`: what waits and never ran keeps the Pod pending.
fn phase(pod: &Value, worker: &Worker) -> &'static str {
    let policy = text(pod, "/spec/restartPolicy");
    let failed_init = worker.containers().iter().any(|it| {
        it.role == WorkerContainerRole::Init
            && matches!(&it.process, Process::Ended(end) if end.code != 0)
            && policy == "Never"
    });
    if failed_init {
        return "Failed";
    }
    if !is_initialised(worker) {
        return "Pending";
    }
    let apps = || {
        worker
            .containers()
            .iter()
            .filter(|it| it.role == WorkerContainerRole::App)
    };
    if apps().any(|it| it.process == Process::None) {
        return "Pending";
    }
    let ends: Vec<&ContainerExit> = apps()
        .filter_map(|it| match &it.process {
            Process::Ended(end) => Some(end),
            Process::None | Process::Running { .. } => None,
        })
        .collect();
    let all_ended = ends.len() == apps().count();
    let none_failed = ends.iter().all(|end| end.code == 0);
    match (all_ended, policy, none_failed) {
        (true, "Never" | "OnFailure", true) => "Succeeded",
        (true, "Never", false) => "Failed",
        _ => "Running",
    }
}

fn conditions(
    pod: &Value,
    worker: &Worker,
    phase: &str,
    now: &str,
    profile: Profile,
) -> Vec<Value> {
    let end = match phase {
        "Succeeded" => Some("PodCompleted"),
        "Failed" if !profile.is_old() => Some("PodFailed"),
        _ => None,
    };
    let unready = names(worker, |it| {
        matches!(
            it.role,
            WorkerContainerRole::Sidecar | WorkerContainerRole::App
        ) && !it.ready
    });
    let incomplete = names(worker, |it| {
        it.role == WorkerContainerRole::Init && !has_succeeded(it)
    });
    let initialised = is_initialised(worker);
    let ready = unready.is_empty() && end.is_none();
    let unready = match end {
        Some(reason) => (reason, String::new()),
        None => (
            "ContainersNotReady",
            format!("containers with unready status: [{unready}]"),
        ),
    };
    let incomplete = (
        "ContainersNotInitialized",
        format!("containers with incomplete status: [{incomplete}]"),
    );
    let mut wanted = vec![
        ("Initialized", initialised, Some(incomplete)),
        ("Ready", ready, Some(unready.clone())),
        ("ContainersReady", ready, Some(unready)),
        ("PodScheduled", true, None),
    ];
    if !profile.is_old() {
        wanted.insert(0, ("PodReadyToStartContainers", worker.is_set_up(), None));
    }
    wanted
        .into_iter()
        .map(|(kind, holds, why)| condition(pod, kind, holds, why.filter(|_| !holds), now))
        .collect()
}

/// The names of some containers, as the kubelet lists them.
fn names(worker: &Worker, which: impl Fn(&WorkerContainer) -> bool) -> String {
    let names: Vec<&str> = worker
        .containers()
        .iter()
        .filter(|it| which(it))
        .map(|it| it.name.as_str())
        .collect();
    names.join(" ")
}

fn has_succeeded(container: &WorkerContainer) -> bool {
    matches!(&container.process, Process::Ended(end) if end.code == 0)
}

fn condition(
    pod: &Value,
    kind: &str,
    holds: bool,
    why: Option<(&str, String)>,
    now: &str,
) -> Value {
    let status = if holds { "True" } else { "False" };
    let before = list(pod, "/status/conditions")
        .iter()
        .find(|it| text(it, "/type") == kind && text(it, "/status") == status);
    let since = before.map_or(now, |it| text(it, "/lastTransitionTime"));
    let mut condition = json!({
        "type": kind,
        "status": status,
        "lastProbeTime": null,
        "lastTransitionTime": since,
    });
    if let Some((reason, message)) = why {
        condition.put("reason", reason);
        if !message.is_empty() {
            condition.put("message", message);
        }
    }
    condition
}

fn container_status(uid: &str, worker: &Worker, container: &WorkerContainer) -> Value {
    let id = |run: u32| {
        let text = format!("{uid}/{}/{run}", container.name);
        format!(
            "containerd://{}{}",
            template_hash(&text),
            template_hash(&format!("{text}+"))
        )
    };
    let is_running = matches!(container.process, Process::Running { .. });
    let (state, last) = state(worker, container);
    let mut status = json!({
        "name": container.name,
        "state": state,
        "lastState": last,
        "ready": container.ready || container.role == WorkerContainerRole::Init && has_succeeded(container),
        "restartCount": container.restarts,
        "image": container.image,
        "imageID": container.image_id.as_deref().unwrap_or_default(),
        "started": is_running,
    });
    if container.process != Process::None {
        status.put("containerID", id(container.restarts));
    }
    status
}

/// The state now and the one before. A container that waits after it ended shows its end as the
/// last state.
fn state(worker: &Worker, container: &WorkerContainer) -> (Value, Value) {
    let before = container
        .last_end
        .as_ref()
        .map_or_else(|| json!({}), |end| json!({"terminated": terminated(end)}));
    match (&container.process, &container.waiting) {
        (Process::Running { since }, _) => {
            (json!({"running": {"startedAt": seconds(*since)}}), before)
        }
        (Process::Ended(end), Some(waiting)) => (
            json!({"waiting": {"reason": waiting.reason, "message": waiting.message}}),
            json!({"terminated": terminated(end)}),
        ),
        (Process::Ended(end), None) => (json!({"terminated": terminated(end)}), before),
        (Process::None, Some(waiting)) => (
            json!({"waiting": {"reason": waiting.reason, "message": waiting.message}}),
            before,
        ),
        (Process::None, None) => {
            let has_inits = worker.containers().iter().any(|it| {
                matches!(
                    it.role,
                    WorkerContainerRole::Init | WorkerContainerRole::Sidecar
                )
            });
            let reason = if has_inits && !is_initialised(worker) {
                "PodInitializing"
            } else {
                "ContainerCreating"
            };
            (json!({"waiting": {"reason": reason}}), before)
        }
    }
}

fn terminated(end: &ContainerExit) -> Value {
    json!({
        "exitCode": end.code,
        "reason": if end.code == 0 { "Completed" } else { "Error" },
        "startedAt": seconds(end.started),
        "finishedAt": seconds(end.finished),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::store::ObjectKey;

    #[test]
    fn a_container_that_never_ran_keeps_the_pod_pending() {
        let pod = json!({"spec": {"restartPolicy": "Always", "containers": [
            {"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}});
        let mut worker = Worker::new(ObjectKey::new("app", "web"), "node", &pod);
        let since = jiff::Timestamp::UNIX_EPOCH;
        worker.containers_mut()[0].process = Process::Running { since };
        assert_eq!(phase(&pod, &worker), "Pending");
        worker.containers_mut()[1].process = Process::Running { since };
        assert_eq!(phase(&pod, &worker), "Running");
    }
}
