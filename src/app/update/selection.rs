//! What is selected, and what the keys therefore speak of. Nothing is changed here.

use crate::{
    app::{
        model::Model,
        overlay::Overlay,
        panes::{Pane, events, pods},
    },
    domain::{
        k8s::{
            object_ref::Key,
            objects::{ObjectKey, Pod, ServiceAccount, WorkloadKey},
            pod_status::pod_status,
        },
        store::{Line, watch::Scope},
    },
};

/// The Pod that the selection of the Pods pane stands for: for a folded workload, its worst.
pub fn selected_pod(model: &Model) -> Option<Key<Pod>> {
    model.panes.get(Pane::Pods).selected_pod(&model.world)
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
    // Namespaces narrow the other panes, and the Pods are looked at meanwhile.
    let pane = if model.focus.info().namespaced {
        model.focus
    } else {
        Pane::Pods
    };
    model.panes.get(pane).selected_pod(&model.world)
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
    model.panes.get(model.focus).selected_object(&model.world)
}

/// The ServiceAccount of the selected Pod.
pub(super) fn account_of_pod(model: &Model) -> Option<Key<ServiceAccount>> {
    let pod = model.world.pod(&selected_pod(model)?)?;
    Some(Key::new(
        pod.key.namespace.clone(),
        pod.service_account.clone(),
    ))
}

/// The Pod that uses what is selected, one that fares ill if there is one.
pub(super) fn user_of_selection(model: &Model) -> Option<Key<Pod>> {
    model.panes.get(model.focus).selected_user(&model.world)
}

/// The event line that is selected; of what is folded, none.
pub(super) fn selected_line(model: &Model) -> Option<&Line> {
    match model.panes.events.list.selected()? {
        events::Row::Line(key) => model.world.event_line(key),
        events::Row::Story(_) | events::Row::Start(_) => None,
    }
}
