//! Makes the plan of a fix, if the product can apply it, and the commands of that plan.
//!
//! A fix is for the finding's own Pod. It changes, restarts and deletes what belongs to the workload of that
//! Pod alone, unless the plan is for all that suffer from the same; each workload gets the change in its own
//! container. A change of a shared object (a Secret, a ServiceAccount) says how many others fail alike.

mod changes;
mod commands;
mod targets;

pub(in crate::domain) use self::commands::{attached_by, commands_of, manager_notes};
pub use self::targets::{FixScope, Reach};
use self::{changes::made, targets::Targets};
use super::{
    Change, FormSpec, Plan,
    replace_pods::{not_reached, pods_with_the_old_list},
    set_image::image_edit,
};
use crate::domain::diagnostics::{
    CurrentLogin, FixAction, FixId, FixTarget, ListOrigin, NewSecret, PodOwner,
};

/// The proposal for a fix.
#[derive(Clone, Debug)]
pub enum FixProposal {
    Plan(Plan),
    /// Something has to be typed first.
    Form(FormSpec),
    /// Not to be done from here: the fix's words and commands are for people.
    Manual,
}

/// Makes the plan of a fix, or the form that asks for its inputs.
pub fn proposal_for(fix: FixId, scope: FixScope<'_>) -> FixProposal {
    let action = FixAction::new(fix, &scope.own.fix_context);
    let Some((action, targets)) = action.zip(scope.targets()) else {
        return FixProposal::Manual;
    };
    match form_for(&action, &targets, &scope) {
        Typed::Form(form) => form.map_or(FixProposal::Manual, FixProposal::Form),
        Typed::Nothing => {
            let made = made(&action, &targets);
            if made.changes.is_empty() {
                return FixProposal::Manual;
            }
            let title = titled(fix.title_for(&scope.own.fix_context), &made.targets);
            let mut plan = Plan::new(title, made.changes);
            // What lists a Secret already has its new content at the kubelet's next attempt.
            if plan.changes.iter().any(reaches_new_pods_only) {
                plan.notes = not_reached(&made.targets);
            }
            for change in &plan.changes {
                if let Change::AttachSecret(attach) = change {
                    let notes = pods_with_the_old_list(&made.targets, &attach.secret);
                    plan.notes.extend(notes);
                }
            }
            plan.notes
                .extend(others_fail_alike(&targets, &plan.changes));
            for note in fix.notes(&scope.own.fix_context) {
                if !plan.notes.contains(&note) {
                    plan.notes.push(note);
                }
            }
            FixProposal::Plan(plan)
        }
    }
}

/// Whether a change is for Pods that are created after it.
fn reaches_new_pods_only(change: &Change) -> bool {
    match change {
        Change::CreateSecret(_)
        | Change::EditSecret(_)
        | Change::ConvertSecret(_)
        | Change::CopySecret(_)
        | Change::DeleteSecret(_)
        | Change::CreateNamespace(_)
        | Change::DeleteAccount(_)
        | Change::SetPaused(_)
        | Change::DeletePod(_)
        | Change::DeleteJob(_)
        | Change::TakeBack(_) => false,
        Change::CreateAccount(_)
        | Change::AttachSecret(_)
        | Change::DetachSecret(_)
        | Change::SetAccount(_)
        | Change::SetImage(_)
        | Change::SetTemplatePullSecrets(_)
        | Change::CreateDeployment(_)
        | Change::Restart(_)
        | Change::RollBack(_) => true,
    }
}

