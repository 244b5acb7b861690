//! Rollout commands: pause, resume, roll back.

use jiff::Timestamp;

use super::{plan_dialog, selection};
use crate::{
    app::{effect::Effect, model::Model},
    domain::{
        k8s::{
            objects::{WorkloadKind, WorkloadRef},
            rollout::{RolloutStatus, rollout_status},
        },
        plan::{Change, Plan, SetPaused},
    },
};

/// Pauses or resumes the rollout.
pub(super) fn pause(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(found) = deployment(model, now) else {
        return Vec::new();
    };
    let paused = !found.workload.status.paused;
    let verb = if paused { "Pause" } else { "Resume" };
    let id = &found.workload.id;
    let change = Change::SetPaused(SetPaused::new(id.key.clone(), paused));
    let plan = Plan::new(format!("{verb} rollout of {id}"), vec![change]);
    plan_dialog::open(model, plan, None, now)
}

/// Rolls back to the newest older revision with other images, preferably one with ready Pods.
pub(super) fn roll_back(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(found) = deployment(model, now) else {
        return Vec::new();
    };
    let Some(change) = Change::roll_back(&found) else {
        model.set_status("no older revision has another image", now);
        return Vec::new();
    };
    let plan = Plan::new(format!("Roll back {}", found.workload.id), vec![change]);
    plan_dialog::open(model, plan, None, now)
}

/// The Deployment that the keys speak of; says so when it is another kind.
fn deployment(model: &mut Model, now: Timestamp) -> Option<RolloutStatus> {
    let id: Option<WorkloadRef> = selection::current_workload(model);
    let found = id.and_then(|id| rollout_status(&model.store, &id));
    let found = found.filter(|found| found.workload.id.kind == WorkloadKind::Deployment);
    if found.is_none() {
        model.set_status(
            "only a Deployment's rollout can be paused or rolled back",
            now,
        );
    }
    found
}
