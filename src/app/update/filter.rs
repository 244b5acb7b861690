//! Editing the filter of a pane. The rows follow while it is typed.

use super::navigate;
use crate::app::{
    action::Action,
    filter::Filter,
    key::{Code, Key},
    keymap::Context,
    model::Model,
    overlay::Overlay,
    panes::Pane,
    text_field,
};

/// Opens the focused pane's filter, to be typed.
pub(super) fn open(model: &mut Model) {
    let pane = model.focus;
    let before = model.panes.get(pane).query().filter.text().to_owned();
    model.overlays.push(Overlay::Filter {
        pane,
        input: before.clone().into(),
        before,
    });
}

/// A key while the filter is typed.
pub(super) fn type_into(model: &mut Model, key: Key) {
    let Some(Overlay::Filter {
        pane,
        input,
        before,
    }) = model.overlays.last_mut()
    else {
        return;
    };
    let pane = *pane;
    match key.code {
        Code::Enter => {
            model.overlays.pop();
        }
        Code::Esc => {
            let before = std::mem::take(before);
            model.overlays.pop();
            set(model, pane, &before);
        }
        // The list can be walked while the filter is typed.
        Code::Up | Code::Down | Code::PageUp | Code::PageDown => {
            if let Some(Action::Move(motion)) =
                model.preferences.keymap.resolve(key, &[Context::Panes])
            {
                navigate::move_selection(model, pane, motion);
            }
        }
        _ => {
            if text_field::edit(input, key) {
                apply(model);
            }
        }
    }
}

/// Filters as what is typed says.
pub(super) fn apply(model: &mut Model) {
    if let Some(Overlay::Filter { pane, input, .. }) = model.overlays.last() {
        let (pane, text) = (*pane, input.value().to_owned());
        set(model, pane, &text);
    }
}

/// Drops the focused pane's filter.
pub(super) fn clear(model: &mut Model) {
    set(model, model.focus, "");
}

fn set(model: &mut Model, pane: Pane, text: &str) {
    model.panes.get_mut(pane).query_mut().filter = Filter::parse(text);
}
