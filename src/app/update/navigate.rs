//! Moving: within a pane, between panes, along the chain, to the next problem.

use jiff::Timestamp;

use crate::{
    app::{
        action::Motion,
        effect::Effect,
        model::Model,
        panes::{Pane, pods},
    },
    domain::{
        key::{Key, Name, Namespace},
        objects::{Pod, Secret, ServiceAccount},
        status::Health,
        watch::Scope,
    },
};

/// Moves the selection of a pane; in Namespaces, what is selected narrows the others.
pub(super) fn go(model: &mut Model, pane: Pane, motion: Motion) {
    match pane {
        Pane::Namespaces => model.panes.namespaces.list.go(motion),
        Pane::Pods => model.panes.pods.list.go(motion),
        Pane::ServiceAccounts => model.panes.accounts.list.go(motion),
        Pane::Secrets => model.panes.secrets.list.go(motion),
        Pane::Events => model.panes.events.list.go(motion),
    }
    if pane == Pane::Namespaces {
        follow_namespace(model);
    }
}

fn follow_namespace(model: &mut Model) {
    if let Some(row) = model.panes.namespaces.list.selected() {
        let scope = row.clone().map_or(Scope::Cluster, Scope::Namespace);
        narrow(model, scope);
    }
}

fn narrow(model: &mut Model, scope: Scope) {
    if model.scope != scope {
        model.last_scope = Some(std::mem::replace(&mut model.scope, scope));
    }
}

/// Narrows to this namespace and asks for it, as it may be one that cannot be listed.
pub(super) fn to_namespace(model: &mut Model, namespace: Namespace) -> Vec<Effect> {
    model.known.insert(namespace.clone());
    model.panes.namespaces.invalidate();
    to_scope(model, Scope::Namespace(namespace.clone()));
    vec![Effect::Look {
        ticket: model.connection.ticket,
        namespace,
    }]
}

pub(super) fn to_scope(model: &mut Model, scope: Scope) {
    let row = match &scope {
        Scope::Cluster => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
    };
    model.panes.namespaces.list.want(row);
    narrow(model, scope);
}

pub(super) fn click(model: &mut Model, pane: Pane, row: usize) -> Vec<Effect> {
    if model.overlays.is_empty() {
        model.focus = pane;
        match pane {
            Pane::Namespaces => model.panes.namespaces.list.select_visible(row),
            Pane::Pods => model.panes.pods.list.select_visible(row),
            Pane::ServiceAccounts => model.panes.accounts.list.select_visible(row),
            Pane::Secrets => model.panes.secrets.list.select_visible(row),
            Pane::Events => model.panes.events.list.select_visible(row),
        };
        if pane == Pane::Namespaces {
            follow_namespace(model);
        }
    }
    Vec::new()
}

/// Lines that a turn of the mouse wheel moves.
const WHEEL: usize = 3;

pub(super) fn scroll(model: &mut Model, pane: Pane, down: bool) -> Vec<Effect> {
    let motion = if down { Motion::Down } else { Motion::Up };
    for _ in 0..WHEEL {
        go(model, pane, motion);
    }
    Vec::new()
}

pub(super) fn to_pod(model: &mut Model, pod: Key<Pod>) {
    show_namespace_of(model, &pod.namespace);
    model.focus = Pane::Pods;
    if let Some(workload) = model
        .world
        .pod(&pod)
        .and_then(|pod| model.world.workload_of(pod))
        && model.panes.folding.folded
    {
        model.panes.folding.open.insert(workload.id.clone());
        model.panes.pods.invalidate();
    }
    model.panes.pods.list.want(pods::Row::Pod(pod));
}

pub(super) fn to_account(model: &mut Model, account: Key<ServiceAccount>) {
    show_namespace_of(model, &account.namespace);
    model.focus = Pane::ServiceAccounts;
    model.panes.accounts.list.want(account);
}

