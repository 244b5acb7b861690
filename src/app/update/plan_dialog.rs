//! A plan on its way: rehearsed, shown, carried out, watched, and taken back.

use std::sync::Arc;

use jiff::Timestamp;

use super::probe;
use crate::{
    app::{
        effect::Effect,
        form::Answer as FormAnswer,
        lost_secrets,
        model::Model,
        overlay::Overlay,
        plan_dialog::{Applied, Planned, Proposal, Stage},
        probe_cache::Question,
        request_id::Ticket,
        scroll::Scroll,
    },
    domain::{
        context,
        diagnostics::{ChainLink, RootCause, grouping::FaultId},
        k8s::{objects::WorkloadRef, rollout},
        plan::{Affected, Change, ChangeResult, Outcome, Plan, SetImage},
        probe::{ProbeConclusion, PullAnswer},
    },
};

/// Whether nothing may be changed; says so.
pub(super) fn refused(model: &mut Model, now: Timestamp) -> bool {
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
    let affected = affected(model, &plan, fault.as_ref());
    let question = image_question(model, &plan, &affected.workloads(), now);
    let plan = plan.pinned(&model.world);
    let mut effects = show(model, Planned(Arc::new(plan)), |proposal| Proposal {
        fault,
        affected,
        ..proposal
    });
    if let Some(question) = question {
        let ticket = model.tickets.issue();
        if let Some(Overlay::Proposal(proposal)) = model.overlays.last_mut() {
            proposal.asked = Some(ticket);
        }
        effects.push(probe::put(model, question, ticket));
    }
    effects
}

/// What a plan is for: of all that suffers from the fault what its changes reach.
fn affected(model: &Model, plan: &Plan, fault: Option<&FaultId>) -> Affected {
    let found = fault.and_then(|id| model.verdicts.fault(id));
    let pods = found
        .into_iter()
        .flat_map(|fault| fault.pods.iter().cloned());
    let workloads = found
        .into_iter()
        .flat_map(|fault| fault.workloads.iter().cloned());
    Affected::new(&model.world, plan, pods, workloads)
}

/// Whether the image that a plan sets is there, and open to the Secrets that its Pods list. A login that is
/// typed is a question of its own.
fn image_question(
    model: &Model,
    plan: &Plan,
    workloads: &[WorkloadRef],
    now: Timestamp,
) -> Option<Question> {
    if plan.credential_check.is_some() || !model.abilities.asks_registries {
        return None;
    }
    let image = plan.changes.iter().find_map(|change| match change {
        Change::SetImage(SetImage { image, .. }) => Some(image),
        _ => None,
    })?;
    let pod = rollout::newest_pod(&model.world, workloads)?;
    let case = context::pod_context(&model.world, model.connection.sight(), &pod, now)?;
    Question::of(&case, image)
}

fn show(model: &mut Model, plan: Planned, about: impl FnOnce(Proposal) -> Proposal) -> Vec<Effect> {
    let ticket = model.tickets.issue();
    let asks = plan.0.credential_check.is_some() && model.abilities.asks_registries;
    model.overlays.push(Overlay::Proposal(about(Proposal {
        plan: plan.clone(),
        fault: None,
        affected: Affected::default(),
        stage: Stage::Rehearsing(ticket),
        asked: asks.then_some(ticket),
        verdict: None,
        insists: false,
        keepers: Vec::new(),
        undoes: None,
        watched: None,
        scroll: Scroll::TOP,
    })));
    let mut effects = vec![Effect::Rehearse {
        ticket,
        plan: plan.clone(),
    }];
    effects.extend(asks.then_some(Effect::Verify { ticket, plan }));
    effects
}

/// What restores a Secret that exists only in this session; else what takes back the plan that was carried out
/// last.
fn next_undo(model: &Model) -> Option<&Applied> {
    let mut applied = model.applied.iter().rev();
    let restores = applied.find(|applied| model.lost.are_restored_by(&applied.undo.0));
    restores.or(model.applied.last())
}

