//! From a fix to a change of the cluster: asked for, rehearsed, shown, carried out.

use std::sync::Arc;

use jiff::Timestamp;

use super::navigate;
use crate::{
    app::{
        connection::Health,
        effect::Effect,
        form::{Answer as FormAnswer, Form},
        model::Model,
        overlay::Overlay,
        panes::Pane,
        proposal::{Planned, Proposal, Stage},
        ticket::Ticket,
    },
    domain::{
        faults::{FaultId, Subject},
        key::{Key, Name},
        objects::{Pod, WorkloadKey},
        plan::{Ask, Change, Offer, Outcome, Plan, Restartable, Sufferers, for_fix},
        probe::{Answer, Verdict},
        watch::Scope,
    },
};

/// Pods that one plan makes new at most: more would be a restart by the back door.
const RETRIES: usize = 20;

/// Takes the fix with this number of what is wrong with the Pod that the keys speak of.
pub(super) fn fix(model: &mut Model, number: u8, now: Timestamp) -> Vec<Effect> {
    // A plan that was made before all workloads are known would leave some of them out.
    if model.connection.health() == Health::Listing {
        model.flash("the lists are still coming in: once more in a moment", now);
        return Vec::new();
    }
    let finding = model
        .inquiry
        .as_ref()
        .and_then(|inquiry| Some((inquiry.pod.clone(), inquiry.diagnosis.first()?.clone())));
    let Some((pod, finding)) = finding else {
        model.flash("nothing is wrong with this Pod", now);
        return Vec::new();
    };
    let Some(fix) = finding.fixes.get(usize::from(number).saturating_sub(1)) else {
        model.flash(format!("there is no fix {number}"), now);
        return Vec::new();
    };
    let verdict = model.verdicts.of_pod(&pod);
    let fault = verdict.map(|verdict| verdict.fault.clone());
    let (workloads, owned_pods) = sufferers(model, fault.as_ref());
    let offer = for_fix(
        *fix,
        &finding,
        Sufferers {
            workloads: &workloads,
            owned_pods: &owned_pods,
        },
    );
    match offer {
        Offer::Plan(plan) => propose(model, plan, fault, now),
        Offer::Ask(ask) => {
            ask_for(model, ask, fault, now);
            Vec::new()
        }
        Offer::ByHand => {
            let fix = fix.fill(&finding.names);
            let text = if fix.commands.is_empty() {
                fix.steps.join("\n")
            } else {
                fix.commands.join("\n")
            };
            model.flash(format!("not done from here; copied: {}", fix.title), now);
            vec![Effect::Copy(text)]
        }
    }
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

fn ask_for(model: &mut Model, ask: Ask, fault: Option<FaultId>, now: Timestamp) {
    if refused(model, now) {
        return;
    }
    model.overlays.push(Overlay::Form(Form::new(ask, fault)));
}

/// Whether nothing may be changed; says so.
fn refused(model: &mut Model, now: Timestamp) -> bool {
    let refused = !model.abilities.writes;
    if refused {
        model.flash("read-only: nothing is changed", now);
    }
    refused
}

/// Shows a plan and lets the server try it.
pub(super) fn propose(
    model: &mut Model,
    plan: Plan,
    fault: Option<FaultId>,
    now: Timestamp,
) -> Vec<Effect> {
    if refused(model, now) {
        return Vec::new();
    }
    let (mut workloads, _) = sufferers(model, fault.as_ref());
    workloads.extend(plan.changes.iter().filter_map(|change| match change {
        Change::CreateDeployment { key, .. } => Some(WorkloadKey {
            kind: crate::domain::objects::WorkloadKind::Deployment,
            key: key.clone(),
        }),
        Change::RollBack { deployment, .. } => Some(WorkloadKey {
            kind: crate::domain::objects::WorkloadKind::Deployment,
            key: deployment.clone(),
        }),
        Change::Restart(workload) => Some(workload.id().clone()),
        _ => None,
    }));
    workloads.sort();
    workloads.dedup();
    let ticket = model.tickets.issue();
    let asks = plan.question.is_some() && model.abilities.asks_registries;
    let plan = Planned(Arc::new(plan));
    model.overlays.push(Overlay::Proposal(Proposal {
        plan: plan.clone(),
        fault,
        workloads,
        stage: Stage::Rehearsing(ticket),
        asked: asks.then_some(ticket),
        verdict: None,
        insists: false,
        scroll: 0,
    }));
    let mut effects = vec![Effect::Rehearse {
        ticket,
        plan: plan.clone(),
    }];
    effects.extend(asks.then_some(Effect::Verify { ticket, plan }));
    effects
}

/// What the registry says of the login that a plan would save.
pub(super) fn verified(model: &mut Model, ticket: Ticket, verdict: Verdict) {
    let asked = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Proposal(proposal) if proposal.asked == Some(ticket) => Some(proposal),
        _ => None,
    });
    let Some(proposal) = asked else { return };
    let refused = verdict.answer == Answer::No;
    proposal.asked = None;
    proposal.verdict = Some(verdict);
    // Whoever goes back wants to correct the login.
    if refused {
        for overlay in &mut model.overlays {
            if let Overlay::Form(form) = overlay {
                form.go_to(FormAnswer::Token);
            }
        }
    }
}

