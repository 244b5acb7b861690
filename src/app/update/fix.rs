//! From what is wrong to the plan that removes it, or to the form that asks what it takes.

use jiff::Timestamp;

use super::{forms, propose, selection};
use crate::{
    app::{connection::Health, effect::Effect, model::Model, overlay::Overlay, scroll::Scroll},
    domain::{
        cause::{Fix, FixId},
        diagnose::Finding,
        faults::{FaultId, Subject},
        key::Key,
        objects::{ObjectKey, Pod, WorkloadKey},
        plan::{Ask, Change, Offer, Plan, Restartable, Sufferers, carriers, for_fix},
        progress::progress,
    },
};

/// Pods that one plan makes new at most: more would be a restart by the back door.
const RETRIES: usize = 20;

pub(super) const NOT_RESTARTABLE: &str = "it has no workload that could be restarted";

/// Takes the fix with this number of what is wrong with the Pod that the keys speak of, or of the
/// fault that is chosen in the list: for all that suffers from the same.
pub(super) fn fix(model: &mut Model, number: u8, now: Timestamp) -> Vec<Effect> {
    // A plan that was made before all workloads are known would leave some of them out.
    if model.connection.health(&model.scope) == Health::Listing {
        model.flash("the lists are still coming in: once more in a moment", now);
        return Vec::new();
    }
    let Some(offered) = offered(model, number) else {
        let text = match finding(model) {
            Some(_) => format!("there is no fix {number}"),
            None => "nothing is wrong with this Pod".to_owned(),
        };
        model.flash(text, now);
        return Vec::new();
    };
    match offered.offer {
        Offer::Plan(plan) => propose::propose(model, plan, offered.fault, now),
        Offer::Ask(ask) => {
            forms::ask_for(model, ask, offered.fault, now);
            Vec::new()
        }
        Offer::ByHand => {
            model.overlays.push(Overlay::Steps {
                why: offered.why,
                fix: offered.fix,
                scroll: Scroll::TOP,
            });
            Vec::new()
        }
    }
}

/// A fix and what can be done of it from here.
pub(super) struct Offered {
    pub fix: Fix,
    /// What it is for.
    why: String,
    pub offer: Offer,
    fault: Option<FaultId>,
}

/// The fix with this number of what the keys speak of.
pub(super) fn offered(model: &Model, number: u8) -> Option<Offered> {
    let (finding, fault) = finding(model)?;
    let fix = finding.fixes.get(usize::from(number).checked_sub(1)?)?;
    let (workloads, owned_pods) = sufferers(model, fault.as_ref());
    let sufferers = Sufferers {
        workloads: &workloads,
        owned_pods: &owned_pods,
    };
    Some(Offered {
        offer: match fix {
            FixId::UndoRollout => undo_rollout(model, &workloads),
            fix => everywhere(model, *fix, for_fix(*fix, &finding, sufferers)),
        },
        fix: fix.fill(&finding.names),
        why: finding.summary(),
        fault,
    })
}

/// Back to what worked, for all Deployments that suffer and have such a revision.
fn undo_rollout(model: &Model, workloads: &[WorkloadKey]) -> Offer {
    let found = workloads.iter().filter_map(|id| progress(&model.world, id));
    let changes: Vec<Change> = found
        .filter_map(|found| Change::roll_back(&found))
        .collect();
    if changes.is_empty() {
        return Offer::ByHand;
    }
    Offer::Plan(Plan::new(FixId::UndoRollout.title(), changes))
}

/// A new token is for all Secrets that carry the old one, in whatever namespace: it is as bad there.
fn everywhere(model: &Model, fix: FixId, offer: Offer) -> Offer {
    match offer {
        Offer::Ask(Ask::Login { ref secret, .. })
            if fix == FixId::NewToken && carriers(&model.world, secret).len() > 1 =>
        {
            Ask::rotate(&model.world, secret).map_or(offer, Offer::Ask)
        }
        offer => offer,
    }
}

/// What is to be fixed: of the chosen fault, of the workload that is shown and makes no Pods, else of
/// the Pod that the keys speak of.
fn finding(model: &Model) -> Option<(Finding, Option<FaultId>)> {
    if let Some(Overlay::Faults(faults)) = model.overlays.last() {
        let id = faults.list.selected()?;
        let fault = model.verdicts.fault(id)?;
        return Some((fault.finding.clone(), Some(id.clone())));
    }
    if let Some(Overlay::Details(details)) = model.overlays.last()
        && let ObjectKey::Workload(id) = &details.object
        && let Some(verdict) = model.verdicts.of(&Subject::Workload(id.clone()))
    {
        return Some((verdict.finding.clone(), Some(verdict.fault.clone())));
    }
    let inquiry = model.inquiry.as_ref()?;
    let verdict = model.verdicts.of_pod(&inquiry.pod);
    let fault = verdict.map(|verdict| verdict.fault.clone());
    Some((inquiry.diagnosis.first()?.clone(), fault))
}

/// All workloads that suffer from a fault, and Pods that come back by themselves when deleted.
fn sufferers(model: &Model, fault: Option<&FaultId>) -> (Vec<WorkloadKey>, Vec<Key<Pod>>) {
    let Some(fault) = fault.and_then(|id| model.verdicts.fault(id)) else {
        return (Vec::new(), Vec::new());
    };
    let owned = |key: &&Key<Pod>| {
        let pod = model.world.pod(key);
        pod.is_some_and(|pod| pod.meta.owner.is_some())
    };
    (
        fault.workloads.iter().cloned().collect(),
        fault
            .pods
            .iter()
            .filter(owned)
            .take(RETRIES)
            .cloned()
            .collect(),
    )
}

/// The workload of the Pod that the keys speak of, if it can be restarted.
pub(super) fn restartable(model: &Model) -> Option<Restartable> {
    let pod = model.world.pod(&selection::subject_of_interest(model)?)?;
    Restartable::new(model.world.workload_of(pod)?.id.clone())
}

/// Proposes to restart the workload of the Pod that the keys speak of.
pub(super) fn restart(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(workload) = restartable(model) else {
        model.flash(NOT_RESTARTABLE, now);
        return Vec::new();
    };
    let subject = Subject::Workload(workload.id().clone());
    let plan = Plan::new(
        format!("Restart {subject}"),
        vec![Change::Restart(workload)],
    );
    propose::propose(model, plan, None, now)
}