/// Shows what would take back the plan that is shown; where none is, the one that was carried out last.
pub(super) fn undo(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let (found, none) = match model.overlays.last() {
        Some(Overlay::Proposal(proposal)) => {
            if !proposal.stage.is_done() {
                model.flash("nothing of it has been made yet", now);
                return Vec::new();
            }
            (model.undo_of(proposal), "This change cannot be undone")
        }
        _ => (
            next_undo(model),
            "nothing was carried out that could be taken back",
        ),
    };
    let found = found.map(|applied| (applied.ticket, applied.undo.clone()));
    if refused(model, now) {
        return Vec::new();
    }
    let Some((ticket, plan)) = found else {
        model.flash(none, now);
        return Vec::new();
    };
    if matches!(model.overlays.last(), Some(Overlay::Proposal(_))) {
        model.overlays.pop();
    }
    model.notices.dismiss();
    show(model, plan, |proposal| Proposal {
        undoes: Some(ticket),
        ..proposal
    })
}

fn awaiting(model: &mut Model, ticket: Ticket) -> Option<&mut Proposal> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Proposal(proposal) if proposal.stage.awaits(ticket) => Some(proposal),
        _ => None,
    })
}

/// What the registry says of the image that a plan sets; nothing, where it could not be asked.
pub(super) fn settled(model: &mut Model, ticket: Ticket, verdict: Option<&ProbeConclusion>) {
    if let Some(verdict) = verdict {
        verified(model, ticket, verdict.clone());
        return;
    }
    for overlay in &mut model.overlays {
        if let Overlay::Proposal(proposal) = overlay
            && proposal.asked == Some(ticket)
        {
            proposal.asked = None;
        }
    }
}

/// What the registry says of the login that a plan would save, or of the image that it sets.
pub(super) fn verified(model: &mut Model, ticket: Ticket, verdict: ProbeConclusion) {
    let asked = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Proposal(proposal) if proposal.asked == Some(ticket) => Some(proposal),
        _ => None,
    });
    let Some(proposal) = asked else { return };
    let refused = verdict.answer == PullAnswer::No;
    proposal.asked = None;
    let link = link(&verdict);
    proposal.verdict = Some(verdict);
    // Whoever goes back wants to correct what is to blame.
    if refused {
        go_to(model, answers_of(link));
    }
}

/// Puts the keyboard on the first of these questions that the form asks.
fn go_to(model: &mut Model, answers: &[FormAnswer]) {
    for overlay in &mut model.overlays {
        if let Overlay::Form(form) = overlay
            && let Some(asked) = answers.iter().find(|answer| form.has(**answer))
        {
            form.go_to(*asked);
        }
    }
}

