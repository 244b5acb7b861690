//! Active key contexts: determined by the topmost overlay.

use super::detail;
use crate::app::{
    action::Action, form::FieldInput, keymap::Context, model::Model, overlay::Overlay,
    pull_test::PullTestDialog,
};

/// The contexts in which a key is looked up, innermost first.
pub fn active_contexts(model: &Model) -> Vec<Context> {
    contexts_of(model, model.overlays.last())
}

/// The key that performs an action now, by its name; else what it is called in the configuration.
pub(super) fn key_name(model: &Model, action: Action) -> String {
    let key = (model.preferences.keymap).key_for(action, &active_contexts(model));
    key.map_or_else(|| action.name().to_owned(), |key| key.to_string())
}

/// The contexts while an overlay is the topmost; `None`: those of the panes.
pub fn contexts_of(model: &Model, overlay: Option<&Overlay>) -> Vec<Context> {
    let over = |own: &[Context]| {
        let common = [Context::Overlay, Context::Everywhere];
        own.iter().copied().chain(common).collect()
    };
    match overlay {
        None => vec![
            Context::In(model.focus),
            Context::Panes,
            Context::Everywhere,
        ],
        Some(Overlay::Details(details)) => over(detail::contexts(model, details)),
        Some(Overlay::Contexts(_) | Overlay::Menu(_)) => over(&[Context::Choice]),
        Some(Overlay::Faults(_)) => over(&[Context::Faults, Context::Choice]),
        Some(Overlay::PullTest(PullTestDialog::Choosing(_))) => over(&[Context::PullTest]),
        Some(Overlay::PullTest(PullTestDialog::Started(_))) => over(&[Context::StartedPullTest]),
        Some(Overlay::Node(_)) => over(&[Context::Node]),
        Some(Overlay::NodeFiles(dialog)) if dialog.is_running() => over(&[]),
        Some(Overlay::NodeFiles(_)) => over(&[Context::NodeFiles]),
        Some(Overlay::Reveal(_)) => over(&[Context::Reveal]),
        Some(Overlay::Guide(_)) => over(&[Context::Guide]),
        Some(Overlay::PlanDialog(dialog)) => over(&[
            if dialog.stage.is_done() || dialog.stage.changes_nothing() {
                Context::AppliedPlan
            } else {
                Context::PlanDialog
            },
        ]),
        Some(Overlay::Form(form)) => match form.focused().map(|field| &field.input) {
            Some(FieldInput::MultiSelect(_)) => vec![Context::MultiSelect, Context::Form],
            Some(FieldInput::Select(_)) => vec![Context::Select, Context::Form],
            Some(FieldInput::Text(_)) | None => vec![Context::Form],
        },
        Some(
            Overlay::Help { .. }
            | Overlay::Filter { .. }
            | Overlay::Palette(_)
            | Overlay::Hygiene { .. }
            | Overlay::ManualFix { .. }
            | Overlay::Error { .. },
        ) => over(&[]),
    }
}
