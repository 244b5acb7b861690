//! Where a key is looked up in the table: what lies on top says which contexts are in force.

use super::detail;
use crate::app::{form::Entry, keymap::Context, model::Model, overlay::Overlay};

/// The contexts in which a key is looked up, innermost first.
pub fn path(model: &Model) -> Vec<Context> {
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
        Some(Overlay::Reveal(_)) => over(&[Context::Reveal]),
        Some(Overlay::Learn(_)) => over(&[Context::Guide]),
        Some(Overlay::Proposal(proposal)) => over(&[
            if proposal.stage.is_done() || proposal.stage.changes_nothing() {
                Context::Applied
            } else {
                Context::Proposal
            },
        ]),
        Some(Overlay::Form(form)) => match form.focused().map(|field| &field.entry) {
            Some(Entry::Many(_)) => vec![Context::Picks, Context::Form],
            Some(Entry::One(_)) => vec![Context::Options, Context::Form],
            Some(Entry::Text(_)) | None => vec![Context::Form],
        },
        Some(
            Overlay::Help { .. }
            | Overlay::Filter { .. }
            | Overlay::Palette(_)
            | Overlay::Hygiene { .. }
            | Overlay::Steps { .. }
            | Overlay::Problem { .. },
        ) => over(&[]),
    }
}
