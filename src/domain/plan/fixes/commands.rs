//! The kubectl commands of a fix: those of its plan, and those that a plan lacks.

use super::{
    changes::made,
    targets::{Reach, Targets, listed},
};
use crate::domain::{
    diagnostics::{
        FixAction, FixContext, FixId, FixTarget, append_to_list, edit_account, unplanned,
    },
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{AnyObjectRef, Secret, ServiceAccount},
    },
    plan::{AttachSecret, Change, Plan},
};

/// The kubectl commands of a fix for the target of its finding: those of its plan, and for what the plan does not
/// reach.
///
/// Placeholders in capitals stand for what has to be typed and for unknown names.
pub(in crate::domain) fn commands_of(fix: FixId, fix_context: &FixContext) -> Vec<String> {
    let known = FixAction::new(fix, fix_context);
    let is_known = known.is_some();
    let action = known.or_else(|| FixAction::new(fix, &fix_context.with_placeholders()));
    let Some(action) = action else {
        return Vec::new();
    };
    let own = fix_context.shown_target();
    let mut lines = Vec::new();
    let corrects_name = matches!(action, FixAction::CorrectSecretName { .. });
    if !is_known && corrects_name {
        lines.push(format!(
            "kubectl -n {} get secrets --field-selector type=kubernetes.io/dockerconfigjson",
            own.namespace
        ));
    }
    let plan = plan_for(&action, &own, fix_context);
    let mut changed: Vec<String> = plan
        .changes
        .iter()
        .flat_map(|change| match change {
            // A list that has not been read must not be written.
            Change::AttachSecret(AttachSecret {
                account, secret, ..
            }) if fix_context.account_lists.is_none() => vec![if corrects_name {
                edit_account(account)
            } else {
                append_to_list(account, secret)
            }],
            change => forgetting(change.commands()),
        })
        .collect();
    lines.append(&mut changed);
    lines.extend(unplanned(&action, &own));
    lines
}

/// The Secret that the plan of a fix attaches to a ServiceAccount; `None` where it attaches none.
pub(in crate::domain) fn attached_by(
    fix: FixId,
    fix_context: &FixContext,
) -> Option<(ObjectRef<ServiceAccount>, Name<Secret>)> {
    let action = FixAction::new(fix, fix_context)?;
    let plan = plan_for(&action, &fix_context.shown_target(), fix_context);
    plan.changes.into_iter().find_map(|change| {
        let Change::AttachSecret(attach) = change else {
            return None;
        };
        Some((attach.account, attach.secret))
    })
}

/// The plan of an action for one target.
fn plan_for(action: &FixAction, own: &FixTarget, fix_context: &FixContext) -> Plan {
    let targets = Targets {
        own,
        all: vec![own],
        reach: Reach::Selected,
        listed: listed(fix_context),
    };
    let mut plan = Plan::new("", made(action, &targets).changes);
    if fix_context.target.is_none() && action.edits_a_secret() {
        // Whether a Pod lacks the Secret is not known: a message alone tells of no Pod.
        plan.changes.truncate(1);
    }
    plan
}

/// What keeps the objects that a fix writes, and would revert that: a sentence for each.
pub(in crate::domain) fn manager_notes(
    fix: FixId,
    fix_context: &FixContext,
) -> Vec<(AnyObjectRef, String)> {
    if fix_context.managers.is_empty() {
        return Vec::new();
    }
    let Some(action) = FixAction::new(fix, fix_context) else {
        return Vec::new();
    };
    let plan = plan_for(&action, &fix_context.shown_target(), fix_context);
    let mut notes: Vec<(AnyObjectRef, String)> = Vec::new();
    for change in plan.changes.iter().filter(|change| change.is_contested()) {
        let object = change.object();
        let managers = fix_context.managers.iter();
        for (_, manager) in managers.filter(|(managed, _)| *managed == object) {
            let note = manager.sentence(&format!("{} {}", object.kind(), object.name()));
            if notes.iter().all(|(noted, _)| *noted != object) {
                notes.push((object.clone(), note));
            }
        }
    }
    notes
}

/// The commands, and the shell forgets the token that they have read.
fn forgetting(mut commands: Vec<String>) -> Vec<String> {
    if commands.iter().any(|line| line.contains("export TOKEN")) {
        commands.push("unset TOKEN".to_owned());
    }
    commands
}
