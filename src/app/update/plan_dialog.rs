//! The plan dialog: dry run, apply, progress and undo.

use std::sync::Arc;

use jiff::Timestamp;

use super::{key_context, probe};
use crate::{
    app::{
        action::Action,
        effect::Effect,
        form::FieldId,
        lost_secrets,
        model::Model,
        overlay::Overlay,
        plan_dialog::{AppliedPlan, PlanDialog, PlanStage, RegistryCheck, SharedPlan},
        probe_cache::ProbeQuery,
        request_id::RequestId,
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

/// Returns true and sets a status message if the program is read-only.
pub(super) fn reject_if_read_only(model: &mut Model, now: Timestamp) -> bool {
    let refused = !model.capabilities.can_write;
    if refused {
        model.set_status("read-only: changes are disabled", now);
    }
    refused
}

/// Shows a plan and starts its dry run.
pub(super) fn open(
    model: &mut Model,
    plan: Plan,
    fault: Option<FaultId>,
    now: Timestamp,
) -> Vec<Effect> {
    if reject_if_read_only(model, now) {
        return Vec::new();
    }
    let affected = affected(model, &plan, fault.as_ref());
    let query = image_check(model, &plan, &affected.workloads(), now);
    let plan = plan.pinned(&model.store);
    let mut effects = show(model, SharedPlan(Arc::new(plan)), |dialog| PlanDialog {
        fault,
        affected,
        ..dialog
    });
    if let Some(query) = query {
        let request_id = model.request_ids.next_id();
        if let Some(Overlay::PlanDialog(dialog)) = model.overlays.last_mut() {
            dialog.registry_check = RegistryCheck::Waiting(request_id);
        }
        effects.push(probe::send(model, query, request_id));
    }
    effects
}

/// What a plan is for: of all that suffers from the fault what its changes reach.
fn affected(model: &Model, plan: &Plan, fault: Option<&FaultId>) -> Affected {
    let found = fault.and_then(|id| model.diagnoses.fault(id));
    let pods = found
        .into_iter()
        .flat_map(|fault| fault.pods.iter().cloned());
    let workloads = found
        .into_iter()
        .flat_map(|fault| fault.workloads.iter().cloned());
    Affected::new(&model.store, plan, pods, workloads)
}

/// Whether the image that a plan sets is there, and open to the Secrets that its Pods list. A login that is
/// typed is a question of its own.
fn image_check(
    model: &Model,
    plan: &Plan,
    workloads: &[WorkloadRef],
    now: Timestamp,
) -> Option<ProbeQuery> {
    if plan.credential_check.is_some() || !model.capabilities.can_probe_registries {
        return None;
    }
    let image = plan.changes.iter().find_map(|change| match change {
        Change::SetImage(SetImage { image, .. }) => Some(image),
        _ => None,
    })?;
    let pod = rollout::newest_pod(&model.store, workloads)?;
    let context = context::pod_context(&model.store, model.connection.coverage(), &pod, now)?;
    ProbeQuery::for_pod(&context, image)
}

fn show(
    model: &mut Model,
    plan: SharedPlan,
    about: impl FnOnce(PlanDialog) -> PlanDialog,
) -> Vec<Effect> {
    let request_id = model.request_ids.next_id();
    let asks = plan.0.credential_check.is_some() && model.capabilities.can_probe_registries;
    model.overlays.push(Overlay::PlanDialog(about(PlanDialog {
        plan: plan.clone(),
        fault: None,
        affected: Affected::default(),
        stage: PlanStage::DryRunning(request_id),
        registry_check: if asks {
            RegistryCheck::Waiting(request_id)
        } else {
            RegistryCheck::None
        },
        managers: Vec::new(),
        undoes: None,
        watched: None,
        scroll: Scroll::TOP,
    })));
    let mut effects = vec![Effect::DryRun {
        request_id,
        plan: plan.clone(),
    }];
    effects.extend(asks.then_some(Effect::CheckCredential { request_id, plan }));
    effects
}

/// What restores a Secret that exists only in this session; else what takes back the plan that was carried out
/// last.
fn next_undo(model: &Model) -> Option<&AppliedPlan> {
    let mut applied = model.applied.iter().rev();
    let restores = applied.find(|applied| model.lost_secrets.are_restored_by(&applied.undo.0));
    restores.or(model.applied.last())
}

/// Shows the plan that undoes the shown plan, else the one applied last.
pub(super) fn undo(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let (found, none) = match model.overlays.last() {
        Some(Overlay::PlanDialog(dialog)) => {
            if !dialog.stage.is_done() {
                model.set_status("nothing has been applied yet", now);
                return Vec::new();
            }
            (model.undo_for(dialog), "This change cannot be undone")
        }
        _ => (next_undo(model), "Nothing to undo"),
    };
    let found = found.map(|applied| (applied.request_id, applied.undo.clone()));
    if reject_if_read_only(model, now) {
        return Vec::new();
    }
    let Some((request_id, plan)) = found else {
        model.set_status(none, now);
        return Vec::new();
    };
    if matches!(model.overlays.last(), Some(Overlay::PlanDialog(_))) {
        model.overlays.pop();
    }
    model.notices.dismiss();
    show(model, plan, |dialog| PlanDialog {
        undoes: Some(request_id),
        ..dialog
    })
}

fn dialog_for(model: &mut Model, request_id: RequestId) -> Option<&mut PlanDialog> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::PlanDialog(dialog) if dialog.stage.is_awaiting(request_id) => Some(dialog),
        _ => None,
    })
}

