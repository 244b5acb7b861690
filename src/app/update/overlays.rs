//! Overlays: open, move, close.

use jiff::Timestamp;

use super::{connect, filter, forms, navigate, plan_dialog, pull_test};
use crate::{
    app::{
        action::Motion,
        detail::Details,
        effect::Effect,
        form::MultiSelect,
        guide,
        model::Model,
        overlay::{ContextPicker, Overlay},
        panes::{EnterTarget, Pane},
        pull_test::{PullTestDialog, PullTestSetup},
        reveal::{Reveal, RevealStage},
        scroll::Scroll,
    },
    domain::guide::Section,
};

/// Opens the guide for the current focus, or closes it.
pub(super) fn toggle_guide(model: &mut Model) {
    if matches!(model.overlays.last(), Some(Overlay::Guide(_))) {
        model.overlays.pop();
    } else {
        model
            .overlays
            .push(Overlay::Guide(guide::guide_for_focus(model)));
    }
}

pub(super) fn cycle_section(model: &mut Model, to: fn(Section) -> Section) {
    if let Some(Overlay::Guide(guide)) = model.overlays.last_mut() {
        guide.open_section(to(guide.section));
    }
}

/// Opens or closes the help.
pub(super) fn help(model: &mut Model) {
    match model.overlays.last() {
        Some(Overlay::Help { .. }) => {
            model.overlays.pop();
        }
        _ => model.overlays.push(Overlay::Help {
            scroll: Scroll::TOP,
        }),
    }
}

/// Closes the topmost overlay, or clears the filter; typed text survives the first esc.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::PullTest(_)) = model.overlays.last() {
        return pull_test::back(model);
    }
    if let Some(Overlay::Form(form)) = model.overlays.last_mut()
        && form.is_modified()
        && !form.leave_confirmed
    {
        form.leave_confirmed = true;
        return Vec::new();
    }
    if let Some(Overlay::Details(details)) = model.overlays.last_mut()
        && details.find.take().is_some()
    {
        return Vec::new();
    }
    if matches!(model.overlays.last(), Some(Overlay::PlanDialog(_))) {
        plan_dialog::back(model);
    } else if model.overlays.pop().is_none() && !model.notices.dismiss() {
        filter::clear(model);
    }
    Vec::new()
}

/// Closes all overlays and focuses a pane.
pub(super) fn to_pane(model: &mut Model, pane: Pane) {
    model.overlays.clear();
    model.focus = pane;
}

/// Moves the cursor in the topmost overlay, else in the focused pane.
pub(super) fn move_cursor(model: &mut Model, motion: Motion) {
    let Some(overlay) = model.overlays.last_mut() else {
        navigate::move_selection(model, model.focus, motion);
        return;
    };
    match overlay {
        Overlay::Contexts(ContextPicker::Ready { list, .. }) => list.move_selection(motion),
        Overlay::Faults(faults) => faults.list.move_selection(motion),
        Overlay::Menu(menu) => menu.list.move_selection(motion),
        Overlay::Form(form) => forms::move_cursor(form, motion),
        Overlay::PullTest(PullTestDialog::Choosing(setup)) => setup.nodes.move_selection(motion),
        Overlay::Reveal(Reveal {
            stage: RevealStage::Shown(shown),
            ..
        }) => shown.list.move_selection(motion),
        text => {
            if let Some(scroll) = text.scroll() {
                scroll.scroll(motion);
            }
        }
    }
}

/// Lines per turn of the mouse wheel.
const WHEEL: usize = 3;

/// Scrolls the pane or overlay under the mouse.
pub(super) fn scroll(model: &mut Model, pane: Pane, down: bool) {
    let motion = if down { Motion::Down } else { Motion::Up };
    for _ in 0..WHEEL {
        match model.overlays.last() {
            // The panes are seen while a filter is typed.
            None | Some(Overlay::Filter { .. }) => navigate::move_selection(model, pane, motion),
            // There the keys go from field to field, and no wheel does.
            Some(Overlay::Form(_)) => {}
            Some(_) => move_cursor(model, motion),
        }
    }
}

/// Selects or deselects rows of the focused list.
pub(super) fn pick(model: &mut Model, nodes: fn(&mut PullTestSetup), rows: fn(&mut MultiSelect)) {
    match model.overlays.last_mut() {
        Some(Overlay::PullTest(PullTestDialog::Choosing(setup))) => nodes(setup),
        Some(Overlay::NodeFiles(dialog)) => dialog.choose_namespace(),
        _ => forms::with_multi_select(model, rows),
    }
}

/// Handles the enter key: chooses an item, or moves along the chain.
pub(super) fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match model.overlays.last() {
        None => follow(model, now),
        Some(Overlay::Contexts(ContextPicker::Ready { list, .. })) => {
            let chosen = list.selected().cloned();
            return connect::connect(model, chosen, now);
        }
        Some(Overlay::Faults(faults)) => {
            let chosen = faults.list.selected().cloned();
            model.overlays.clear();
            if let Some(id) = chosen {
                navigate::to_fault(model, &id);
            }
        }
        Some(_) => {
            model.overlays.pop();
        }
    }
    Vec::new()
}

/// Goes on along the chain from what is selected.
fn follow(model: &mut Model, now: Timestamp) {
    match model.panes.get(model.focus).enter(&model.store) {
        EnterTarget::Nothing => {}
        EnterTarget::Focus(pane) => model.focus = pane,
        EnterTarget::Details(object) => {
            let details = Details::new(object, None);
            model.overlays.push(Overlay::Details(details));
        }
        EnterTarget::Unfold(workload) => model.panes.pods.toggle_workload(workload),
        EnterTarget::Pod(pod) => navigate::to_pod(model, pod),
        EnterTarget::Account(account) => navigate::to_account(model, account),
        EnterTarget::Secret(secret) => navigate::to_secret(model, secret),
        EnterTarget::Refuse(why) => model.set_status(why, now),
    }
}
