//! Deployment controller: one ReplicaSet per template, rolled from the old to the new.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    pods,
    rollout::{self, RolloutBounds, Share},
    work_queue::Work,
};
use crate::sandbox::{
    clock::later,
    event_recorder::EventType,
    object::{
        self, Put, StoredObject, flag, is_terminating, list, number, put, seconds, text, time,
    },
    resources::ResourceKind,
    store::ObjectKey,
    world::{TimerEvent, World},
    write::{self, DeleteOptions, WriteOptions},
};

const COMPONENT: &str = "deployment-controller";
const HASH: &str = "/metadata/labels/pod-template-hash";
const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

pub(super) fn reconcile(world: &mut World, place: &ObjectKey) {
    let Some(deployment) = world.store.at(ResourceKind::Deployment, place).cloned() else {
        return;
    };
    if is_terminating(&deployment) {
        return;
    }
    if !flag(&deployment, "/spec/paused") {
        let (new, old) = sets(world, &deployment);
        let new = new.or_else(|| make_set(world, &deployment, &old));
        if let Some(new) = new {
            roll(world, &deployment, &new, &old);
        }
    }
    write_status(world, &deployment);
    clean_up(world, &deployment);
}

/// The ReplicaSet of the present template, and the others.
fn sets(world: &World, deployment: &Value) -> (Option<StoredObject>, Vec<StoredObject>) {
    let hash = pods::hash_of_template(deployment);
    let (mut new, old): (Vec<StoredObject>, Vec<StoredObject>) =
        pods::owned(world, ResourceKind::ReplicaSet, deployment)
            .into_iter()
            .partition(|set| text(set, HASH) == hash);
    (new.pop(), old)
}

fn make_set(world: &mut World, deployment: &Value, old: &[StoredObject]) -> Option<StoredObject> {
    let hash = pods::hash_of_template(deployment);
    let mut template = deployment.pointer("/spec/template")?.clone();
    put(&mut template, HASH, hash.as_str());
    let mut selector = deployment.pointer("/spec/selector")?.clone();
    put(
        &mut selector,
        "/matchLabels/pod-template-hash",
        hash.as_str(),
    );
    let revision = 1 + old
        .iter()
        .filter_map(|set| text(set, REVISION).parse::<u64>().ok())
        .max()
        .unwrap_or_default();
    let set = json!({
        "metadata": {
            "name": format!("{}-{hash}", object::name(deployment)),
            "labels": template.pointer("/metadata/labels"),
            "annotations": {
                "deployment.kubernetes.io/desired-replicas": number(deployment, "/spec/replicas").to_string(),
                "deployment.kubernetes.io/revision": revision.to_string(),
            },
            "ownerReferences": [pods::reference(deployment)],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
    });
    let namespace = object::namespace(deployment);
    let made = write::create(
        world,
        ResourceKind::ReplicaSet,
        namespace,
        set,
        &WriteOptions::controller(),
    );
    let made = made.ok()?;
    set_revision(world, deployment, revision);
    Some(made)
}

/// The Deployment carries the number of its newest ReplicaSet.
fn set_revision(world: &mut World, deployment: &Value, revision: u64) {
    if let Some(current) = world.store.at(
        ResourceKind::Deployment,
        &ObjectKey::from_object(deployment),
    ) {
        let mut current = Value::clone(current);
        put(&mut current, REVISION, revision.to_string());
        world.store.put(ResourceKind::Deployment, current);
    }
}

fn roll(world: &mut World, deployment: &Value, new: &Value, old: &[StoredObject]) {
    let replicas = number(deployment, "/spec/replicas");
    let share = |set: &Value| Share {
        wanted: number(set, "/spec/replicas"),
        available: number(set, "/status/availableReplicas"),
    };
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        for set in old {
            scale(world, deployment, set, 0);
        }
        let is_clear = old
            .iter()
            .all(|set| pods::owned(world, ResourceKind::Pod, set).is_empty());
        if is_clear {
            scale(world, deployment, new, replicas);
        }
        return;
    }
    let bounds =
        RolloutBounds::from_strategy(deployment.pointer("/spec/strategy/rollingUpdate"), replicas);
    let shares: Vec<Share> = old.iter().map(|set| share(set)).collect();
    let mut mine = share(new);
    let size = rollout::new_size(replicas, bounds, mine, &shares);
    scale(world, deployment, new, size);
    mine.wanted = size;
    let sizes = rollout::old_sizes(replicas, bounds, mine, &shares);
    for (set, size) in old.iter().zip(sizes) {
        scale(world, deployment, set, size);
    }
}

