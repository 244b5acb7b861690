//! List commands of a pane: sort, fold, and the fault list.

use jiff::Timestamp;

use super::{detail, navigate};
use crate::{
    app::{
        action::SortBy, coverage, fault_list::FaultList, model::Model, overlay::Overlay,
        scroll::Scroll,
    },
    domain::{
        lint::{run, scorecards},
        store::watch::Scope,
    },
};

/// Folds or unfolds the focused pane.
pub(super) fn fold(model: &mut Model) {
    if let Some(Overlay::Details(details)) = model.overlays.last_mut() {
        detail::fold(details);
    } else {
        let pane = model.panes.get_mut(model.focus);
        pane.set_folded(!pane.is_folded());
    }
}

/// Opens or closes the fault list.
pub(super) fn faults(model: &mut Model, now: Timestamp) {
    if matches!(model.overlays.last(), Some(Overlay::Faults(_))) {
        model.overlays.pop();
        return;
    }
    let faults = model.diagnoses.faults().iter();
    let faults = FaultList::open(faults.map(|fault| fault.id.clone()));
    if faults.list.rows().is_empty() {
        model.set_status(coverage::no_problem(model, now), now);
    } else {
        model.overlays.push(Overlay::Faults(faults));
    }
}

/// Opens the hygiene report of the shown namespaces.
pub(super) fn hygiene(model: &mut Model, now: Timestamp) {
    let (sight, limits) = (model.connection.coverage(), &model.preferences.hygiene);
    let lints = run(&model.store, sight, &model.scope, limits, now);
    if lints.is_empty() {
        model.set_status("no hygiene findings", now);
    } else {
        let standings = scorecards(&model.store, &lints);
        model.overlays.push(Overlay::Hygiene {
            standings,
            scroll: Scroll::TOP,
        });
    }
}

/// Switches to a favourite namespace: `0` is all namespaces; without favourites, the first nine.
pub(super) fn favourite(model: &mut Model, number: u8, now: Timestamp) {
    if number == 0 {
        navigate::to_scope(model, Scope::Cluster);
        return;
    }
    let index = usize::from(number) - 1;
    let favourites = &model.preferences.favourites;
    if let Some(namespace) = favourites.get(index).cloned() {
        return navigate::to_namespace(model, namespace);
    }
    if !favourites.is_empty() {
        let text = format!(
            "only {} favourites are set (setting favourites)",
            favourites.len()
        );
        model.set_status(text, now);
        return;
    }
    let names = model.panes.namespaces.list.rows();
    match names.iter().flatten().nth(index).cloned() {
        Some(namespace) => navigate::to_scope(model, Scope::Namespace(namespace)),
        None => model.set_status(format!("there is no namespace {number} in the list"), now),
    }
}

pub(super) fn sort(model: &mut Model, by: SortBy, now: Timestamp) {
    if !model.focus.sorts().contains(&by) {
        model.set_status(
            format!("{} cannot be sorted by that", model.focus.title()),
            now,
        );
        return;
    }
    let pane = model.panes.get_mut(model.focus);
    pane.query_mut().sort_by(by);
}

pub(super) fn step_sort(model: &mut Model, forward: bool) {
    let columns = model.focus.sorts();
    let pane = model.panes.get_mut(model.focus);
    pane.query_mut().sort_by_neighbour(columns, forward);
}

pub(super) fn faults_only(model: &mut Model) {
    let query = model.panes.get_mut(model.focus).query_mut();
    query.faults_only = !query.faults_only;
}
