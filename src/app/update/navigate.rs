//! Moving: within a pane, between panes, along the chain, to the next problem.

use jiff::Timestamp;

use crate::{
    app::{
        action::Motion,
        detail::{Details, Tab},
        effect::Effect,
        model::{Model, Stop},
        overlay::Overlay,
        panes::{Pane, events, pods},
        trail::{Place, Selected, Trail},
    },
    domain::{
        faults::{Fault, FaultId, Subject},
        key::{Key, Name, Namespace},
        objects::{ObjectKey, Pod, Secret, ServiceAccount, WorkloadKey, WorkloadKind},
        status::pod_status,
        watch::Scope,
        world::Line,
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

/// Narrows to the namespace of what is selected (k9s: warp).
pub(super) fn warp(model: &mut Model, now: Timestamp) {
    let Some(object) = selected_object(model) else {
        model.flash("nothing is selected that lies in a namespace", now);
        return;
    };
    let scope = Scope::Namespace(object.namespace().clone());
    if model.scope == scope {
        let text = format!("narrowed to {} already; 0 shows all", object.namespace());
        model.flash(text, now);
    } else {
        to_scope(model, scope);
    }
}

pub(super) fn to_scope(model: &mut Model, scope: Scope) {
    let row = match &scope {
        Scope::Cluster => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
    };
    model.panes.namespaces.list.want(row);
    narrow(model, scope);
}

/// Goes back to what the panes were narrowed to before.
pub(super) fn to_last_scope(model: &mut Model) {
    if let Some(scope) = model.last_scope.clone() {
        to_scope(model, scope);
    }
}

/// Focuses a pane and selects the row that is so many rows below its first visible one.
pub(super) fn click(model: &mut Model, pane: Pane, row: usize) {
    if !model.overlays.is_empty() {
        return;
    }
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
    model.panes.pods.lead_to(pods::Row::Pod(pod));
}

pub(super) fn to_account(model: &mut Model, account: Key<ServiceAccount>) {
    show_namespace_of(model, &account.namespace);
    model.focus = Pane::ServiceAccounts;
    model.panes.accounts.lead_to(account);
}

pub(super) fn to_secret(model: &mut Model, secret: Key<Secret>) {
    show_namespace_of(model, &secret.namespace);
    model.focus = Pane::Secrets;
    model.panes.secrets.lead_to(secret);
}

fn show_namespace_of(model: &mut Model, namespace: &Namespace) {
    let hidden = matches!(&model.scope, Scope::Namespace(shown) if shown != namespace);
    if hidden {
        to_scope(model, Scope::Namespace(namespace.clone()));
    }
}

/// Goes back or forth on the way that was gone.
pub(super) fn along_the_trail(
    model: &mut Model,
    step: fn(&mut Trail, Place) -> Option<Place>,
    now: Timestamp,
) {
    let here = model.place();
    let Some(place) = step(&mut model.trail, here) else {
        model.flash("the way ends here", now);
        return;
    };
    to_scope(model, place.scope);
    let panes = &mut model.panes;
    model.focus = match place.selected {
        Selected::Namespace(row) => {
            panes.namespaces.lead_to_if(row);
            Pane::Namespaces
        }
        Selected::Pod(row) => {
            panes.pods.lead_to_if(row);
            Pane::Pods
        }
        Selected::Account(row) => {
            panes.accounts.lead_to_if(row);
            Pane::ServiceAccounts
        }
        Selected::Secret(row) => {
            panes.secrets.lead_to_if(row);
            Pane::Secrets
        }
        Selected::Event(row) => {
            panes.events.lead_to_if(row);
            Pane::Events
        }
    };
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

/// Goes to the next fault of the whole cluster: two hundred Pods that fail for one reason are one stop.
pub(super) fn next_problem(model: &mut Model, forward: bool, now: Timestamp) {
    let faults = model.verdicts.faults();
    let count = faults.len();
    if count == 0 {
        model.flash("nothing is wrong", now);
        return;
    }
    let here = |stop: &Stop| faults.iter().position(|fault| fault.id == stop.fault);
    let target = match (&model.stop, model.stop.as_ref().and_then(here)) {
        (_, Some(position)) if forward => (position + 1) % count,
        (_, Some(position)) => (position + count - 1) % count,
        // It is gone, and another has taken its place.
        (Some(stop), None) if forward => stop.place % count,
        (Some(stop), None) => (stop.place + count - 1) % count,
        (None, None) if forward => 0,
        (None, None) => count - 1,
    };
    let Some(fault) = model.verdicts.faults().get(target) else {
        return;
    };
    let (id, title) = (fault.id.clone(), fault.finding.title());
    let text = format!(
        "{} of {count}: {title}, {} · {}",
        target + 1,
        id.blame,
        suffers(fault)
    );
    to_fault(model, &id);
    model.flash(text, now);
}

/// Who suffers from a fault, in a few words.
fn suffers(fault: &Fault) -> String {
    match (fault.pods.len(), fault.workloads.len()) {
        (0, workloads) => format!("{workloads} without Pods"),
        (1, _) => "1 Pod".to_owned(),
        (pods, _) => format!("{pods} Pods"),
    }
}

/// Goes to the example of a fault; a detail view that is open turns to it.
pub(super) fn to_fault(model: &mut Model, id: &FaultId) {
    let Some(fault) = model.verdicts.fault(id) else {
        return;
    };
    let example = fault.example.clone();
    let faults = model.verdicts.faults().iter();
    model.stop = Some(Stop {
        fault: id.clone(),
        place: faults.take_while(|other| other.id != *id).count(),
    });
    match example {
        Subject::Pod(pod) => {
            if let Some(Overlay::Details(details)) = model.overlays.last_mut() {
                details.turn_to_object(ObjectKey::Pod(pod.clone()));
            }
            to_pod(model, pod);
        }
        Subject::Workload(workload) => {
            // It has no Pod to go to.
            model.overlays.clear();
            show_namespace_of(model, &workload.key.namespace);
            let details = Details::new(ObjectKey::Workload(workload), Some(Tab::Rollout));
            model.overlays.push(Overlay::Details(details));
        }
    }
}

/// The Pod that the keys speak of: the one whose details are open, else that of the selection.
pub fn subject_of_interest(model: &Model) -> Option<Key<Pod>> {
    if let Some(Overlay::Details(details)) = model.overlays.last() {
        match &details.object {
            ObjectKey::Pod(pod) => return Some(pod.clone()),
            ObjectKey::Workload(id) => return worst_pod(model, id),
            ObjectKey::Namespace(_) | ObjectKey::Secret(_) | ObjectKey::ServiceAccount(_) => {}
        }
    }
    match model.focus {
        Pane::Namespaces | Pane::Pods => selected_pod(model),
        Pane::ServiceAccounts | Pane::Secrets => user_of_selection(model),
        Pane::Events => pod_of_event(model),
    }
}

/// The workload that the keys speak of: the one whose details are open, else that of the Pod.
pub(super) fn workload_of_interest(model: &Model) -> Option<WorkloadKey> {
    if let Some(Overlay::Details(details)) = model.overlays.last()
        && let ObjectKey::Workload(id) = &details.object
    {
        return Some(id.clone());
    }
    if model.overlays.is_empty()
        && model.focus == Pane::Pods
        && let Some(pods::Row::Workload(id)) = model.panes.pods.list.selected()
    {
        return Some(id.clone());
    }
    let pod = model.world.pod(&subject_of_interest(model)?)?;
    Some(model.world.workload_of(pod)?.id.clone())
}

/// Of a workload's Pods the one that fares worst.
fn worst_pod(model: &Model, id: &WorkloadKey) -> Option<Key<Pod>> {
    let world = &model.world;
    let here = Scope::Namespace(id.key.namespace.clone());
    world
        .pods(&here)
        .filter(|pod| world.workload_of(pod).is_some_and(|found| found.id == *id))
        .min_by_key(|pod| pod_status(pod).health)
        .map(|pod| pod.key.clone())
}

/// What is selected in the focused pane; of an event, what it is about.
pub(super) fn selected_object(model: &Model) -> Option<ObjectKey> {
    if let Some(Overlay::Details(details)) = model.overlays.last() {
        return Some(details.object.clone());
    }
    match model.focus {
        Pane::Namespaces => {
            let row = model.panes.namespaces.list.selected()?.clone();
            row.map(ObjectKey::Namespace)
        }
        Pane::Pods => match model.panes.pods.list.selected()? {
            pods::Row::Pod(key) => Some(ObjectKey::Pod(key.clone())),
            pods::Row::Workload(id) => Some(ObjectKey::Workload(id.clone())),
        },
        Pane::ServiceAccounts => {
            let key = model.panes.accounts.list.selected()?.clone();
            Some(ObjectKey::ServiceAccount(key))
        }
        Pane::Secrets => {
            let key = model.panes.secrets.list.selected()?.clone();
            Some(ObjectKey::Secret(key))
        }
        Pane::Events => pod_of_event(model).map(ObjectKey::Pod).or_else(|| {
            let subject = &selected_line(model)?.event.subject;
            let id = WorkloadKey {
                kind: WorkloadKind::parse(&subject.kind)?,
                key: Key::new(subject.namespace.clone()?, Name::new(subject.name.clone())),
            };
            Some(ObjectKey::Workload(id))
        }),
    }
}

/// Goes to the ServiceAccount of the selected Pod.
pub(super) fn to_account_of_pod(model: &mut Model) {
    if let Some(account) = account_of_pod(model) {
        to_account(model, account);
    }
}

/// The ServiceAccount of the selected Pod.
fn account_of_pod(model: &Model) -> Option<Key<ServiceAccount>> {
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

/// Goes to a Pod that uses what is selected.
pub(super) fn to_user_of_selection(model: &mut Model, now: Timestamp) {
    match user_of_selection(model) {
        Some(pod) => to_pod(model, pod),
        None => model.flash("no Pod uses it", now),
    }
}

/// The Pod that uses what is selected, one that fares ill if there is one.
fn user_of_selection(model: &Model) -> Option<Key<Pod>> {
    let world = &model.world;
    let users: Vec<Key<Pod>> = match model.focus {
        Pane::Secrets => {
            let secret = model.panes.secrets.list.selected()?;
            let names = world.pods_of_secret(secret);
            names
                .map(|name| Key::new(secret.namespace.clone(), name.clone()))
                .collect()
        }
        Pane::ServiceAccounts => {
            let account = model.panes.accounts.list.selected()?;
            let names = world.pods_of_account(account);
            names
                .map(|name| Key::new(account.namespace.clone(), name.clone()))
                .collect()
        }
        Pane::Namespaces | Pane::Pods | Pane::Events => return None,
    };
    let health = |key: &Key<Pod>| world.pod(key).map(|pod| pod_status(pod).health);
    users.into_iter().min_by_key(|key| health(key))
}

/// The event line that is selected; of what is folded, none.
pub(super) fn selected_line(model: &Model) -> Option<&Line> {
    match model.panes.events.list.selected()? {
        events::Row::Line(key) => model.world.event_line(key),
        events::Row::Story(_) | events::Row::Start(_) => None,
    }
}

/// The Pod that the selected event is about, while it exists; of what is folded, the first of its Pods.
pub(super) fn pod_of_event(model: &Model) -> Option<Key<Pod>> {
    let key = match model.panes.events.list.selected()? {
        events::Row::Line(key) => events::subject(model.world.event_line(key)?)?,
        events::Row::Story(id) => model.panes.stories.told.get(id)?.pods.first()?.clone(),
        events::Row::Start(owner) => {
            let start = model.panes.stories.starts.get(owner)?;
            start.pods.first_key_value()?.0.clone()
        }
    };
    model.world.pod(&key).is_some().then_some(key)
}
