//! The scheduler: a node with room for each Pod, or the reason why there is none.

use crate::sandbox::object::Put;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Work, pods};
use crate::sandbox::{
    clock::later,
    object::{self, Object, flag, is_terminating, list, map, put, seconds, text},
    recorder::{self, Level, Report, Source},
    resources::Kind,
    store::Place,
    world::World,
};

/// How long a Pod that fits nowhere waits for another look when nothing changes.
const AGAIN: Duration = Duration::from_secs(300);

/// What a Pod asks for or a node offers: thousandths of a processor, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Room {
    cpu: i64,
    memory: i64,
}

pub(super) fn schedule(world: &mut World, place: &Place) {
    let Some(pod) = world.store.at(Kind::Pod, place).cloned() else {
        return;
    };
    if !text(&pod, "/spec/nodeName").is_empty() || is_terminating(&pod) {
        return;
    }
    match choose(world, &pod) {
        Ok(node) => bind(world, &pod, &node),
        Err(why) => refuse(world, &pod, &why),
    }
}

/// The fitting node with the most processor left; or why no node fits.
fn choose(world: &World, pod: &Value) -> Result<String, String> {
    let wanted = requested(pod);
    let nodes: Vec<Object> = world.store.list(Kind::Node, None).cloned().collect();
    let mut reasons: Vec<&str> = Vec::new();
    let mut best: Option<(i64, String)> = None;
    for node in &nodes {
        if let Some(reason) = mismatch(pod, node) {
            reasons.push(reason);
            continue;
        }
        let free = free(world, node);
        if wanted.cpu > free.cpu {
            reasons.push("Insufficient cpu");
        } else if wanted.memory > free.memory {
            reasons.push("Insufficient memory");
        } else if best.as_ref().is_none_or(|(most, _)| free.cpu > *most) {
            best = Some((free.cpu, object::name(node).to_owned()));
        }
    }
    match best {
        Some((_, name)) => Ok(name),
        None => Err(explain(world, nodes.len(), reasons)),
    }
}

fn mismatch(pod: &Value, node: &Value) -> Option<&'static str> {
    let name = object::name(node);
    let pinned = pinned_node(pod);
    let selected = map(pod, "/spec/nodeSelector")
        .into_iter()
        .flatten()
        .all(|(key, value)| object::label(node, key) == value.as_str());
    if pinned.is_some_and(|pinned| pinned != name) || !selected {
        return Some("node(s) didn't match Pod's node affinity/selector");
    }
    flag(node, "/spec/unschedulable").then_some("node(s) were unschedulable")
}

/// DaemonSets pin their Pods by an affinity for the node's name.
fn pinned_node(pod: &Value) -> Option<&str> {
    pod.pointer("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0")?
        .as_str()
}

fn explain(world: &World, count: usize, mut reasons: Vec<&str>) -> String {
    reasons.sort_unstable();
    let mut parts: Vec<String> = Vec::new();
    for chunk in reasons.chunk_by(|a, b| a == b) {
        if let Some(reason) = chunk.first() {
            parts.push(format!("{} {reason}", chunk.len()));
        }
    }
    if count == 0 {
        // `ErrNoNodesAvailable` of the scheduler.
        return "no nodes available to schedule pods".to_owned();
    }
    let short = format!("0/{count} nodes are available: {}.", parts.join(", "));
    if world.profile.is_old() {
        return short;
    }
    let helpless = reasons.iter().all(|reason| reason.starts_with("node(s)"));
    let preemption = if helpless {
        "Preemption is not helpful for scheduling."
    } else {
        "No preemption victims found for incoming pod."
    };
    format!(
        "{short} no new claims to deallocate, preemption: 0/{count} nodes are available: {count} {preemption}"
    )
}

