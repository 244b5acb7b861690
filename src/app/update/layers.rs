//! The layers above the panes: opened, walked through, left.

use jiff::Timestamp;

use super::{connect, forms, keys, menu, navigate, propose};
use crate::{
    app::{
        action::Motion,
        detail::Details,
        effect::Effect,
        explain,
        model::Model,
        overlay::{ContextPicker, Overlay},
        panes::{Pane, pods},
        reveal::{Reveal, Stage},
        scroll::Scroll,
    },
    domain::{guide::Section, objects::ObjectKey},
};

/// Explains what the user looks at; the key that opens the guide also closes it.
pub(super) fn learn(model: &mut Model) {
    if matches!(model.overlays.last(), Some(Overlay::Learn(_))) {
        model.overlays.pop();
    } else {
        model.overlays.push(Overlay::Learn(explain::here(model)));
    }
}

pub(super) fn turn_section(model: &mut Model, to: fn(Section) -> Section) {
    if let Some(Overlay::Learn(learn)) = model.overlays.last_mut() {
        learn.turn_to(to(learn.section));
    }
}

/// The key that opens the help also closes it.
pub(super) fn help(model: &mut Model) {
    match model.overlays.last() {
        Some(Overlay::Help { .. }) => back(model),
        _ => model.overlays.push(Overlay::Help {
            scroll: Scroll::TOP,
        }),
    }
}

/// One step back: the top layer, else the filter. What was typed is not dropped at the first esc.
pub(super) fn back(model: &mut Model) {
    if let Some(Overlay::Form(form)) = model.overlays.last_mut()
        && form.is_given()
        && !form.leaving
    {
        form.leaving = true;
        return;
    }
    if let Some(Overlay::Details(details)) = model.overlays.last_mut()
        && details.find.take().is_some()
    {
        return;
    }
    if matches!(model.overlays.last(), Some(Overlay::Proposal(_))) {
        propose::leave(model);
    } else if model.overlays.pop().is_none() {
        keys::set_filter(model, model.focus, "");
    }
}

/// Moves in the top layer, else in the focused pane.
pub(super) fn travel(model: &mut Model, motion: Motion) {
    let Some(overlay) = model.overlays.last_mut() else {
        navigate::go(model, model.focus, motion);
        return;
    };
    if let Overlay::Contexts(ContextPicker::Ready { list, .. }) = overlay {
        list.go(motion);
    } else if let Overlay::Faults(list) = overlay {
        list.go(motion);
    } else if let Overlay::Menu(menu) = overlay {
        menu.list.go(motion);
    } else if let Overlay::Form(form) = overlay {
        forms::travel(form, motion);
    } else if let Overlay::PullTest(trial) = overlay {
        trial.nodes.go(motion);
    } else if let Overlay::Reveal(Reveal {
        stage: Stage::Shown(shown),
        ..
    }) = overlay
    {
        shown.list.go(motion);
    } else if let Some(scroll) = overlay.scroll() {
        scroll.go(motion);
    }
}

/// What enter does: chooses, or goes on along the chain.
pub(super) fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if let Some(overlay) = model.overlays.last() {
        if let Overlay::Contexts(ContextPicker::Ready { list, .. }) = overlay {
            let chosen = list.selected().cloned();
            return connect::connect(model, chosen, now);
        }
        if let Overlay::Menu(_) = overlay {
            return menu::choose(model, now);
        }
        if let Overlay::Faults(list) = overlay {
            let chosen = list.selected().cloned();
            model.overlays.clear();
            if let Some(id) = chosen {
                navigate::to_fault(model, &id);
            }
            return Vec::new();
        }
        model.overlays.pop();
        return Vec::new();
    }
    match model.focus {
        Pane::Namespaces => model.focus = Pane::Pods,
        Pane::Pods => open_pod(model),
        Pane::ServiceAccounts => match navigate::secret_of_account(model) {
            Some(secret) => navigate::to_secret(model, secret),
            None => model.flash("the account lists no pull Secret", now),
        },
        Pane::Secrets => match navigate::account_of_secret(model) {
            Some(account) => navigate::to_account(model, account),
            None => model.flash("no ServiceAccount lists it", now),
        },
        Pane::Events => match navigate::pod_of_event(model) {
            Some(pod) => navigate::to_pod(model, pod),
            None => model.flash("that object is gone, or is no Pod", now),
        },
    }
    Vec::new()
}

fn open_pod(model: &mut Model) {
    match model.panes.pods.list.selected().cloned() {
        Some(pods::Row::Pod(pod)) => {
            let details = Details::new(ObjectKey::Pod(pod), None);
            model.overlays.push(Overlay::Details(details));
        }
        Some(pods::Row::Workload(id)) => {
            let open = &mut model.panes.folding.open;
            if !open.remove(&id) {
                open.insert(id);
            }
            model.panes.pods.invalidate();
        }
        None => {}
    }
}