fn scale(world: &mut World, deployment: &Value, set: &Value, size: i64) {
    let before = number(set, "/spec/replicas");
    let Some(current) = world
        .store
        .at(ResourceKind::ReplicaSet, &ObjectKey::from_object(set))
    else {
        return;
    };
    if before == size {
        return;
    }
    let mut changed = Value::clone(current);
    put(&mut changed, "/spec/replicas", size);
    let generation = number(&changed, "/metadata/generation") + 1;
    put(&mut changed, "/metadata/generation", generation);
    world.store.put(ResourceKind::ReplicaSet, changed);
    let direction = if size > before { "up" } else { "down" };
    let from = if world.profile.is_old() {
        String::new()
    } else {
        format!(" from {before}")
    };
    let message = format!(
        "Scaled {direction} replica set {}{from} to {size}",
        object::name(set)
    );
    pods::report(
        world,
        COMPONENT,
        deployment,
        EventType::Normal,
        "ScalingReplicaSet",
        message,
    );
}

/// A rollout that is stuck is called so after this long (`progressDeadlineSeconds`).
fn deadline(deployment: &Value) -> Duration {
    let seconds = number(deployment, "/spec/progressDeadlineSeconds");
    Duration::from_secs(u64::try_from(seconds).unwrap_or(600))
}

fn write_status(world: &mut World, deployment: &Value) {
    let (new, old) = sets(world, deployment);
    let sum = |sets: &[StoredObject], field: &str| -> i64 {
        sets.iter().map(|set| number(set, field)).sum()
    };
    let new: Vec<StoredObject> = new.into_iter().collect();
    let total = |field: &str| sum(&new, field) + sum(&old, field);
    let replicas = number(deployment, "/spec/replicas");
    let (updated, available) = (
        sum(&new, "/status/replicas"),
        total("/status/availableReplicas"),
    );
    let mut status = json!({"observedGeneration": number(deployment, "/metadata/generation")});
    for (field, count) in [
        ("replicas", total("/status/replicas")),
        ("updatedReplicas", updated),
        ("readyReplicas", total("/status/readyReplicas")),
        ("availableReplicas", available),
        (
            "unavailableReplicas",
            (replicas.max(total("/status/replicas")) - available).max(0),
        ),
    ] {
        if count > 0 {
            status.put(field, count);
        }
    }
    let bounds =
        RolloutBounds::from_strategy(deployment.pointer("/spec/strategy/rollingUpdate"), replicas);
    let counts = ReplicaCounts {
        total: total("/status/replicas"),
        updated,
        ready: total("/status/readyReplicas"),
        available,
    };
    let conditions = vec![
        available_condition(
            world,
            deployment,
            available >= replicas - bounds.unavailable,
        ),
        progress_condition(world, deployment, new.first(), replicas, counts),
    ];
    status.put("conditions", conditions);
    pods::set_status(world, ResourceKind::Deployment, deployment, status);
}

