//! The action menu: built from the keymap for the selection.

use jiff::Timestamp;

use super::{fix, key_context, open_form, reveal, rollout, selection};
use crate::{
    app::{
        action::Action,
        detail::Tab,
        effect::Effect,
        key::Key,
        key_config::ActiveBinding,
        menu::{ActionRequirement, Availability, Menu, MenuItem},
        model::Model,
        overlay::Overlay,
    },
    domain::{
        k8s::object_ref::Namespace,
        plan::{Change, FixProposal, Plan},
        pull_test,
        rbac::Permission,
    },
};

/// Opens the menu, and requests unknown permissions.
pub(super) fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let object = selection::selected_object(model);
    let namespace = object.as_ref().map(|object| object.namespace().clone());
    let title = object.map_or_else(
        || model.focus.title().to_owned(),
        |object| object.to_string(),
    );
    let rows: Vec<ActiveBinding> = available_bindings(model);
    let items: Vec<MenuItem> = rows
        .into_iter()
        .filter_map(|row| item(model, row))
        .collect();
    if items.is_empty() {
        model.set_status("no actions for it", now);
        return Vec::new();
    }
    let menu = Menu::new(title, namespace.clone(), items);
    model.overlays.push(Overlay::Menu(menu));
    let Some(namespace) = namespace.filter(|namespace| model.rbac.needs_request(namespace)) else {
        return Vec::new();
    };
    let request_id = model.request_ids.next_id();
    model.rbac.begin(namespace.clone(), request_id);
    vec![Effect::LoadRbacRules {
        request_id,
        namespace,
    }]
}

/// The bindings of verbs that are in force here, each action once, the innermost context first.
fn available_bindings(model: &Model) -> Vec<ActiveBinding> {
    let mut rows: Vec<ActiveBinding> = Vec::new();
    for context in key_context::active_contexts(model) {
        let of_it = model.preferences.keymap.bindings().iter();
        for row in of_it.filter(|row| row.binding.context == context) {
            let action = row.binding.action;
            let taken = rows.iter().any(|other| other.binding.action == action);
            if action.is_verb() && !taken && !row.keys.is_empty() {
                rows.push(row.clone());
            }
        }
    }
    // What heals comes before what looks.
    rows.sort_by_key(|row| !matches!(row.binding.action, Action::Fix(_)));
    rows
}

fn item(model: &Model, row: ActiveBinding) -> Option<MenuItem> {
    let action = row.binding.action;
    let help = match action {
        Action::Fix(number) => {
            let offered = fix::offered_fix(model, number)?;
            format!("{}: {}", row.binding.label_or("fix"), offered.fix.title)
        }
        _ => row.binding.help.to_owned(),
    };
    Some(MenuItem {
        requirement: requirement(model, action),
        keys: row.keys,
        action,
        help,
    })
}

/// What the action takes here.
fn requirement(model: &Model, action: Action) -> ActionRequirement {
    match open_form::form_spec_for(model, action) {
        Some(Ok(spec)) => return ActionRequirement::ToChange(spec.permissions()),
        Some(Err(why)) => return ActionRequirement::NotApplicable(why.to_owned()),
        None => {}
    }
    let changes = |changes: &[Change]| {
        ActionRequirement::ToChange(changes.iter().flat_map(Change::permissions).collect())
    };
    match action {
        Action::Fix(number) => match fix::offered_fix(model, number).map(|offered| offered.offer) {
            Some(FixProposal::Plan(plan)) => changes(&plan.changes),
            Some(FixProposal::Form(spec)) => ActionRequirement::ToChange(spec.permissions()),
            Some(FixProposal::Manual) | None => ActionRequirement::Nothing,
        },
        Action::Restart => match fix::restartable(model) {
            Some(workload) => changes(&[Change::restart(workload)]),
            None => ActionRequirement::NotApplicable(fix::NOT_RESTARTABLE.to_owned()),
        },
        Action::Delete => match open_form::deletable_pod(model) {
            Some(pod) => changes(&[Change::delete_pod(pod)]),
            None => ActionRequirement::NotApplicable("select a Pod first".to_owned()),
        },
        Action::PauseRollout => to_apply(rollout::pause_plan(model)),
        Action::RollBack => to_apply(rollout::roll_back_plan(model)),
        Action::PullTest => match selection::current_pod(model) {
            Some(pod) => ActionRequirement::ToChange(pull_test::permissions(&pod.namespace).into()),
            None => ActionRequirement::NotApplicable("select a Pod first".to_owned()),
        },
        Action::Reveal => match open_form::secret(model) {
            Some(secret) => ActionRequirement::ToRead(vec![get("secrets", Some(secret.namespace))]),
            None => ActionRequirement::NotApplicable(reveal::NO_SECRET.to_owned()),
        },
        Action::ProbeRegistry => to_get(model, "secrets"),
        Action::Detail(Tab::Logs) | Action::PreviousLog => to_get(model, "pods/log"),
        _ => ActionRequirement::Nothing,
    }
}

/// What applying a plan takes, or why there is none.
fn to_apply(plan: Result<Plan, &'static str>) -> ActionRequirement {
    match plan {
        Ok(plan) => {
            let permissions = plan.changes.iter().flat_map(Change::permissions);
            ActionRequirement::ToChange(permissions.collect())
        }
        Err(why) => ActionRequirement::NotApplicable(why.to_owned()),
    }
}

fn to_get(model: &Model, resource: &str) -> ActionRequirement {
    let pod = selection::current_pod(model);
    ActionRequirement::ToRead(vec![get(resource, pod.map(|pod| pod.namespace))])
}

fn get(resource: &str, namespace: Option<Namespace>) -> Permission {
    Permission {
        verb: "get".into(),
        group: "".into(),
        resource: resource.into(),
        namespace,
    }
}

/// Performs the chosen item.
pub(super) fn chosen(model: &mut Model, now: Timestamp) -> Result<Action, Vec<Effect>> {
    activate(model, Menu::chosen, now)
}

/// Performs the item with this key.
pub(super) fn by_key(model: &mut Model, key: Key, now: Timestamp) -> Result<Action, Vec<Effect>> {
    activate(model, |menu| menu.by_key(key), now)
}

/// Takes an item: its action, which is done without the menu, or why that cannot be.
fn activate(
    model: &mut Model,
    item: impl FnOnce(&Menu) -> Option<&MenuItem>,
    now: Timestamp,
) -> Result<Action, Vec<Effect>> {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else {
        return Err(Vec::new());
    };
    let Some(item) = item(menu) else {
        return Err(Vec::new());
    };
    let (action, standing) = (
        item.action,
        item.availability(model.permission_context(menu)),
    );
    match standing {
        Availability::Available | Availability::Loading => {
            model.overlays.pop();
            return Ok(action);
        }
        Availability::NotApplicable(why) => model.set_status(why, now),
        Availability::ReadOnly => model.set_status("read-only: changes are disabled", now),
        Availability::Forbidden(permission) => {
            let role = permission.role_command();
            model.set_status(format!("you may not {permission}; copied: {role}"), now);
            return Err(vec![Effect::Copy(role)]);
        }
    }
    Err(Vec::new())
}
