//! Rollout commands: pause, resume, roll back.

use jiff::Timestamp;

use super::{plan_dialog, selection};
use crate::{
    app::{effect::Effect, model::Model},
    domain::{
        k8s::{
            objects::WorkloadKind,
            rollout::{RolloutStatus, rollout_status},
        },
        plan::{Change, Plan, SetPaused},
    },
};

/// Proposes to pause the rollout, or to resume it.
pub(super) fn pause(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    open(model, pause_plan(model), now)
}

/// Proposes to roll back.
pub(super) fn roll_back(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    open(model, roll_back_plan(model), now)
}

fn open(model: &mut Model, plan: Result<Plan, &'static str>, now: Timestamp) -> Vec<Effect> {
    match plan {
        Ok(plan) => plan_dialog::open(model, plan, None, now),
        Err(why) => {
            model.set_status(why, now);
            Vec::new()
        }
    }
}

/// The plan that pauses the rollout, or resumes a paused one.
pub(super) fn pause_plan(model: &Model) -> Result<Plan, &'static str> {
    let found = deployment(model)?;
    let paused = !found.workload.status.paused;
    let verb = if paused { "Pause" } else { "Resume" };
    let id = &found.workload.id;
    let change = Change::SetPaused(SetPaused::new(id.key.clone(), paused));
    Ok(Plan::new(format!("{verb} rollout of {id}"), vec![change]))
}

/// The plan back to the newest older revision with other images, one that has ready Pods if there is one.
pub(super) fn roll_back_plan(model: &Model) -> Result<Plan, &'static str> {
    let found = deployment(model)?;
    let change = Change::roll_back(&found).ok_or("no older revision has another image")?;
    let title = format!("Roll back {}", found.workload.id);
    Ok(Plan::new(title, vec![change]))
}

/// The Deployment that the keys speak of.
fn deployment(model: &Model) -> Result<RolloutStatus, &'static str> {
    selection::current_workload(model)
        .and_then(|id| rollout_status(&model.store, &id))
        .filter(|found| found.workload.id.kind == WorkloadKind::Deployment)
        .ok_or("only a Deployment's rollout can be paused or rolled back")
}