/// Carries out the plan that is shown, if the server would take it.
pub(super) fn carry_out(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let ticket = model.tickets.issue();
    let Some(Overlay::Proposal(proposal)) = model.overlays.last() else {
        return Vec::new();
    };
    let (plan, fault) = (proposal.plan.clone(), proposal.fault.clone());
    let affected = affected(model, &plan.0, fault.as_ref());
    let Some(Overlay::Proposal(proposal)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if proposal.stage.changes_nothing() {
        close(model);
        return Vec::new();
    }
    let refused = proposal
        .verdict
        .as_ref()
        .is_some_and(|verdict| verdict.answer == PullAnswer::No);
    if refused && !proposal.insists && matches!(proposal.stage, Stage::Ready(_)) {
        proposal.insists = true;
        model.flash(
            "the registry says no: esc to correct it, enter to do it anyway",
            now,
        );
        return Vec::new();
    }
    match &proposal.stage {
        Stage::Ready(_) if proposal.stage.is_good() => {
            proposal.stage = Stage::CarryingOut(ticket, Vec::new());
            // What suffers now, and not when the plan was made, is to recover by it.
            proposal.affected = affected;
            model.under_way.insert(ticket, proposal.undoes);
            vec![Effect::CarryOut { ticket, plan }]
        }
        Stage::Ready(_) => {
            model.flash("the server refuses it: nothing was changed", now);
            Vec::new()
        }
        Stage::Rehearsing(_) | Stage::CarryingOut(..) => {
            model.flash("wait for the server's answer", now);
            Vec::new()
        }
        Stage::Done { outcomes, .. } => {
            let failure = first_failure(&plan.0, outcomes);
            close(model);
            // An enter that was pressed before the outcome was read hides no failure.
            if let Some(failure) = failure {
                model.notices.show_until_dismissed(&failure);
            }
            Vec::new()
        }
    }
}

/// The server's answer to a rehearsal, and who else keeps what would be changed. From here on the plan is
/// what was found: that is shown, and that must still be there when it is carried out.
pub(super) fn rehearsed(model: &mut Model, ticket: Ticket, done: &[ChangeResult]) {
    let Some(proposal) = awaiting(model, ticket) else {
        return;
    };
    let changes = proposal.plan.0.changes.iter().zip(done);
    proposal.keepers = changes
        .map(|(change, done)| change.manager(&done.traces))
        .collect();
    take_found(proposal, done);
    proposal.stage = Stage::Ready(outcomes(done));
}

/// Shows the plan as what it changes was found.
fn take_found(proposal: &mut Proposal, done: &[ChangeResult]) {
    proposal.plan = Planned(Arc::new(proposal.plan.0.with_live_state(done)));
}

/// One more change was made, or taken back.
pub(super) fn progressed(model: &mut Model, ticket: Ticket, change: usize, outcome: Outcome) {
    let Some(Stage::CarryingOut(_, outcomes)) =
        awaiting(model, ticket).map(|proposal| &mut proposal.stage)
    else {
        return;
    };
    if outcomes.len() <= change {
        outcomes.resize(change + 1, Outcome::NotTried);
    }
    if let Some(place) = outcomes.get_mut(change) {
        *place = outcome;
    }
}

/// What became of the changes. What can be taken back is remembered, also when nobody looks any more.
pub(super) fn carried_out(
    model: &mut Model,
    ticket: Ticket,
    plan: &Planned,
    done: &[ChangeResult],
    now: Timestamp,
) {
    let Some(undoes) = model.under_way.remove(&ticket) else {
        return;
    };
    model.lost.note(&plan.0, done);
    let failure = lost_secret(&plan.0, done).or_else(|| first_failure(&plan.0, &outcomes(done)));
    if let Some(proposal) = awaiting(model, ticket) {
        // Of what somebody has changed meanwhile, it is shown what is there.
        take_found(proposal, done);
        let outcomes = outcomes(done);
        proposal.affected.applied(&plan.0, &outcomes);
        proposal.stage = Stage::Done {
            ticket,
            outcomes,
            at: now,
            recovered: None,
        };
    } else if let Some(failure) = failure {
        // Its view was closed: nobody else says it.
        model.notices.show_until_dismissed(&failure);
        model.flash(failure, now);
    }
    // An undo that has failed can be tried again.
    let is_over = done.iter().all(|done| done.outcome.is_good());
    model
        .applied
        .retain(|applied| !is_over || Some(applied.ticket) != undoes);
    let mut applied = model.applied.iter_mut();
    if let Some(applied) = applied.find(|applied| Some(applied.ticket) == undoes) {
        applied.undo = Planned(Arc::new(applied.undo.0.with_lost(done)));
    }
    if let Some(undo) = plan.0.undo_plan(done) {
        model.applied.push(Applied {
            ticket,
            undo: Planned(Arc::new(undo)),
        });
    }
}

/// The Secret that is gone by a plan.
fn lost_secret(plan: &Plan, done: &[ChangeResult]) -> Option<String> {
    let mut changes = plan.changes.iter().zip(done);
    let (change, _) = changes.find(|(_, done)| done.is_lost)?;
    let secret = lost_secrets::secret(change)?;
    Some(format!(
        "Secret {secret} is deleted and not created again: :undo restores it"
    ))
}

/// What failed first of a plan: that it failed, and its title. The middle of a long line is cut out.
fn first_failure(plan: &Plan, outcomes: &[Outcome]) -> Option<String> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Failed(why) => Some(format!("Failed: {}: {why}", plan.title)),
        Outcome::Unknown(why) => Some(format!("Not known whether made: {}: {why}", plan.title)),
        Outcome::Applied
        | Outcome::Unchanged
        | Outcome::NotNeeded(_)
        | Outcome::NotTried
        | Outcome::TakenBack => None,
    })
}

