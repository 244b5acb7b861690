//! The menu of verbs: made from the table of keys for what is selected, and taken from.

use jiff::Timestamp;

use super::{fix, key_context, open_form, reveal, selection};
use crate::{
    app::{
        action::Action,
        detail::Tab,
        effect::Effect,
        key::Key,
        key_config::Row,
        menu::{Item, Menu, Needs, Standing},
        model::Model,
        overlay::Overlay,
    },
    domain::{
        k8s::object_ref::Namespace,
        plan::{Change, FixProposal},
        pull_test,
        rbac::Permission,
    },
};

/// Opens the menu, and asks what is permitted where that is not known yet.
pub(super) fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let object = selection::selected_object(model);
    let namespace = object.as_ref().map(|object| object.namespace().clone());
    let title = object.map_or_else(
        || model.focus.title().to_owned(),
        |object| object.to_string(),
    );
    let rows: Vec<Row> = offered(model);
    let items: Vec<Item> = rows
        .into_iter()
        .filter_map(|row| item(model, row))
        .collect();
    if items.is_empty() {
        model.flash("there is nothing to do with it from here", now);
        return Vec::new();
    }
    let menu = Menu::new(title, namespace.clone(), items);
    model.overlays.push(Overlay::Menu(menu));
    let Some(namespace) = namespace.filter(|namespace| model.rights.wants(namespace)) else {
        return Vec::new();
    };
    let ticket = model.tickets.issue();
    model.rights.ask(namespace.clone(), ticket);
    vec![Effect::AskRights { ticket, namespace }]
}

/// The bindings of verbs that are in force here, each action once, the innermost context first.
fn offered(model: &Model) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for context in key_context::path(model) {
        let of_it = model.preferences.keymap.rows().iter();
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

fn item(model: &Model, row: Row) -> Option<Item> {
    let action = row.binding.action;
    let help = match action {
        Action::Fix(number) => {
            let offered = fix::offered(model, number)?;
            format!("{}: {}", row.binding.label_or("fix"), offered.fix.title)
        }
        _ => row.binding.help.to_owned(),
    };
    Some(Item {
        needs: needs(model, action),
        keys: row.keys,
        action,
        help,
    })
}

/// What the action takes here.
fn needs(model: &Model, action: Action) -> Needs {
    match open_form::asks(model, action) {
        Some(Ok(ask)) => return Needs::ToChange(ask.permissions()),
        Some(Err(why)) => return Needs::SomethingElse(why.to_owned()),
        None => {}
    }
    let changes = |changes: &[Change]| {
        Needs::ToChange(changes.iter().flat_map(Change::permissions).collect())
    };
    match action {
        Action::Fix(number) => match fix::offered(model, number).map(|offered| offered.offer) {
            Some(FixProposal::Plan(plan)) => changes(&plan.changes),
            Some(FixProposal::Form(ask)) => Needs::ToChange(ask.permissions()),
            Some(FixProposal::Manual) | None => Needs::Nothing,
        },
        Action::Restart => match fix::restartable(model) {
            Some(workload) => changes(&[Change::restart(workload)]),
            None => Needs::SomethingElse(fix::NOT_RESTARTABLE.to_owned()),
        },
        Action::Delete => match selection::selected_pod(model) {
            Some(pod) => changes(&[Change::delete_pod(pod)]),
            None => Needs::SomethingElse("workloads are not deleted from here".to_owned()),
        },
        Action::PullTest => match selection::subject_of_interest(model) {
            Some(pod) => Needs::ToChange(pull_test::permissions(&pod.namespace).into()),
            None => Needs::SomethingElse("no Pod is selected".to_owned()),
        },
        Action::Reveal => match reveal::secret(model) {
            Some(secret) => Needs::ToRead(vec![get("secrets", Some(secret.namespace))]),
            None => Needs::SomethingElse(reveal::NO_SECRET.to_owned()),
        },
        Action::Settle => to_get(model, "secrets"),
        Action::Detail(Tab::Logs) | Action::PreviousLog => to_get(model, "pods/log"),
        _ => Needs::Nothing,
    }
}

fn to_get(model: &Model, resource: &str) -> Needs {
    let pod = selection::subject_of_interest(model);
    Needs::ToRead(vec![get(resource, pod.map(|pod| pod.namespace))])
}

fn get(resource: &str, namespace: Option<Namespace>) -> Permission {
    Permission {
        verb: "get".into(),
        group: "".into(),
        resource: resource.into(),
        namespace,
    }
}

/// What is done instead of an action that cannot be done: its reason is told.
pub(super) type Told = Vec<Effect>;

/// Takes the chosen item.
pub(super) fn chosen(model: &mut Model, now: Timestamp) -> Result<Action, Told> {
    take(model, Menu::chosen, now)
}

/// Takes the item that has this key.
pub(super) fn by_key(model: &mut Model, key: Key, now: Timestamp) -> Result<Action, Told> {
    take(model, |menu| menu.by_key(key), now)
}

/// Takes an item: its action, which is done without the menu, or why that cannot be.
fn take(
    model: &mut Model,
    item: impl FnOnce(&Menu) -> Option<&Item>,
    now: Timestamp,
) -> Result<Action, Told> {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else {
        return Err(Vec::new());
    };
    let Some(item) = item(menu) else {
        return Err(Vec::new());
    };
    let (action, standing) = (item.action, item.standing(model.may(menu)));
    match standing {
        Standing::Possible | Standing::Asking => {
            model.overlays.pop();
            return Ok(action);
        }
        Standing::NotHere(why) => model.flash(why, now),
        Standing::ReadOnly => model.flash("read-only: nothing is changed", now),
        Standing::Forbidden(permission) => {
            let role = permission.role_command();
            model.flash(format!("you may not {permission}; copied: {role}"), now);
            return Err(vec![Effect::Copy(role)]);
        }
    }
    Err(Vec::new())
}
