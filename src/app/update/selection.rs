//! What is selected, and what the keys therefore speak of. Nothing is changed here.

use crate::{
    app::{
        model::Model,
        overlay::Overlay,
        panes::{Pane, events, pods},
    },
    domain::{
        key::{Key, Name},
        objects::{ObjectKey, Pod, Secret, ServiceAccount, WorkloadKey, WorkloadKind},
        status::pod_status,
        watch::Scope,
        world::Line,
    },
};

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

/// What the keys speak of: the object whose details are open, else what is selected in the focused pane;
/// of an event, what it is about.
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

/// The Pod that uses what is selected, one that fares ill if there is one.
pub(super) fn user_of_selection(model: &Model) -> Option<Key<Pod>> {
    let world = &model.world;
    let health = |key: &Key<Pod>| world.pod(key).map(|pod| pod_status(pod).health);
    match model.focus {
        Pane::Secrets => {
            let secret = model.panes.secrets.list.selected()?;
            let names = world.pods_of_secret(secret);
            names
                .map(|name| Key::new(secret.namespace.clone(), name.clone()))
                .min_by_key(health)
        }
        Pane::ServiceAccounts => {
            let account = model.panes.accounts.list.selected()?;
            let names = world.pods_of_account(account);
            names
                .map(|name| Key::new(account.namespace.clone(), name.clone()))
                .min_by_key(health)
        }
        Pane::Namespaces | Pane::Pods | Pane::Events => None,
    }
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
