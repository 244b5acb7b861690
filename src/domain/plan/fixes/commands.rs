//! The kubectl commands of a fix: those of its plan, and those that a plan lacks.

use super::{
    changes::made,
    targets::{Reach, Targets, listed},
};
use crate::domain::{
    diagnostics::{FixAction, FixContext, FixId, append_to_list, edit_account, unplanned},
    plan::{AttachSecret, Change, Plan},
};

/// The kubectl commands of a fix for the target of its finding: those of its plan, and what the plan does not
/// reach. Words in capitals stand for what has to be typed, and for names that are not known.
pub(in crate::domain) fn commands_of(fix: FixId, fix_context: &FixContext) -> Vec<String> {
    let known = FixAction::new(fix, fix_context);
    let is_known = known.is_some();
    let action = known.or_else(|| FixAction::new(fix, &fix_context.with_placeholders()));
    let Some(action) = action else {
        return Vec::new();
    };
    let own = fix_context.shown_target();
    let targets = Targets {
        own: &own,
        all: vec![&own],
        reach: Reach::Selected,
        listed: listed(fix_context),
    };
    let mut lines = Vec::new();
    let corrects_name = matches!(action, FixAction::CorrectSecretName { .. });
    if !is_known && corrects_name {
        lines.push(format!(
            "kubectl -n {} get secrets --field-selector type=kubernetes.io/dockerconfigjson",
            own.namespace
        ));
    }
    let mut plan = Plan::new("", made(&action, &targets).changes);
    if fix_context.target.is_none() && action.edits_a_secret() {
        // Whether a Pod lacks the Secret is not known: a message alone tells of no Pod.
        plan.changes.truncate(1);
    }
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

/// The commands, and the shell forgets the token that they have read.
fn forgetting(mut commands: Vec<String>) -> Vec<String> {
    if commands.iter().any(|line| line.contains("export TOKEN")) {
        commands.push("unset TOKEN".to_owned());
    }
    commands
}