/// Stores the probe result of the image that a plan sets; ignores a failed probe.
pub(super) fn probe_done(
    model: &mut Model,
    request_id: RequestId,
    conclusion: Option<&ProbeConclusion>,
) {
    if let Some(conclusion) = conclusion {
        credential_checked(model, request_id, conclusion.clone());
        return;
    }
    for overlay in &mut model.overlays {
        if let Overlay::PlanDialog(dialog) = overlay
            && dialog.registry_check.is_waiting_for(request_id)
        {
            dialog.registry_check = RegistryCheck::None;
        }
    }
}

/// Stores the check of the login that a plan would save, or of the image that it sets.
pub(super) fn credential_checked(
    model: &mut Model,
    request_id: RequestId,
    conclusion: ProbeConclusion,
) {
    let asked = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::PlanDialog(dialog) if dialog.registry_check.is_waiting_for(request_id) => {
            Some(dialog)
        }
        _ => None,
    });
    let Some(dialog) = asked else { return };
    let refused = conclusion.answer == PullAnswer::No;
    let link = link_to_correct(&conclusion);
    dialog.registry_check = RegistryCheck::Done {
        conclusion,
        is_override_confirmed: false,
    };
    // Whoever goes back wants to correct what is to blame.
    if refused {
        go_to(model, fields_for_link(link));
    }
}

/// Puts the keyboard on the first of these questions that the form asks.
fn go_to(model: &mut Model, ids: &[FieldId]) {
    for overlay in &mut model.overlays {
        if let Overlay::Form(form) = overlay
            && let Some(id) = ids.iter().find(|id| form.has_visible_field(**id))
        {
            form.focus_field(*id);
        }
    }
}