fn requested(pod: &Value) -> Room {
    list(pod, "/spec/containers")
        .iter()
        .fold(Room::default(), |room, container| Room {
            cpu: room.cpu + quantity(container.pointer("/resources/requests/cpu"), 1000),
            memory: room.memory + quantity(container.pointer("/resources/requests/memory"), 1),
        })
}

fn free(world: &World, node: &Value) -> Room {
    let offered = Room {
        cpu: quantity(node.pointer("/status/allocatable/cpu"), 1000),
        memory: quantity(node.pointer("/status/allocatable/memory"), 1),
    };
    world
        .store
        .list(Kind::Pod, None)
        .filter(|pod| text(pod, "/spec/nodeName") == object::name(node))
        .filter(|pod| pods::is_active(pod) || is_terminating(pod))
        .fold(offered, |room, pod| {
            let taken = requested(pod);
            Room {
                cpu: room.cpu - taken.cpu,
                memory: room.memory - taken.memory,
            }
        })
}

/// `250m`, `1`, `128Mi` in units of `1 / scale`.
fn quantity(value: Option<&Value>, scale: i64) -> i64 {
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return 0,
    };
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let number: i64 = digits.parse().unwrap_or_default();
    match unit {
        "m" => number * scale / 1000,
        "k" => number * scale * 1000,
        "M" => number * scale * 1_000_000,
        "G" => number * scale * 1_000_000_000,
        "Ki" => (number * scale) << 10,
        "Mi" => (number * scale) << 20,
        "Gi" => (number * scale) << 30,
        _ => number * scale,
    }
}

fn bind(world: &mut World, pod: &Value, node: &str) {
    let mut bound = pod.clone();
    put(&mut bound, "/spec/nodeName", node);
    set_condition(world, &mut bound, None);
    world.store.put(Kind::Pod, bound);
    let message = format!(
        "Successfully assigned {}/{} to {node}",
        object::namespace(pod),
        object::name(pod)
    );
    report(world, pod, Level::Normal, "Scheduled", message, "Binding");
}

fn refuse(world: &mut World, pod: &Value, why: &str) {
    let known = list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == "PodScheduled" && text(it, "/message") == why);
    let mut waiting = pod.clone();
    set_condition(world, &mut waiting, Some(why));
    world.store.put(Kind::Pod, waiting);
    if !known {
        report(
            world,
            pod,
            Level::Warning,
            "FailedScheduling",
            why.to_owned(),
            "Scheduling",
        );
    }
    let again = later(world.now, AGAIN);
    let work = Work::Schedule(Place::of(pod));
    super::wake_at(world, again, work);
}

fn set_condition(world: &World, pod: &mut Value, refused: Option<&str>) {
    let mut condition = json!({
        "type": "PodScheduled",
        "status": if refused.is_some() { "False" } else { "True" },
        "lastProbeTime": null,
        "lastTransitionTime": seconds(world.now),
    });
    if let Some(why) = refused {
        condition.put("reason", "Unschedulable");
        condition.put("message", why);
        let before = list(pod, "/status/conditions").first();
        if let Some(before) = before.filter(|it| text(it, "/status") == "False") {
            condition.put("lastTransitionTime", text(before, "/lastTransitionTime"));
        }
    }
    put(pod, "/status/conditions", json!([condition]));
}

fn report(
    world: &mut World,
    pod: &Value,
    level: Level,
    reason: &str,
    message: String,
    action: &str,
) {
    let report = Report {
        source: Source::controller("default-scheduler"),
        level,
        reason,
        message,
        field: None,
    };
    recorder::record_once(world, pod, &report, action);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read() {
        for (text, scale, value) in [
            (json!("250m"), 1000, 250),
            (json!("2"), 1000, 2000),
            (json!(2), 1000, 2000),
            (json!("128Mi"), 1, 128 << 20),
            (json!("1G"), 1, 1_000_000_000),
        ] {
            assert_eq!(quantity(Some(&text), scale), value, "{text}");
        }
        assert_eq!(quantity(None, 1), 0);
    }
}