fn available_condition(world: &World, deployment: &Value, is_available: bool) -> Value {
    let (status, reason, message) = if is_available {
        (
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        )
    } else {
        (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    condition(world, deployment, "Available", status, reason, message)
}

/// The Pods of a Deployment's ReplicaSets.
#[derive(Clone, Copy)]
struct ReplicaCounts {
    total: i64,
    updated: i64,
    ready: i64,
    available: i64,
}

impl ReplicaCounts {
    /// As the Deployment said last.
    fn from_status(deployment: &Value) -> Self {
        Self {
            total: number(deployment, "/status/replicas"),
            updated: number(deployment, "/status/updatedReplicas"),
            ready: number(deployment, "/status/readyReplicas"),
            available: number(deployment, "/status/availableReplicas"),
        }
    }

    /// `DeploymentProgressing`: more that is new, less that is old, more that works.
    fn is_progress_after(self, before: Self) -> bool {
        self.updated > before.updated
            || self.total - self.updated < before.total - before.updated
            || self.ready > before.ready
            || self.available > before.available
    }
}

/// How the rollout goes (`syncRolloutStatus`).
fn progress_condition(
    world: &mut World,
    deployment: &Value,
    new: Option<&StoredObject>,
    replicas: i64,
    now: ReplicaCounts,
) -> Value {
    let set = new.map_or("", |set| object::name(set));
    let before = list(deployment, "/status/conditions")
        .iter()
        .find(|it| text(it, "/type") == "Progressing" && text(it, "/message").contains(set));
    let reason = before.map_or("", |it| text(it, "/reason"));
    // What is through stays so, whatever becomes of its Pods.
    if let Some(before) = before
        && reason == "NewReplicaSetAvailable"
        && now.total == now.updated
    {
        return before.clone();
    }
    let is_done = [now.total, now.updated, now.available] == [replicas; 3];
    let progressing = |world: &World, status: &str, reason: &str, how: &str| {
        let message = format!("ReplicaSet \"{set}\" {how}.");
        condition(world, deployment, "Progressing", status, reason, &message)
    };
    if is_done {
        let reason = "NewReplicaSetAvailable";
        return progressing(world, "True", reason, "has successfully progressed");
    }
    let limit = deadline(deployment);
    match before {
        Some(before) if !now.is_progress_after(ReplicaCounts::from_status(deployment)) => {
            let since = time(before, "/lastUpdateTime");
            let is_late = since.is_some_and(|since| later(since, limit) <= world.now);
            if is_late && reason == "ReplicaSetUpdated" {
                let reason = "ProgressDeadlineExceeded";
                return progressing(world, "False", reason, "has timed out progressing");
            }
            before.clone()
        }
        _ => {
            let mut condition = progressing(world, "True", "ReplicaSetUpdated", "is progressing");
            put(&mut condition, "/lastUpdateTime", seconds(world.now));
            let again = later(world.now, limit + Duration::from_secs(1));
            let work = Work::Deployment(ObjectKey::from_object(deployment));
            world.timers.schedule(again, TimerEvent::Work(work));
            condition
        }
    }
}

fn condition(
    world: &World,
    deployment: &Value,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
) -> Value {
    let before = list(deployment, "/status/conditions")
        .iter()
        .find(|it| text(it, "/type") == kind);
    let now = seconds(world.now);
    let same_status = before.filter(|it| text(it, "/status") == status);
    let since = same_status.map_or(now.as_str(), |it| text(it, "/lastTransitionTime"));
    let same = same_status.filter(|it| text(it, "/reason") == reason);
    let updated = same.map_or(now.as_str(), |it| text(it, "/lastUpdateTime"));
    json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
        "lastUpdateTime": updated,
    })
}

/// Keeps `revisionHistoryLimit` old ReplicaSets that are empty.
fn clean_up(world: &mut World, deployment: &Value) {
    let (_, mut old) = sets(world, deployment);
    old.retain(|set| number(set, "/spec/replicas") == 0 && number(set, "/status/replicas") == 0);
    old.sort_by_key(|set| text(set, REVISION).parse::<u64>().unwrap_or_default());
    let limit = usize::try_from(number(deployment, "/spec/revisionHistoryLimit")).unwrap_or(10);
    let surplus = old.len().saturating_sub(limit);
    for set in old.iter().take(surplus) {
        let gone = write::delete(
            world,
            ResourceKind::ReplicaSet,
            &ObjectKey::from_object(set),
            &DeleteOptions::default(),
        );
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::scenario::trial;

    fn progressing(world: &World) -> (String, String) {
        let deployment = world
            .store
            .get(ResourceKind::Deployment, "app", "web")
            .unwrap();
        let condition = list(deployment, "/status/conditions")
            .iter()
            .find(|it| text(it, "/type") == "Progressing")
            .unwrap();
        let field = |name: &str| text(condition, name).to_owned();
        (field("/status"), field("/reason"))
    }

    fn of_image(image: &str) -> World {
        trial(&format!(
            "[[workload]]
            name = 'web'
            namespace = 'app'
            at = '-1s'
            image = 'reg.example/{image}'"
        ))
    }

    #[test]
    fn a_rollout_that_is_stuck_for_ten_minutes_is_called_so_from_then_on() {
        let mut world = of_image("serve:9");
        let said = |status: &str, reason: &str| (status.to_owned(), reason.to_owned());
        world.advance(Duration::from_secs(9 * 60));
        assert_eq!(progressing(&world), said("True", "ReplicaSetUpdated"));
        for _ in 0..20 {
            world.advance(Duration::from_secs(90));
            assert_eq!(
                progressing(&world),
                said("False", "ProgressDeadlineExceeded")
            );
        }
    }

    #[test]
    fn a_rollout_that_is_through_stays_so_when_a_pod_is_lost() {
        let mut world = of_image("serve:2");
        world.advance(Duration::from_secs(60));
        let through = ("True".to_owned(), "NewReplicaSetAvailable".to_owned());
        assert_eq!(progressing(&world), through);
        let pods = world.store.list(ResourceKind::Pod, Some("app"));
        let pod = pods.map(|pod| ObjectKey::from_object(pod)).next().unwrap();
        drop(write::delete(
            &mut world,
            ResourceKind::Pod,
            &pod,
            &DeleteOptions::default(),
        ));
        for _ in 0..20 {
            world.advance(Duration::from_millis(200));
            assert_eq!(progressing(&world), through);
        }
    }
}