/// Applies the shown plan, if its dry run succeeded.
pub(super) fn apply(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let request_id = model.request_ids.next_id();
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        return Vec::new();
    };
    let (plan, fault) = (dialog.plan.clone(), dialog.fault.clone());
    let affected = affected(model, &plan.0, fault.as_ref());
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if dialog.stage.changes_nothing() {
        close(model);
        return Vec::new();
    }
    if matches!(dialog.stage, PlanStage::Ready(_)) && dialog.registry_check.confirm_override() {
        let [edit, apply] =
            [Action::Back, Action::Apply].map(|it| key_context::key_name(model, it));
        model.set_status(
            format!("The registry denies the pull. {edit}: edit, {apply}: apply anyway"),
            now,
        );
        return Vec::new();
    }
    match &dialog.stage {
        PlanStage::Ready(_) if dialog.stage.is_successful() => {
            dialog.stage = PlanStage::Applying(request_id, Vec::new());
            // What suffers now, and not when the plan was made, is to recover by it.
            dialog.affected = affected;
            model.active_plans.insert(request_id, dialog.undoes);
            vec![Effect::Apply { request_id, plan }]
        }
        PlanStage::Ready(_) => {
            model.set_status("the dry run failed: nothing was changed", now);
            Vec::new()
        }
        PlanStage::DryRunning(_) => {
            model.set_status("wait for the dry run", now);
            Vec::new()
        }
        PlanStage::Applying(..) => {
            model.set_status("applying: wait for the result", now);
            Vec::new()
        }
        PlanStage::Done { outcomes, .. } => {
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

/// Stores the result of a dry run, and the other managers of the objects.
///
/// From here on the plan holds the state that was found: it is shown, and it is the condition for applying.
pub(super) fn dry_run_done(model: &mut Model, request_id: RequestId, done: &[ChangeResult]) {
    let Some(dialog) = dialog_for(model, request_id) else {
        return;
    };
    let changes = dialog.plan.0.changes.iter().zip(done);
    dialog.managers = changes
        .map(|(change, done)| change.manager(&done.traces))
        .collect();
    update_observed(dialog, done);
    dialog.stage = PlanStage::Ready(outcomes(done));
}

/// Shows the plan as what it changes was found.
fn update_observed(dialog: &mut PlanDialog, done: &[ChangeResult]) {
    dialog.plan = SharedPlan(Arc::new(dialog.plan.0.with_live_state(done)));
}

/// Stores the outcome of one change.
pub(super) fn progressed(
    model: &mut Model,
    request_id: RequestId,
    change: usize,
    outcome: Outcome,
) {
    let Some(PlanStage::Applying(_, outcomes)) =
        dialog_for(model, request_id).map(|dialog| &mut dialog.stage)
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

/// Stores the outcomes of an applied plan; its undo is kept even if the dialog is closed.
pub(super) fn applied(
    model: &mut Model,
    request_id: RequestId,
    plan: &SharedPlan,
    done: &[ChangeResult],
    now: Timestamp,
) {
    let Some(undoes) = model.active_plans.remove(&request_id) else {
        return;
    };
    model.lost_secrets.update(&plan.0, done);
    let failure = lost_secret(&plan.0, done).or_else(|| first_failure(&plan.0, &outcomes(done)));
    if let Some(dialog) = dialog_for(model, request_id) {
        // Of what somebody has changed meanwhile, it is shown what is there.
        update_observed(dialog, done);
        let outcomes = outcomes(done);
        dialog.affected.applied(&plan.0, &outcomes);
        dialog.stage = PlanStage::Done {
            request_id,
            outcomes,
            at: now,
            recovered: None,
        };
    } else if let Some(failure) = failure {
        // Its view was closed: nobody else says it.
        model.notices.show_until_dismissed(&failure);
        model.set_status(failure, now);
    }
    // An undo that has failed can be tried again.
    let is_over = done.iter().all(|done| done.outcome.is_good());
    model
        .applied
        .retain(|applied| !is_over || Some(applied.request_id) != undoes);
    let mut applied = model.applied.iter_mut();
    if let Some(applied) = applied.find(|applied| Some(applied.request_id) == undoes) {
        applied.undo = SharedPlan(Arc::new(applied.undo.0.with_lost(done)));
    }
    if let Some(undo) = plan.0.undo_plan(done) {
        model.applied.push(AppliedPlan {
            request_id,
            undo: SharedPlan(Arc::new(undo)),
        });
    }
}

/// The Secret that is gone by a plan.
fn lost_secret(plan: &Plan, done: &[ChangeResult]) -> Option<String> {
    let mut changes = plan.changes.iter().zip(done);
    let (change, _) = changes.find(|(_, done)| done.is_lost)?;
    let secret = lost_secrets::secret(change)?;
    Some(format!(
        "Secret {secret} is deleted and not recreated: :undo restores it"
    ))
}

/// What failed first of a plan: that it failed, and its title. The middle of a long line is cut out.
fn first_failure(plan: &Plan, outcomes: &[Outcome]) -> Option<String> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Failed(why) => Some(format!("Failed: {}: {why}", plan.title)),
        Outcome::Unknown(why) => Some(format!("Result unknown: {}: {why}", plan.title)),
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

/// Closes the plan with esc; returns to the form that it came from, at the field to blame.
pub(super) fn back(model: &mut Model) {
    let blamed = match model.overlays.last() {
        Some(Overlay::PlanDialog(dialog)) => dialog
            .remaining_failure(&model.store, &model.diagnoses)
            .map(|error| fields_to_correct(dialog, error.diagnosis.finding.link())),
        _ => None,
    };
    let over = matches!(
        model.overlays.last(),
        Some(Overlay::PlanDialog(PlanDialog { stage: stage @ PlanStage::Done { .. }, .. })) if stage.is_successful()
    );
    let recovered = matches!(
        model.overlays.last(),
        Some(Overlay::PlanDialog(dialog)) if dialog.stage.has_recovered()
    );
    if over && (blamed.is_none() || recovered) {
        close(model);
        return;
    }
    model.overlays.pop();
    if let Some(fields) = blamed {
        go_to(model, fields);
    }
}

/// The fields to correct. What the registry itself has refused is, whatever the kubelet's first word looks
/// like while not all objects have been seen.
fn fields_to_correct(dialog: &PlanDialog, link: ChainLink) -> &'static [FieldId] {
    let denial = dialog.registry_check.denial();
    fields_for_link(denial.map_or(link, self::link_to_correct))
}

/// The link to correct after a registry's rejection; where it does not say, the login.
fn link_to_correct(conclusion: &ProbeConclusion) -> ChainLink {
    conclusion
        .root
        .map_or(ChainLink::Secret, RootCause::chain_link)
}

/// The questions whose answers are to blame for a fault at this link of the chain.
fn fields_for_link(link: ChainLink) -> &'static [FieldId] {
    match link {
        ChainLink::Secret => &[FieldId::Token, FieldId::Source],
        ChainLink::Account => &[FieldId::Account],
        ChainLink::Image | ChainLink::Registry => &[FieldId::Image],
        ChainLink::Provider | ChainLink::Node | ChainLink::Pod => &[],
    }
}

/// Leaves a plan that is carried out, and the form that it came from if all went well.
fn close(model: &mut Model) {
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.pop() else {
        return;
    };
    if !dialog.stage.is_successful() {
        return;
    }
    close_form(model);
    // Below may be the plan before, that this one went on from, with the form that it came from.
    while matches!(model.overlays.last(), Some(Overlay::PlanDialog(before)) if before.stage.is_done())
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
            (Some(RootCause::CredentialRejected), FieldId::Token),
            (Some(RootCause::TagMissing), FieldId::Image),
            (Some(RootCause::RegistryUnknownHost), FieldId::Image),
            (None, FieldId::Token),
        ] {
            let conclusion = ProbeConclusion {
                answer: PullAnswer::No,
                cause: None,
                root,
                alternatives: Vec::new(),
                ruled_out: Vec::new(),
                suggestion: None,
                tags: Vec::new(),
                summary: String::new(),
            };
            assert_eq!(
                fields_for_link(link_to_correct(&conclusion)).first(),
                Some(&answer),
                "{root:?}"
            );
        }
    }
}
