//! Deployments: one ReplicaSet per template, rolled from the old to the new.

use crate::sandbox::object::Put;
use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Work, pods,
    rollout::{self, Bounds, Share},
};
use crate::sandbox::{
    clock::later,
    dice::template_hash,
    object::{self, Object, flag, is_terminating, list, number, put, seconds, text, time},
    recorder::Level,
    resources::Kind,
    store::Place,
    world::{Due, World},
    write::{self, Deletion, Intent},
};

const COMPONENT: &str = "deployment-controller";
const HASH: &str = "/metadata/labels/pod-template-hash";
const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

pub(super) fn reconcile(world: &mut World, place: &Place) {
    let Some(deployment) = world.store.at(Kind::Deployment, place).cloned() else {
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

fn hash(deployment: &Value) -> String {
    let template = deployment.pointer("/spec/template");
    template_hash(&template.map(Value::to_string).unwrap_or_default())
}

/// The ReplicaSet of the present template, and the others.
fn sets(world: &World, deployment: &Value) -> (Option<Object>, Vec<Object>) {
    let hash = hash(deployment);
    let (mut new, old): (Vec<Object>, Vec<Object>) =
        pods::owned(world, Kind::ReplicaSet, deployment)
            .into_iter()
            .partition(|set| text(set, HASH) == hash);
    (new.pop(), old)
}

fn make_set(world: &mut World, deployment: &Value, old: &[Object]) -> Option<Object> {
    let hash = hash(deployment);
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
        Kind::ReplicaSet,
        namespace,
        set,
        &Intent::controller(),
    );
    let made = made.ok()?;
    set_revision(world, deployment, revision);
    Some(made)
}

/// The Deployment carries the number of its newest ReplicaSet.
fn set_revision(world: &mut World, deployment: &Value, revision: u64) {
    if let Some(current) = world.store.at(Kind::Deployment, &Place::of(deployment)) {
        let mut current = Value::clone(current);
        put(&mut current, REVISION, revision.to_string());
        world.store.put(Kind::Deployment, current);
    }
}

fn roll(world: &mut World, deployment: &Value, new: &Value, old: &[Object]) {
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
            .all(|set| pods::owned(world, Kind::Pod, set).is_empty());
        if is_clear {
            scale(world, deployment, new, replicas);
        }
        return;
    }
    let bounds = Bounds::of(deployment.pointer("/spec/strategy/rollingUpdate"), replicas);
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
    let Some(current) = world.store.at(Kind::ReplicaSet, &Place::of(set)) else {
        return;
    };
    if before == size {
        return;
    }
    let mut changed = Value::clone(current);
    put(&mut changed, "/spec/replicas", size);
    let generation = number(&changed, "/metadata/generation") + 1;
    put(&mut changed, "/metadata/generation", generation);
    world.store.put(Kind::ReplicaSet, changed);
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
        Level::Normal,
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
    let sum =
        |sets: &[Object], field: &str| -> i64 { sets.iter().map(|set| number(set, field)).sum() };
    let new: Vec<Object> = new.into_iter().collect();
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
    let bounds = Bounds::of(deployment.pointer("/spec/strategy/rollingUpdate"), replicas);
    let is_done =
        updated == replicas && total("/status/replicas") == replicas && available == replicas;
    let conditions = vec![
        available_condition(
            world,
            deployment,
            available >= replicas - bounds.unavailable,
        ),
        progress_condition(world, deployment, new.first(), is_done, available + updated),
    ];
    status.put("conditions", conditions);
    pods::set_status(world, Kind::Deployment, deployment, status);
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

fn progress_condition(
    world: &mut World,
    deployment: &Value,
    new: Option<&Object>,
    is_done: bool,
    progress: i64,
) -> Value {
    let set = new.map_or("", |set| object::name(set));
    let before = list(deployment, "/status/conditions")
        .iter()
        .find(|it| text(it, "/type") == "Progressing");
    let made_progress = before.is_none()
        || number(deployment, "/status/availableReplicas")
            + number(deployment, "/status/updatedReplicas")
            != progress
        || number(deployment, "/status/observedGeneration")
            != number(deployment, "/metadata/generation");
    let stuck_since = before.and_then(|it| time(it, "/lastUpdateTime"));
    let limit = deadline(deployment);
    let is_overdue =
        !made_progress && stuck_since.is_some_and(|since| later(since, limit) <= world.now);
    if is_done {
        let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
        return condition(
            world,
            deployment,
            "Progressing",
            "True",
            "NewReplicaSetAvailable",
            &message,
        );
    }
    if is_overdue {
        let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
        return condition(
            world,
            deployment,
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            &message,
        );
    }
    let message = format!("ReplicaSet \"{set}\" is progressing.");
    let mut condition = condition(
        world,
        deployment,
        "Progressing",
        "True",
        "ReplicaSetUpdated",
        &message,
    );
    if made_progress {
        put(&mut condition, "/lastUpdateTime", seconds(world.now));
        let again = later(world.now, limit + Duration::from_secs(1));
        let work = Work::Deployment(Place::of(deployment));
        world.agenda.enter(again, Due::Work(work));
    }
    condition
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
            Kind::ReplicaSet,
            &Place::of(set),
            &Deletion::default(),
        );
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_follows_the_template_alone() {
        let one = json!({"spec": {"replicas": 1, "template": {"spec": {"a": 1}}}});
        let two = json!({"spec": {"replicas": 2, "template": {"spec": {"a": 1}}}});
        let mut three = two.clone();
        put(&mut three, "/spec/template/spec/a", 2);
        assert_eq!(hash(&one), hash(&two));
        assert_ne!(hash(&one), hash(&three));
    }
}
