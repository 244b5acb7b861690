//! Turns a fix of a finding into a plan, or into the form that asks for its parameters.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{forms, plan_dialog, selection};
use crate::{
    app::{
        connection::WatchHealth, diagnosis_cache::CachedDiagnosis, effect::Effect, model::Model,
        overlay::Overlay, scroll::Scroll,
    },
    domain::{
        diagnostics::{
            Finding, Fix, FixId,
            grouping::{FaultId, Subject},
        },
        k8s::{
            objects::{AnyObjectRef, WorkloadRef},
            rollout::rollout_status,
        },
        plan::{
            Change, CreateAccount, CredentialUsage, EntryRef, FixProposal, FixScope, FormSpec,
            Plan, Reach, Restartable, proposal_for, secrets_matching,
        },
        registry_auth::image_ref::{ImageRef, image_host},
        store::watch::Scope,
    },
};

pub(super) const NOT_RESTARTABLE: &str = "no workload to restart";

/// Applies the fix with this number: of the current Pod, for its own workload; of the chosen fault, for all affected.
pub(super) fn fix(model: &mut Model, number: u8, now: Timestamp) -> Vec<Effect> {
    // A plan that was made before all workloads are known would leave some of them out.
    if model.connection.health(&model.scope) == WatchHealth::Listing {
        model.set_status("still listing; try again in a moment", now);
        return Vec::new();
    }
    let Some(offered) = offered_fix(model, number) else {
        let text = match fix_request(model) {
            Some(_) => format!("there is no fix {number}"),
            None => "this Pod has no problems".to_owned(),
        };
        model.set_status(text, now);
        return Vec::new();
    };
    match offered.offer {
        FixProposal::Plan(plan) => plan_dialog::open(model, plan, offered.fault, now),
        FixProposal::Form(spec) => {
            forms::open(model, spec, offered.fault, now);
            Vec::new()
        }
        FixProposal::Manual => {
            model.overlays.push(Overlay::ManualFix {
                why: offered.why,
                fix: offered.fix,
                scroll: Scroll::TOP,
            });
            Vec::new()
        }
    }
}

/// A fix and its availability.
pub(super) struct OfferedFix {
    pub fix: Fix,
    /// What it is for.
    why: String,
    pub offer: FixProposal,
    fault: Option<FaultId>,
}

/// The fix with this number for the current selection.
pub(super) fn offered_fix(model: &Model, number: u8) -> Option<OfferedFix> {
    let FixRequest {
        finding,
        fault,
        subject,
        reach,
    } = fix_request(model)?;
    let fix = finding.fixes.get(usize::from(number).checked_sub(1)?)?;
    let others = other_findings(model, fault.as_ref(), subject.as_ref());
    let scope = FixScope {
        own: &finding,
        others: &others,
        reach,
    };
    Some(OfferedFix {
        offer: match fix {
            FixId::UndoRollout => undo_rollout(model, &scope),
            fix => with_pull_secrets(
                model,
                with_other_holders(model, *fix, proposal_for(*fix, scope), reach),
                scope,
            ),
        },
        fix: fix.render(&finding.fix_context),
        why: finding.summary(),
        fault,
    })
}

/// Back to what worked, for the Deployments that are meant and have such a revision.
fn undo_rollout(model: &Model, scope: &FixScope<'_>) -> FixProposal {
    let owners = scope.workload_targets().into_iter();
    let workloads: BTreeSet<&WorkloadRef> = owners
        .filter_map(|target| target.owner.workload())
        .collect();
    let found = workloads
        .iter()
        .filter_map(|id| rollout_status(&model.store, id));
    let changes: Vec<Change> = found
        .filter_map(|found| Change::roll_back(&found))
        .collect();
    if changes.is_empty() {
        return FixProposal::Manual;
    }
    FixProposal::Plan(Plan::new(FixId::UndoRollout.title(), changes))
}

/// Adds the pull secrets that the images of the workloads need to a new ServiceAccount.
///
/// Where the namespace has none for them, the plan says so.
fn with_pull_secrets(model: &Model, offer: FixProposal, scope: FixScope<'_>) -> FixProposal {
    let FixProposal::Plan(mut plan) = offer else {
        return offer;
    };
    let images: Vec<ImageRef> = scope
        .all_targets()
        .into_iter()
        .filter_map(|target| model.store.workload(target.owner.workload()?))
        .filter(|workload| workload.pull_secrets.is_empty())
        .flat_map(|workload| workload.images.iter())
        .filter_map(|(_, image)| ImageRef::parse(image).ok())
        .collect();
    let mut notes = Vec::new();
    for change in &mut plan.changes {
        let Change::CreateAccount(CreateAccount { key, pull_secrets }) = change else {
            continue;
        };
        *pull_secrets = secrets_matching(&model.store, &key.namespace, &images);
        let unopened = images.iter().find(|image| {
            let alone = std::slice::from_ref(*image);
            secrets_matching(&model.store, &key.namespace, alone).is_empty()
                && is_pulled_with_secrets(model, image)
        });
        notes.extend(unopened.map(|image| {
            format!(
                "No Secret in {} has a credential for {}: the next pull may fail without one.",
                key.namespace,
                image.host()
            )
        }));
    }
    plan.notes.extend(notes);
    FixProposal::Plan(plan)
}