pub(super) fn to_secret(model: &mut Model, secret: Key<Secret>) {
    show_namespace_of(model, &secret.namespace);
    model.focus = Pane::Secrets;
    model.panes.secrets.list.want(secret);
}

fn show_namespace_of(model: &mut Model, namespace: &Namespace) {
    let hidden = matches!(&model.scope, Scope::Namespace(shown) if shown != namespace);
    if hidden {
        to_scope(model, Scope::Namespace(namespace.clone()));
    }
}

/// The Pod that the selection of the Pods pane stands for: for a folded workload, its worst.
pub fn selected_pod(model: &Model) -> Option<Key<Pod>> {
    match model.panes.pods.list.selected()? {
        pods::Row::Pod(key) => Some(key.clone()),
        pods::Row::Workload(id) => model
            .panes
            .folding
            .groups
            .get(id)
            .map(|group| group.worst.clone()),
    }
}

/// Goes to the next failing Pod of the whole cluster, pull failures first.
pub(super) fn next_problem(model: &mut Model, forward: bool, now: Timestamp) {
    let problems: Vec<Key<Pod>> = [Health::PullFailing, Health::Failing]
        .into_iter()
        .flat_map(|health| model.world.pods_in(health, &Scope::Cluster))
        .cloned()
        .collect();
    let here = selected_pod(model).and_then(|pod| problems.iter().position(|key| *key == pod));
    let target = match (here, problems.len()) {
        (_, 0) => {
            model.flash("no Pod is in trouble", now);
            return;
        }
        (Some(position), count) if forward => (position + 1) % count,
        (Some(position), count) => (position + count - 1) % count,
        (None, count) => {
            if forward {
                0
            } else {
                count - 1
            }
        }
    };
    if let Some(pod) = problems.into_iter().nth(target) {
        to_pod(model, pod);
    }
}

/// The ServiceAccount of the selected Pod.
pub(super) fn account_of_pod(model: &Model) -> Option<Key<ServiceAccount>> {
    let pod = model.world.pod(&selected_pod(model)?)?;
    Some(Key::new(
        pod.key.namespace.clone(),
        pod.service_account.clone(),
    ))
}

/// The first pull Secret of the selected ServiceAccount.
pub(super) fn secret_of_account(model: &Model) -> Option<Key<Secret>> {
    let account = model.world.account(model.panes.accounts.list.selected()?)?;
    let first: &Name<Secret> = account.pull_secrets.first()?;
    Some(Key::new(account.key.namespace.clone(), first.clone()))
}

/// The first ServiceAccount that lists the selected Secret.
pub(super) fn account_of_secret(model: &Model) -> Option<Key<ServiceAccount>> {
    let secret = model.panes.secrets.list.selected()?;
    let name = model.world.accounts_of_secret(secret).next()?;
    Some(Key::new(secret.namespace.clone(), name.clone()))
}

/// The first Pod that uses what is selected, if the pane's rows have users.
pub(super) fn user_of_selection(model: &Model) -> Option<Key<Pod>> {
    match model.focus {
        Pane::Secrets => {
            let secret = model.panes.secrets.list.selected()?;
            let name = model.world.pods_of_secret(secret).next()?;
            Some(Key::new(secret.namespace.clone(), name.clone()))
        }
        Pane::ServiceAccounts => {
            let account = model.panes.accounts.list.selected()?;
            let name = model.world.pods_of_account(account).next()?;
            Some(Key::new(account.namespace.clone(), name.clone()))
        }
        Pane::Namespaces | Pane::Pods | Pane::Events => None,
    }
}

/// The Pod that the selected event is about, while it exists.
pub(super) fn pod_of_event(model: &Model) -> Option<Key<Pod>> {
    let line = model
        .world
        .event_line(model.panes.events.list.selected()?)?;
    let subject = &line.event.subject;
    let namespace = subject.namespace.clone()?;
    let key = Key::new(namespace, Name::new(subject.name.clone()));
    (&*subject.kind == "Pod" && model.world.pod(&key).is_some()).then_some(key)
}