fn outcomes(done: &[ChangeResult]) -> Vec<Outcome> {
    done.iter().map(|done| done.outcome.clone()).collect()
}

/// Leaves a plan with esc: back to the answers that it was made of, at the one that is to blame.
pub(super) fn leave(model: &mut Model) {
    let blamed = match model.overlays.last() {
        Some(Overlay::Proposal(proposal)) => proposal
            .trouble(&model.world, &model.verdicts)
            .map(|trouble| to_blame(proposal, trouble.verdict.finding.link())),
        _ => None,
    };
    let over = matches!(
        model.overlays.last(),
        Some(Overlay::Proposal(Proposal { stage: stage @ Stage::Done { .. }, .. })) if stage.is_good()
    );
    let recovered = matches!(
        model.overlays.last(),
        Some(Overlay::Proposal(proposal)) if proposal.stage.has_recovered()
    );
    if over && (blamed.is_none() || recovered) {
        close(model);
        return;
    }
    model.overlays.pop();
    if let Some(answers) = blamed {
        go_to(model, answers);
    }
}

/// The questions whose answers are to blame. What the registry itself has refused is, whatever the
/// kubelet's first word looks like while not all objects have been seen.
fn to_blame(proposal: &Proposal, link: ChainLink) -> &'static [FormAnswer] {
    let refused = proposal.verdict.as_ref();
    let refused = refused.filter(|verdict| verdict.answer == PullAnswer::No);
    answers_of(refused.map_or(link, self::link))
}

/// What has to change after a registry's no; where it does not say, the login.
fn link(verdict: &ProbeConclusion) -> ChainLink {
    verdict
        .root
        .map_or(ChainLink::Secret, RootCause::chain_link)
}

/// The questions whose answers are to blame for a fault at this link of the chain.
fn answers_of(link: ChainLink) -> &'static [FormAnswer] {
    match link {
        ChainLink::Secret => &[FormAnswer::Token, FormAnswer::Source],
        ChainLink::Account => &[FormAnswer::Account],
        ChainLink::Image | ChainLink::Registry => &[FormAnswer::Image],
        ChainLink::Node | ChainLink::Pod => &[],
    }
}

/// Leaves a plan that is carried out, and the form that it came from if all went well.
fn close(model: &mut Model) {
    let Some(Overlay::Proposal(proposal)) = model.overlays.pop() else {
        return;
    };
    if !proposal.stage.is_good() {
        return;
    }
    close_form(model);
    // Below may be the plan before, that this one went on from, with the form that it came from.
    while matches!(model.overlays.last(), Some(Overlay::Proposal(before)) if before.stage.is_done())
    {
        model.overlays.pop();
        close_form(model);
    }
}

fn close_form(model: &mut Model) {
    if matches!(model.overlays.last(), Some(Overlay::Form(_))) {
        model.overlays.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_of_the_registry_leads_back_to_the_answer_that_is_to_blame() {
        for (root, answer) in [
            (Some(RootCause::CredentialRejected), FormAnswer::Token),
            (Some(RootCause::TagMissing), FormAnswer::Image),
            (Some(RootCause::RegistryUnknownHost), FormAnswer::Image),
            (None, FormAnswer::Token),
        ] {
            let verdict = ProbeConclusion {
                answer: PullAnswer::No,
                cause: None,
                root,
                alternatives: Vec::new(),
                ruled_out: Vec::new(),
                summary: String::new(),
            };
            assert_eq!(
                answers_of(link(&verdict)).first(),
                Some(&answer),
                "{root:?}"
            );
        }
    }
}