/// Whether Pods that list pull secrets pull from the same registry.
fn is_pulled_with_secrets(model: &Model, image: &ImageRef) -> bool {
    let mut pods = model.store.pods(&Scope::Cluster);
    pods.any(|pod| {
        let mut containers = pod.containers.iter();
        !pod.pull_secrets.is_empty()
            && containers.any(|container| image_host(&container.image) == image.host())
    })
}

/// A new token can go into all Secrets that carry the refused one, in whatever namespace: it is as bad there. The
/// other entries of those Secrets are other credentials. A fix of one workload has its own Secret checked.
fn with_other_holders(model: &Model, fix: FixId, offer: FixProposal, reach: Reach) -> FixProposal {
    let FixProposal::Form(FormSpec::Login {
        secret,
        server,
        username,
        image,
        ..
    }) = &offer
    else {
        return offer;
    };
    if fix != FixId::NewToken {
        return offer;
    }
    let entry = EntryRef {
        secret,
        server,
        username,
    };
    match CredentialUsage::of_entry(&model.store, entry) {
        Some(spread) if spread.carriers().len() > 1 => {
            let image = image.as_deref().and_then(|it| ImageRef::parse(it).ok());
            FixProposal::Form(FormSpec::Rotate {
                secret: secret.clone(),
                reach,
                spreads: vec![CredentialUsage {
                    image: image.or(spread.image),
                    ..spread
                }],
            })
        }
        Some(_) | None => offer,
    }
}

/// The finding to fix and the affected objects.
struct FixRequest {
    finding: Finding,
    fault: Option<FaultId>,
    subject: Option<Subject>,
    reach: Reach,
}

impl FixRequest {
    fn from_diagnosis(subject: Subject, diagnosis: &CachedDiagnosis) -> Self {
        Self {
            finding: diagnosis.finding.clone(),
            fault: Some(diagnosis.fault.clone()),
            subject: Some(subject),
            reach: Reach::Selected,
        }
    }
}

/// The finding to fix: the chosen fault, a failure after a plan, the shown workload without Pods, or the current Pod.
fn fix_request(model: &Model) -> Option<FixRequest> {
    match model.overlays.last() {
        Some(Overlay::Faults(faults)) => {
            let id = faults.list.selected()?;
            let fault = model.diagnoses.fault(id)?;
            return Some(FixRequest {
                finding: fault.finding.clone(),
                fault: Some(id.clone()),
                subject: Some(fault.example.clone()),
                reach: Reach::All,
            });
        }
        Some(Overlay::PlanDialog(dialog)) => {
            let error = dialog.remaining_failure(&model.store, &model.diagnoses)?;
            return Some(FixRequest::from_diagnosis(error.subject, error.diagnosis));
        }
        Some(Overlay::Details(details)) => {
            if let AnyObjectRef::Workload(id) = &details.object {
                let subject = Subject::Workload(id.clone());
                if let Some(diagnosis) = model.diagnoses.get(&subject) {
                    return Some(FixRequest::from_diagnosis(subject, diagnosis));
                }
            }
        }
        _ => {}
    }
    let inspection = model.inspection.as_ref()?;
    let diagnosis = model.diagnoses.for_pod(&inspection.pod);
    Some(FixRequest {
        finding: inspection.diagnosis.first()?.clone(),
        fault: diagnosis.map(|diagnosis| diagnosis.fault.clone()),
        subject: Some(Subject::Pod(inspection.pod.clone())),
        reach: Reach::Selected,
    })
}

/// The findings of all others that suffer from a fault: each of its own container and image.
fn other_findings<'a>(
    model: &'a Model,
    fault: Option<&FaultId>,
    but: Option<&Subject>,
) -> Vec<&'a Finding> {
    let Some(fault) = fault.and_then(|id| model.diagnoses.fault(id)) else {
        return Vec::new();
    };
    let pods = fault.pods.iter().cloned().map(Subject::Pod);
    let workloads = fault.workloads.iter().cloned().map(Subject::Workload);
    pods.chain(workloads)
        .filter(|subject| Some(subject) != but)
        .filter_map(|subject| model.diagnoses.get(&subject))
        .filter(|diagnosis| diagnosis.fault == fault.id)
        .map(|diagnosis| &diagnosis.finding)
        .collect()
}

/// The workload of the current Pod, if it can be restarted.
pub(super) fn restartable(model: &Model) -> Option<Restartable> {
    let pod = model.store.pod(&selection::current_pod(model)?)?;
    Restartable::new(model.store.workload_of(pod)?.id.clone())
}

/// Proposes to restart the workload of the current Pod.
pub(super) fn restart(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(workload) = restartable(model) else {
        model.set_status(NOT_RESTARTABLE, now);
        return Vec::new();
    };
    let subject = Subject::Workload(workload.id().clone());
    let plan = Plan::new(
        format!("Rollout restart of {subject}"),
        vec![Change::restart(workload)],
    );
    plan_dialog::open(model, plan, None, now)
}

#[cfg(test)]
#[path = "fix_tests.rs"]
mod tests;