/// Carries out the plan that is shown, if the server would take it.
pub(super) fn carry_out(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let ticket = model.tickets.issue();
    let Some(Overlay::Proposal(proposal)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let refused = proposal
        .verdict
        .as_ref()
        .is_some_and(|verdict| verdict.answer == Answer::No);
    if refused && !proposal.insists && matches!(proposal.stage, Stage::Ready(_)) {
        proposal.insists = true;
        model.flash("the registry refuses this login: esc back to correct it, enter again to save it all the same", now);
        return Vec::new();
    }
    match &proposal.stage {
        Stage::Ready(_) if proposal.stage.is_good() => {
            proposal.stage = Stage::CarryingOut(ticket);
            let plan = proposal.plan.clone();
            vec![Effect::CarryOut { ticket, plan }]
        }
        Stage::Ready(_) => {
            model.flash("the server refuses it: nothing was changed", now);
            Vec::new()
        }
        Stage::Rehearsing(_) | Stage::CarryingOut(_) => {
            model.flash("wait for the server's answer", now);
            Vec::new()
        }
        Stage::Done { .. } => {
            model.overlays.pop();
            Vec::new()
        }
    }
}

/// The server's answer to a rehearsal, or to the changes themselves.
pub(super) fn answered(model: &mut Model, ticket: Ticket, outcomes: Vec<Outcome>, now: Timestamp) {
    let awaited = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Proposal(proposal) if proposal.stage.awaits(ticket) => Some(proposal),
        _ => None,
    });
    let Some(proposal) = awaited else { return };
    proposal.stage = match proposal.stage {
        Stage::CarryingOut(_) => Stage::Done {
            outcomes,
            at: now,
            healed: None,
        },
        _ => Stage::Ready(outcomes),
    };
}

/// Takes the form's answers and shows the plan that they make.
pub(super) fn submit(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    match form.plan(&model.world) {
        Ok(plan) => {
            let fault = form.fault.clone();
            propose(model, plan, fault, now)
        }
        Err(bad) => {
            form.focus = bad;
            Vec::new()
        }
    }
}

/// What `+` makes in this pane.
pub(super) fn new(model: &mut Model, now: Timestamp) {
    let here = match &model.scope {
        Scope::Cluster => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
    };
    let ask = match model.focus {
        Pane::Namespaces | Pane::Pods | Pane::Events => Ask::Setup { namespace: here },
        Pane::Secrets => {
            let selected = model.panes.secrets.list.selected();
            let namespace = here.or_else(|| Some(selected?.namespace.clone()));
            match namespace {
                Some(namespace) => new_secret(namespace, None, Vec::new()),
                None => Ask::Setup { namespace: None },
            }
        }
        Pane::ServiceAccounts => {
            let selected = model.panes.accounts.list.selected().cloned();
            match selected.and_then(|key| model.world.account(&key)) {
                Some(account) => new_secret(
                    account.key.namespace.clone(),
                    Some(account.key.name.clone()),
                    account.pull_secrets.to_vec(),
                ),
                None => Ask::Setup { namespace: here },
            }
        }
    };
    ask_for(model, ask, None, now);
}

fn new_secret(
    namespace: crate::domain::key::Namespace,
    account: Option<Name<crate::domain::objects::ServiceAccount>>,
    listed: Vec<Name<crate::domain::objects::Secret>>,
) -> Ask {
    Ask::NewSecret {
        namespace,
        name: "regcred".to_owned(),
        server: String::new(),
        image: None,
        account,
        listed,
        workloads: Vec::new(),
    }
}

pub(super) fn setup(model: &mut Model, now: Timestamp) {
    ask_for(model, Ask::Setup { namespace: None }, None, now);
}

/// Asks which ServiceAccount the selected Secret is for.
pub(super) fn bind(model: &mut Model, now: Timestamp) {
    match model.panes.secrets.list.selected().cloned() {
        Some(secret) => ask_for(model, Ask::Bind { secret }, None, now),
        None => model.flash("no Secret is selected", now),
    }
}

/// Proposes to restart the workload of the Pod that the keys speak of.
pub(super) fn restart(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let pod = navigate::subject_of_interest(model);
    let owner = pod
        .and_then(|key| model.world.pod(&key))
        .and_then(|pod| model.world.workload_of(pod));
    let Some(workload) = owner.and_then(|owner| Restartable::new(owner.id.clone())) else {
        model.flash("it has no workload that could be restarted", now);
        return Vec::new();
    };
    let subject = Subject::Workload(workload.id().clone());
    let plan = Plan::new(
        format!("Restart {subject}"),
        vec![Change::Restart(workload)],
    );
    propose(model, plan, None, now)
}
