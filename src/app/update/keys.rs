//! Key events: the topmost overlay first, then the focused text field, then the keymap.

use jiff::Timestamp;

use super::{command, dispatch, filter, find, key_context, menu};
use crate::app::{
    action::Action, effect::Effect, form::FieldId, key::Key, key_config::Keymap, keymap::Context,
    model::Model, overlay::Overlay, text_field,
};

pub(super) fn on_key(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    let finding = matches!(model.overlays.last(),
        Some(Overlay::Details(details)) if details.find.as_ref().is_some_and(|find| find.typing));
    let types = finding
        || matches!(
            model.overlays.last(),
            Some(Overlay::Filter { .. } | Overlay::Palette(_) | Overlay::Form(_))
        );
    if types && is_quit_key(&model.preferences.keymap, key) {
        return dispatch::quit(model, now);
    }
    match model.overlays.last() {
        Some(Overlay::Filter { .. }) => filter::type_into(model, key),
        Some(Overlay::Palette(_)) => return command::type_into(model, key, now),
        Some(Overlay::Details(_)) if finding => find::type_into(model, key, now),
        Some(Overlay::Menu(menu)) if menu.by_key(key).is_some() => {
            return match menu::by_key(model, key, now) {
                Ok(action) => dispatch::dispatch(model, action, now),
                Err(told) => told,
            };
        }
        _ => match model
            .preferences
            .keymap
            .resolve(key, &key_context::active_contexts(model))
        {
            Some(action) => return dispatch::dispatch(model, action, now),
            None => type_answer(model, key),
        },
    }
    Vec::new()
}

/// True if the key quits while text is typed: there a character is text, whatever it does elsewhere.
fn is_quit_key(keymap: &Keymap, key: Key) -> bool {
    key.text_char().is_none() && keymap.resolve(key, &[Context::Everywhere]) == Some(Action::Quit)
}

/// A key that the table does not have may be typed into a form.
fn type_answer(model: &mut Model, key: Key) {
    if let Some(Overlay::Form(form)) = model.overlays.last_mut()
        && form.focused_mut().is_some_and(|field| field.edit(key))
    {
        form.on_field_changed(&model.store);
    }
}

/// Inserts a pasted text into the focused field.
pub(super) fn paste(model: &mut Model, text: &str, now: Timestamp) {
    let form_field = match model.overlays.last() {
        Some(Overlay::Form(form)) => form.focused().map(|field| field.id),
        _ => None,
    };
    let secret = form_field.is_some_and(FieldId::is_masked);
    let text = form_field.map_or(text, |field| field.trim_pasted(text));
    let Some(input) = model.overlays.last_mut().and_then(Overlay::field) else {
        return;
    };
    // Half a token looks like one.
    if secret && !text_field::has_capacity(input, text) {
        let told = "not pasted: longer than 4096 characters";
        model.set_status(told, now);
        return;
    }
    text_field::paste(input, text);
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => form.on_field_changed(&model.store),
        Some(Overlay::Palette(palette)) => palette.on_input(),
        Some(Overlay::Filter { .. }) => filter::apply(model),
        _ => {}
    }
}
