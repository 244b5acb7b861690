//! The current selection, which key commands act on. Nothing is changed here.

use crate::{
    app::{
        model::Model,
        overlay::Overlay,
        panes::{Pane, events, pods},
    },
    domain::{
        k8s::{
            object_ref::ObjectRef,
            objects::{AnyObjectRef, Pod, ServiceAccount, WorkloadRef},
            pod_status::pod_status,
        },
        store::{EventSeries, watch::Scope},
    },
};

/// The selected Pod of the Pods pane; for a folded workload, its least healthy.
pub fn selected_pod(model: &Model) -> Option<ObjectRef<Pod>> {
    model.panes.get(Pane::Pods).selected_pod(&model.store)
}

/// The current Pod: that of open details, else that of the selection.
pub fn current_pod(model: &Model) -> Option<ObjectRef<Pod>> {
    if let Some(Overlay::Details(details)) = model.overlays.last() {
        match &details.object {
            AnyObjectRef::Pod(pod) => return Some(pod.clone()),
            AnyObjectRef::Workload(id) => return worst_pod(model, id),
            AnyObjectRef::Namespace(_)
            | AnyObjectRef::Secret(_)
            | AnyObjectRef::ServiceAccount(_) => {}
        }
    }
    // Namespaces narrow the other panes, and the Pods are looked at meanwhile.
    let pane = if model.focus.info().namespaced {
        model.focus
    } else {
        Pane::Pods
    };
    model.panes.get(pane).selected_pod(&model.store)
}

/// The current workload: that of open details, else that of the Pod.
pub(super) fn current_workload(model: &Model) -> Option<WorkloadRef> {
    if let Some(Overlay::Details(details)) = model.overlays.last()
        && let AnyObjectRef::Workload(id) = &details.object
    {
        return Some(id.clone());
    }
    if model.overlays.is_empty()
        && model.focus == Pane::Pods
        && let Some(pods::Row::Workload(id)) = model.panes.pods.list.selected()
    {
        return Some(id.clone());
    }
    let pod = model.store.pod(&current_pod(model)?)?;
    Some(model.store.workload_of(pod)?.id.clone())
}

/// Of a workload's Pods the one that fares worst.
fn worst_pod(model: &Model, id: &WorkloadRef) -> Option<ObjectRef<Pod>> {
    let store = &model.store;
    let here = Scope::Namespace(id.key.namespace.clone());
    store
        .pods(&here)
        .filter(|pod| store.workload_of(pod).is_some_and(|found| found.id == *id))
        .min_by_key(|pod| pod_status(pod).health)
        .map(|pod| pod.key.clone())
}

/// The current object: that of open details, else the selection of the focused pane; for an event, its subject.
pub(super) fn selected_object(model: &Model) -> Option<AnyObjectRef> {
    if let Some(Overlay::Details(details)) = model.overlays.last() {
        return Some(details.object.clone());
    }
    model.panes.get(model.focus).selected_object(&model.store)
}

/// The ServiceAccount of the selected Pod.
pub(super) fn account_of_pod(model: &Model) -> Option<ObjectRef<ServiceAccount>> {
    let pod = model.store.pod(&selected_pod(model)?)?;
    Some(ObjectRef::new(
        pod.key.namespace.clone(),
        pod.service_account.clone(),
    ))
}

/// A Pod that uses the selection, preferably a failing one.
pub(super) fn pod_using_selection(model: &Model) -> Option<ObjectRef<Pod>> {
    model.panes.get(model.focus).selected_user(&model.store)
}

/// The selected event line; `None` for a folded group.
pub(super) fn selected_line(model: &Model) -> Option<&EventSeries> {
    match model.panes.events.list.selected()? {
        events::Row::Line(key) => model.store.event_line(key),
        events::Row::Group(_) | events::Row::Startup(_) => None,
    }
}
