//! The details overlay: open, switch tabs, fold.

use std::sync::Arc;

use jiff::Timestamp;

use super::selection;
use crate::{
    app::{
        detail::{Details, Tab},
        keymap::Context,
        model::Model,
        overlay::Overlay,
        pod_inspection::PodInspection,
        scroll::Scroll,
    },
    domain::k8s::objects::AnyObjectRef,
};

/// Opens a tab of the current object, or switches open details to it.
pub(super) fn open(model: &mut Model, wanted: Tab, now: Timestamp) {
    let (object, missing) = match wanted {
        Tab::Diagnosis | Tab::Timeline | Tab::Logs => (
            selection::current_pod(model).map(AnyObjectRef::Pod),
            "select a Pod first",
        ),
        Tab::Rollout => (
            selection::current_workload(model).map(AnyObjectRef::Workload),
            "select a workload first",
        ),
        Tab::Describe | Tab::Yaml | Tab::Events => {
            (selection::selected_object(model), "select an object first")
        }
    };
    match object {
        Some(object) => show(model, object, wanted),
        None => model.set_status(missing, now),
    }
}

/// Shows a tab of an object; open details are replaced, or switched if they are of the same object.
pub(super) fn show(model: &mut Model, object: AnyObjectRef, tab: Tab) {
    match top(model) {
        Some(details) if details.object == object => details.show_tab(tab),
        Some(details) => *details = Details::new(object, Some(tab)),
        None => {
            let details = Details::new(object, Some(tab));
            model.overlays.push(Overlay::Details(details));
        }
    }
}

/// Opens the log; an open one switches between current and previous run, or restarts.
pub(super) fn logs(model: &mut Model, previous: bool, now: Timestamp) {
    if let Some(Overlay::Details(details)) = model.overlays.last_mut()
        && details.tab == Some(Tab::Logs)
    {
        details.previous = previous && !details.previous;
        details.scroll = Scroll::END;
        model.log = None;
        return;
    }
    open(model, Tab::Logs, now);
    if let Some(details) = top(model)
        && details.tab == Some(Tab::Logs)
    {
        details.previous = previous;
    }
}

/// Switches to the log of the Pod's next container.
pub(super) fn next_container(model: &mut Model) {
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        return;
    };
    let pod = details.object.pod().and_then(|pod| model.store.pod(pod));
    let Some(containers) = pod.map(|pod| &pod.containers) else {
        return;
    };
    let shown = details.container.as_ref();
    let here = containers.iter().position(|c| Some(&c.name) == shown);
    let next = here.map_or(0, |here| (here + 1) % containers.len().max(1));
    let next = containers.get(next).map(|c| Arc::clone(&c.name));
    if let Some(details) = top(model) {
        details.container = next;
        details.show_tab(Tab::Logs);
    }
}

/// Switches to another tab, by this offset.
pub(super) fn cycle_tab(model: &mut Model, by: isize) {
    let fitting = shown_on_top(model);
    if let Some(details) = top(model) {
        let tabs = Tab::tabs_for(&details.object);
        let here = tabs.iter().position(|tab| Some(*tab) == fitting);
        let next = here.unwrap_or(0).cast_signed() + by;
        let next = next.rem_euclid(tabs.len().max(1).cast_signed());
        if let Some(tab) = tabs.get(next.cast_unsigned()) {
            details.show_tab(*tab);
        }
    }
}

/// The tab shown by the topmost details.
pub(super) fn shown_on_top(model: &Model) -> Option<Tab> {
    match model.overlays.last() {
        Some(Overlay::Details(details)) => Some(shown(model.inspection.as_ref(), details)),
        _ => None,
    }
}

/// The topmost details.
pub(super) fn top(model: &mut Model) -> Option<&mut Details> {
    match model.overlays.last_mut() {
        Some(Overlay::Details(details)) => Some(details),
        _ => None,
    }
}

/// Key contexts of the details.
pub(super) fn contexts(model: &Model, details: &Details) -> &'static [Context] {
    match (shown(model.inspection.as_ref(), details), &details.object) {
        (Tab::Yaml | Tab::Logs, _) => &[Context::Text, Context::Details],
        (_, AnyObjectRef::Pod(_)) => &[Context::PodDetails, Context::Details],
        (_, AnyObjectRef::Secret(_)) => &[Context::SecretDetails, Context::Details],
        (_, AnyObjectRef::Workload(_)) => &[Context::WorkloadDetails, Context::Details],
        _ => &[Context::Details],
    }
}

/// The shown tab: the chosen one, or the default of the object; for a Pod with findings, the diagnosis.
pub fn shown(inspection: Option<&PodInspection>, details: &Details) -> Tab {
    let fitting = match &details.object {
        AnyObjectRef::Pod(_) => default_tab(inspection),
        AnyObjectRef::Workload(_) => Tab::Rollout,
        AnyObjectRef::Namespace(_) | AnyObjectRef::Secret(_) | AnyObjectRef::ServiceAccount(_) => {
            Tab::Describe
        }
    };
    details.tab.unwrap_or(fitting)
}

/// The default tab for a Pod's state.
pub fn default_tab(inspection: Option<&PodInspection>) -> Tab {
    let wrong = inspection.is_some_and(|inspection| inspection.diagnosis.first().is_some());
    if wrong { Tab::Diagnosis } else { Tab::Timeline }
}

/// Switches the fold level of the text.
pub(super) fn fold(details: &mut Details) {
    details.fold = details.fold.next();
    details.scroll = Scroll::TOP;
}
