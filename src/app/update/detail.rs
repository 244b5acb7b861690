//! The detail view of a Pod: opening it and turning its pages.

use jiff::Timestamp;

use super::navigate;
use crate::app::{detail::Tab, inquiry::Inquiry, model::Model, overlay::Overlay};

/// Opens a view of the Pod that the keys speak of; in an open one, turns to it.
pub(super) fn open(model: &mut Model, wanted: Tab, now: Timestamp) {
    if let Some(Overlay::Details { tab, scroll, .. }) = model.overlays.last_mut() {
        *tab = Some(wanted);
        *scroll = 0;
        return;
    }
    match navigate::subject_of_interest(model) {
        Some(pod) => model.overlays.push(Overlay::Details {
            pod,
            tab: Some(wanted),
            scroll: 0,
        }),
        None => model.flash("no Pod is selected", now),
    }
}

/// Turns to another view.
pub(super) fn turn(model: &mut Model, to: fn(Tab) -> Tab) {
    let fitting = shown(model.inquiry.as_ref(), None);
    if let Some(Overlay::Details { tab, scroll, .. }) = model.overlays.last_mut() {
        *tab = Some(to(tab.unwrap_or(fitting)));
        *scroll = 0;
    }
}

/// The view that is shown when none was chosen: the diagnosis while there is something to say.
pub fn shown(inquiry: Option<&Inquiry>, chosen: Option<Tab>) -> Tab {
    let wrong = inquiry.is_some_and(|inquiry| inquiry.diagnosis.first().is_some());
    chosen.unwrap_or(if wrong { Tab::Diagnosis } else { Tab::Timeline })
}
