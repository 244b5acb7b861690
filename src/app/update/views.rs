//! Saved views: open, save, delete.

use jiff::Timestamp;

use super::navigate;
use crate::{
    app::{
        effect::Effect,
        model::Model,
        overlay::{CommandPalette, Overlay},
        views::SavedView,
    },
    domain::{store::watch::Scope, suggest::did_you_mean},
};

/// Opens the view with this name; without a name, the list of views.
pub(super) fn go(model: &mut Model, name: Option<&str>, now: Timestamp) -> Vec<Effect> {
    let Some(name) = name else {
        choose(model, "view ", now);
        return Vec::new();
    };
    let Some(view) = model.session.view(name).cloned() else {
        unknown(model, name, now);
        return Vec::new();
    };
    let before = model.location();
    model.overlays.clear();
    if let Some(pane) = view.apply(&mut model.panes) {
        model.focus = pane;
    }
    if let Some(namespace) = view.namespace {
        navigate::to_namespace(model, namespace);
    } else {
        navigate::to_scope(model, Scope::Cluster);
    }
    if before != model.location() {
        model.jump_list.push(before);
    }
    Vec::new()
}

/// Saves the current view.
pub(super) fn save(model: &mut Model, name: &str, now: Timestamp) {
    let view = SavedView::capture(&model.panes, model.focus, &model.scope);
    let mut said = format!("saved as {name}: {view}");
    if model.session.save_view(name, view) {
        said.push_str(" (replaced)");
    }
    if !model.capabilities.keeps_state {
        said.push_str(" for this session only (state is off)");
    }
    model.set_status(said, now);
}

pub(super) fn forget(model: &mut Model, name: Option<&str>, now: Timestamp) {
    match name {
        None => choose(model, "forget ", now),
        Some(name) if model.session.forget_view(name) => {
            model.set_status(format!("view {name} removed"), now);
        }
        Some(name) => unknown(model, name, now),
    }
}

/// Opens the palette where the names are to be chosen from.
fn choose(model: &mut Model, command: &str, now: Timestamp) {
    if model.session.views().next().is_none() {
        model.set_status("no saved views; :save NAME saves this one", now);
        return;
    }
    model.overlays.push(Overlay::Palette(CommandPalette {
        input: command.to_owned().into(),
        ..CommandPalette::default()
    }));
}

fn unknown(model: &mut Model, name: &str, now: Timestamp) {
    let names = model.session.views().map(|(name, _)| name);
    let hint = match did_you_mean(name, names) {
        Some(near) => format!("did you mean {near}?"),
        None => ":save NAME saves the current one".to_owned(),
    };
    model.set_status(format!("no saved view {name:?}; {hint}"), now);
}
