//! Active key contexts: determined by the topmost overlay.

use super::detail;
use crate::app::{form::FieldInput, keymap::Context, model::Model, overlay::Overlay};

/// The contexts in which a key is looked up, innermost first.
pub fn active_contexts(model: &Model) -> Vec<Context> {
    let over = |own: &[Context]| {
        let common = [Context::Overlay, Context::Everywhere];
        own.iter().copied().chain(common).collect()
    };
    match model.overlays.last() {
        None => vec![
            Context::In(model.focus),
            Context::Panes,
            Context::Everywhere,
        ],
        Some(Overlay::Details(details)) => over(detail::contexts(model, details)),
        Some(Overlay::Contexts(_) | Overlay::Menu(_)) => over(&[Context::Choice]),
        Some(Overlay::Faults(_)) => over(&[Context::Faults, Context::Choice]),
        Some(Overlay::PullTest(_)) => over(&[Context::PullTest]),
        Some(Overlay::Node(_)) => over(&[Context::Node]),
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
            | Overlay::Problem { .. },
        ) => over(&[]),
    }
}
