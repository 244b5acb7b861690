//! The scheduler: binds each Pod to a node that fits, or reports why none does.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{pods, timers::wake_at, work_queue::Work};
use crate::sandbox::{
    clock::later,
    event_recorder::{self, EventReport, EventReporter, EventType},
    object::{self, Put, StoredObject, flag, is_terminating, list, map, put, seconds, text},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
};

/// Pause before an unschedulable Pod is tried again without a change.
const AGAIN: Duration = Duration::from_secs(300);

/// What a Pod asks for or a node offers: thousandths of a processor, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ResourceAmounts {
    cpu: i64,
    memory: i64,
}

impl ResourceAmounts {
    fn and(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_add(other.cpu),
            memory: self.memory.saturating_add(other.memory),
        }
    }
}

pub(super) fn schedule(world: &mut World, place: &ObjectKey) {
    let Some(pod) = world.store.at(ResourceKind::Pod, place).cloned() else {
        return;
    };
    let is_held_back = is_gated(&pod) || is_terminating(&pod);
    if !text(&pod, "/spec/nodeName").is_empty() || is_held_back {
        return;
    }
    match choose(world, &pod) {
        Ok(node) => bind(world, &pod, &node),
        Err(why) => refuse(world, &pod, &why),
    }
}

/// Whether the Pod has a scheduling gate (`spec.schedulingGates`).
pub(super) fn is_gated(pod: &Value) -> bool {
    !list(pod, "/spec/schedulingGates").is_empty()
}

/// Whether the last gate was removed and the Pod not scheduled yet.
pub(super) fn is_released(pod: &Value) -> bool {
    !is_gated(pod)
        && list(pod, "/status/conditions")
            .iter()
            .any(|it| text(it, "/reason") == "SchedulingGated")
}

