//! Which form a key opens, for what is selected.

use jiff::Timestamp;

use super::{forms, navigate, propose};
use crate::{
    app::{
        effect::Effect,
        model::Model,
        overlay::Overlay,
        panes::{Pane, pods},
    },
    domain::{
        key::{Key, Name, Namespace},
        objects::{Secret, ServiceAccount, Workload},
        plan::{Ask, Change, Plan},
        watch::Scope,
    },
};

fn here(model: &Model) -> Option<Namespace> {
    match &model.scope {
        Scope::Cluster => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
    }
}

/// What `+` makes in this pane.
pub(super) fn new(model: &mut Model, now: Timestamp) {
    let here = here(model);
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
    forms::ask_for(model, ask, None, now);
}

fn new_secret(
    namespace: Namespace,
    account: Option<Name<ServiceAccount>>,
    listed: Vec<Name<Secret>>,
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
    forms::ask_for(model, Ask::Setup { namespace: None }, None, now);
}

pub(super) fn deploy(model: &mut Model, now: Timestamp) {
    let namespace = here(model);
    forms::ask_for(model, Ask::Deploy { namespace }, None, now);
}

/// Binds along the chain: a Secret to accounts, an account to Secrets, a workload to its account.
pub(super) fn bind(model: &mut Model, now: Timestamp) {
    let (ask, missing) = match model.focus {
        Pane::ServiceAccounts => {
            let selected = model.panes.accounts.list.selected();
            let ask = selected.and_then(|key| Ask::list(&model.world, key));
            (ask, "no ServiceAccount is selected")
        }
        Pane::Pods => {
            let ask = workload(model).map(|workload| Ask::run_as(&model.world, workload));
            (ask, "it has no workload whose account could be set")
        }
        Pane::Secrets | Pane::Namespaces | Pane::Events => {
            let ask = secret(model).map(|key| Ask::bind(&model.world, key));
            (ask, "no Secret is selected")
        }
    };
    open(model, ask, missing, now);
}

/// Rotates the credential of the selected Secret.
pub(super) fn rotate(model: &mut Model, now: Timestamp) {
    let ask = secret(model).and_then(|key| Ask::rotate(&model.world, key));
    open(model, ask, "select a Secret that holds a credential", now);
}

pub(super) fn copy(model: &mut Model, now: Timestamp) {
    let ask = secret(model).and_then(|key| Ask::copy(&model.world, key));
    open(model, ask, "no Secret is selected", now);
}

fn open(model: &mut Model, ask: Option<Ask>, missing: &str, now: Timestamp) {
    match ask {
        Some(ask) => forms::ask_for(model, ask, None, now),
        None => model.flash(missing, now),
    }
}

fn secret(model: &Model) -> Option<&Key<Secret>> {
    model.panes.secrets.list.selected()
}

/// The workload of the selected row.
fn workload(model: &Model) -> Option<&Workload> {
    match model.panes.pods.list.selected()? {
        pods::Row::Pod(key) => model.world.workload_of(model.world.pod(key)?),
        pods::Row::Workload(id) => model.world.workload(id),
    }
    .map(|workload| &**workload)
}

/// Deletes what is selected: after its name was typed again, or for a Pod after the plan was shown.
pub(super) fn delete(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let ask = match model.focus {
        Pane::Secrets => secret(model).map(|key| Ask::delete_secret(&model.world, key)),
        Pane::ServiceAccounts => {
            let selected = model.panes.accounts.list.selected();
            selected.and_then(|key| Ask::delete_account(&model.world, key))
        }
        Pane::Pods => return delete_pod(model, now),
        Pane::Namespaces | Pane::Events => None,
    };
    open(model, ask, "that is not deleted from here", now);
    Vec::new()
}

fn delete_pod(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let pod = navigate::selected_pod(model).and_then(|key| model.world.pod(&key));
    let Some(pod) = pod else {
        model.flash("select a Pod: workloads are not deleted from here", now);
        return Vec::new();
    };
    let note = match &pod.meta.owner {
        Some(owner) => format!("{}/{} makes a new one at once.", owner.kind, owner.name),
        None => "It has no owner: nothing makes it again.".to_owned(),
    };
    let title = format!("Delete the Pod {}", pod.key);
    let plan = Plan {
        notes: vec![note],
        ..Plan::new(title, vec![Change::DeletePod(pod.key.clone())])
    };
    propose::propose(model, plan, None, now)
}

/// Asks as what the plan that is shown is exported. Nothing is changed, so it may be done read-only.
pub(super) fn export(model: &mut Model, now: Timestamp) {
    if matches!(model.overlays.last(), Some(Overlay::Proposal(_))) {
        forms::ask_for(model, Ask::Export, None, now);
    }
}