/// How many other workloads suffer from the same, where a shared object is changed for the selected one.
fn others_fail_alike(targets: &Targets<'_>, changes: &[Change]) -> Option<String> {
    let is_shared = changes.iter().any(|change| {
        matches!(
            change,
            Change::AttachSecret(_)
                | Change::DetachSecret(_)
                | Change::CreateAccount(_)
                | Change::EditSecret(_)
                | Change::ConvertSecret(_)
                | Change::CopySecret(_)
        )
    });
    let others = owners(&targets.all) - owners(&targets.of_workloads());
    (is_shared && others > 0).then(|| match others {
        1 => "1 more workload has this problem and is not changed; :problems fixes all of them."
            .to_owned(),
        many => format!(
            "{many} more workloads have this problem and are not changed; :problems fixes all of them."
        ),
    })
}

/// The title of a plan, with the number of workloads if there are several.
pub(super) fn titled(title: &str, targets: &[&FixTarget]) -> String {
    match owners(targets) {
        0 | 1 => title.to_owned(),
        several => format!("{title}: {several} workloads"),
    }
}

/// How many workloads these targets are of; a Pod without a controller is one.
fn owners(targets: &[&FixTarget]) -> usize {
    let mut owners: Vec<(&PodOwner, Option<&FixTarget>)> = targets
        .iter()
        .map(|target| match &target.owner {
            PodOwner::None => (&target.owner, Some(*target)),
            owner => (owner, None),
        })
        .collect();
    owners.sort_by_key(|(owner, target)| (*owner, target.and_then(|target| target.pod.clone())));
    owners.dedup_by(|(one, pod), (other, other_pod)| {
        pod == other_pod && (one == other || one.is_same(other))
    });
    owners.len()
}

/// What has to be typed before there is a plan.
enum Typed {
    Nothing,
    /// `None`: there is something to type, and nothing that it could be set in.
    Form(Option<FormSpec>),
}

fn form_for(action: &FixAction, targets: &Targets<'_>, scope: &FixScope<'_>) -> Typed {
    Typed::Form(match action {
        FixAction::CreateSecret(new) | FixAction::Authenticate(new) => {
            Some(ask_new_secret(new, targets, scope))
        }
        FixAction::RecreateSecret(login) | FixAction::NewToken(login) => {
            Some(ask_login(login, targets, scope))
        }
        FixAction::CorrectImage | FixAction::WriteFullName { .. } => {
            image_edit(targets.own, &targets.of_workloads()).map(|edit| edit.into_form(None))
        }
        FixAction::UseSuggestedImage { image } => {
            let edit = image_edit(targets.own, &targets.of_workloads());
            edit.map(|edit| edit.into_form(Some(image.clone())))
        }
        FixAction::AttachSecret { .. }
        | FixAction::CorrectSecretName { .. }
        | FixAction::CorrectServer { .. }
        | FixAction::RemoveEntry { .. }
        | FixAction::ConvertType { .. }
        | FixAction::CopySecret { .. }
        | FixAction::UseServiceAccount { .. }
        | FixAction::CreateServiceAccount
        | FixAction::Restart
        | FixAction::RetryNow => return Typed::Nothing,
    })
}

fn ask_new_secret(new: &NewSecret, targets: &Targets<'_>, scope: &FixScope<'_>) -> FormSpec {
    let own = targets.own;
    FormSpec::NewSecret {
        namespace: new.key.namespace.clone(),
        name: new.key.name.to_string(),
        server: new.server.clone(),
        image: scope.own.image.clone(),
        account: (own.list_origin == ListOrigin::ServiceAccount && !own.is_ephemeral())
            .then(|| own.service_account.clone()),
        listed: targets.listed.clone(),
        targets: targets.of_list().into_iter().cloned().collect(),
    }
}

fn ask_login(login: &CurrentLogin, targets: &Targets<'_>, scope: &FixScope<'_>) -> FormSpec {
    let of = targets.of_secret(&login.secret.name);
    FormSpec::Login {
        secret: login.secret.clone(),
        server: login.server.clone(),
        username: login.username.clone().unwrap_or_default(),
        image: scope.own.image.clone(),
        listed: targets.listed.clone(),
        targets: of.into_iter().cloned().collect(),
    }
}

#[cfg(test)]
mod tests;