/// The fitting node with the most processor left; or why no node fits.
fn choose(world: &World, pod: &Value) -> Result<String, String> {
    let wanted = requested(pod);
    let taken = taken(world);
    let nodes: Vec<StoredObject> = world
        .store
        .list(ResourceKind::Node, None)
        .cloned()
        .collect();
    let mut reasons: Vec<&str> = Vec::new();
    let mut best: Option<(i64, String)> = None;
    let mut could_make_room = false;
    for node in &nodes {
        if let Some(reason) = mismatch(pod, node) {
            reasons.push(reason);
            continue;
        }
        let whole = free(node, None);
        could_make_room |= wanted.cpu <= whole.cpu && wanted.memory <= whole.memory;
        let free = free(node, taken.get(object::name(node)).copied());
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
        None => Err(explain(world, nodes.len(), reasons, could_make_room)),
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

/// `could_make_room` says whether the Pod would fit on a node that ran nothing else.
fn explain(world: &World, count: usize, mut reasons: Vec<&str>, could_make_room: bool) -> String {
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
    let newest = world.profile.is_newest();
    let helpless =
        reasons.iter().all(|reason| reason.starts_with("node(s)")) || newest && !could_make_room;
    let preemption = if helpless {
        "Preemption is not helpful for scheduling."
    } else {
        "No preemption victims found for incoming pod."
    };
    let claims = if newest {
        ""
    } else {
        "no new claims to deallocate, "
    };
    format!("{short} {claims}preemption: 0/{count} nodes are available: {count} {preemption}")
}

fn free(node: &Value, taken: Option<ResourceAmounts>) -> ResourceAmounts {
    let taken = taken.unwrap_or_default();
    ResourceAmounts {
        cpu: quantity(node.pointer("/status/allocatable/cpu"), 1000).saturating_sub(taken.cpu),
        memory: quantity(node.pointer("/status/allocatable/memory"), 1)
            .saturating_sub(taken.memory),
    }
}

/// What the Pods on each node have asked for; one that goes still has it.
fn taken(world: &World) -> BTreeMap<&str, ResourceAmounts> {
    let mut taken: BTreeMap<&str, ResourceAmounts> = BTreeMap::new();
    for pod in world.store.list(ResourceKind::Pod, None) {
        let node = text(pod, "/spec/nodeName");
        if !node.is_empty() && (pods::is_active(pod) || is_terminating(pod)) {
            let room = taken.entry(node).or_default();
            *room = room.and(requested(pod));
        }
    }
    taken
}

fn requested(pod: &Value) -> ResourceAmounts {
    list(pod, "/spec/containers")
        .iter()
        .map(|container| {
            let requests = container
                .get("resources")
                .and_then(|resources| resources.get("requests"));
            let request = |name| requests.and_then(|requests| requests.get(name));
            ResourceAmounts {
                cpu: quantity(request("cpu"), 1000),
                memory: quantity(request("memory"), 1),
            }
        })
        .fold(ResourceAmounts::default(), ResourceAmounts::and)
}

/// `250m`, `1.5`, `128Mi` in units of `1 / scale`.
fn quantity(value: Option<&Value>, scale: i64) -> i64 {
    match value {
        Some(Value::String(text)) => parse_quantity(text, scale),
        Some(other) => parse_quantity(&other.to_string(), scale),
        None => 0,
    }
}

fn parse_quantity(text: &str, scale: i64) -> i64 {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let (factor, divisor) = match unit {
        "m" => (scale, 1000),
        "k" => (scale * 1000, 1),
        "M" => (scale * 1_000_000, 1),
        "G" => (scale * 1_000_000_000, 1),
        "T" => (scale * 1_000_000_000_000, 1),
        "Ki" => (scale << 10, 1),
        "Mi" => (scale << 20, 1),
        "Gi" => (scale << 30, 1),
        "Ti" => (scale << 40, 1),
        _ => (scale, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: i64 = whole.parse().unwrap_or_default();
    let thousandths = fraction.chars().chain("000".chars()).take(3);
    let thousandths = thousandths.fold(0, |sum, c| {
        sum * 10 + i64::from(c.to_digit(10).unwrap_or(0))
    });
    (whole.saturating_mul(factor)).saturating_add(thousandths * factor / 1000) / divisor
}

fn bind(world: &mut World, pod: &Value, node: &str) {
    let mut bound = pod.clone();
    put(&mut bound, "/spec/nodeName", node);
    set_condition(world, &mut bound, None);
    world.store.put(ResourceKind::Pod, bound);
    let message = format!(
        "Successfully assigned {}/{} to {node}",
        object::namespace(pod),
        object::name(pod)
    );
    report(
        world,
        pod,
        EventType::Normal,
        "Scheduled",
        message,
        "Binding",
    );
}

fn refuse(world: &mut World, pod: &Value, why: &str) {
    let known = list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == "PodScheduled" && text(it, "/message") == why);
    let mut waiting = pod.clone();
    set_condition(world, &mut waiting, Some(why));
    world.store.put(ResourceKind::Pod, waiting);
    if !known {
        report(
            world,
            pod,
            EventType::Warning,
            "FailedScheduling",
            why.to_owned(),
            "Scheduling",
        );
    }
    let again = later(world.now, AGAIN);
    let work = Work::Schedule(ObjectKey::from_object(pod));
    wake_at(world, again, work);
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
    level: EventType,
    reason: &str,
    message: String,
    action: &str,
) {
    let report = EventReport {
        source: EventReporter::controller("default-scheduler"),
        level,
        reason,
        message,
        field: None,
    };
    event_recorder::record_once(world, pod, &report, action);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As recorded on Kubernetes 1.37.2: a gated Pod has `PodScheduled` false with the reason `SchedulingGated`, and
    /// no event.
    #[test]
    fn a_gated_pod_is_scheduled_when_its_last_gate_goes() {
        let mut world = crate::sandbox::scenario::trial(
            "[[manifest]]
            at = '-1s'
            yaml = '{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: app}, spec: {schedulingGates: [{name: lab/wait}], containers: [{name: app, image: reg.example/serve:2}]}}'",
        );
        let place = ObjectKey::new("app", "web");
        let pod = |world: &World| Value::clone(world.store.at(ResourceKind::Pod, &place).unwrap());
        world.advance(Duration::from_secs(600));
        assert_eq!(text(&pod(&world), "/spec/nodeName"), "");
        assert_eq!(
            world.store.list(ResourceKind::Event, Some("app")).count(),
            0
        );
        let mut released = pod(&world);
        put(&mut released, "/spec/schedulingGates", json!([]));
        let intent = crate::sandbox::write::WriteOptions::controller();
        crate::sandbox::write::update(&mut world, ResourceKind::Pod, &place, released, &intent)
            .unwrap();
        world.advance(Duration::from_secs(10));
        assert_eq!(text(&pod(&world), "/status/phase"), "Running");
    }

    #[test]
    fn quantities_are_read() {
        for (text, scale, value) in [
            (json!("250m"), 1000, 250),
            (json!("2"), 1000, 2000),
            (json!(2), 1000, 2000),
            (json!("128Mi"), 1, 128 << 20),
            (json!("1G"), 1, 1_000_000_000),
            (json!("0.5"), 1000, 500),
            (json!("1.5Gi"), 1, 3 << 29),
            (json!("9223372036854775807"), 1000, i64::MAX),
        ] {
            assert_eq!(quantity(Some(&text), scale), value, "{text}");
        }
        assert_eq!(quantity(None, 1), 0);
    }
}
