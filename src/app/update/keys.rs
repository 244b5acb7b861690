//! A key finds its way: the top layer first, a text field takes what can be typed, the table has the
//! rest.

use jiff::Timestamp;

use super::{act, connect, detail, menu, navigate};
use crate::app::{
    action::Action,
    effect::Effect,
    field,
    filter::Filter,
    form::{Entry, Field},
    key::{Code, Key},
    keymap::Context,
    model::Model,
    overlay::Overlay,
    palette::{self, Asked},
    panes::Pane,
    rebind::Keymap,
};

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
        Some(Overlay::Proposal(_)) => over(&[Context::Proposal]),
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
            | Overlay::Problem { .. },
        ) => over(&[]),
    }
}

pub(super) fn press(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::Filter { .. }) => type_filter(model, key),
        Some(Overlay::Palette(_)) => type_command(model, key, now),
        Some(Overlay::Form(_)) => type_answer(model, key, now),
        Some(Overlay::Details(details))
            if details.find.as_ref().is_some_and(|find| find.typing) =>
        {
            if quits(&model.preferences.keymap, key) {
                return vec![Effect::Quit];
            }
            detail::type_words(model, key, now);
            Vec::new()
        }
        Some(Overlay::Menu(menu)) if menu.by_key(key).is_some() => menu::press(model, key, now),
        _ => match model.preferences.keymap.resolve(key, &path(model)) {
            Some(action) => act::act(model, action, now),
            None => Vec::new(),
        },
    }
}

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(input) = model.overlays.last_mut().and_then(Overlay::field) {
        field::paste(input, text);
        if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
            form.changed(&model.world);
        }
        apply_filter(model);
    }
    Vec::new()
}

fn type_answer(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    if quits(&model.preferences.keymap, key) {
        return vec![Effect::Quit];
    }
    if let Some(action) = model.preferences.keymap.resolve(key, &path(model)) {
        return act::act(model, action, now);
    }
    if let Some(Overlay::Form(form)) = model.overlays.last_mut()
        && let Some(input) = form.focused_mut().and_then(Field::input)
        && field::edit(input, key)
    {
        form.changed(&model.world);
    }
    Vec::new()
}

/// Whether the key quits where text is typed: there a character is text, whatever it does elsewhere.
fn quits(keymap: &Keymap, key: Key) -> bool {
    key.types().is_none() && keymap.resolve(key, &[Context::Everywhere]) == Some(Action::Quit)
}

fn type_filter(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Filter {
        pane,
        input,
        before,
    }) = model.overlays.last_mut()
    else {
        return Vec::new();
    };
    let pane = *pane;
    match key.code {
        _ if quits(&model.preferences.keymap, key) => return vec![Effect::Quit],
        Code::Enter => {
            model.overlays.pop();
        }
        Code::Esc => {
            let before = std::mem::take(before);
            model.overlays.pop();
            set_filter(model, pane, &before);
        }
        // The list can be walked while the filter is typed.
        Code::Up | Code::Down | Code::PageUp | Code::PageDown => {
            if let Some(Action::Move(motion)) =
                model.preferences.keymap.resolve(key, &[Context::Panes])
            {
                navigate::go(model, pane, motion);
            }
        }
        _ => {
            if field::edit(input, key) {
                apply_filter(model);
            }
        }
    }
    Vec::new()
}

/// Filters as what is typed says.
fn apply_filter(model: &mut Model) {
    if let Some(Overlay::Filter { pane, input, .. }) = model.overlays.last() {
        let (pane, text) = (*pane, input.value().to_owned());
        set_filter(model, pane, &text);
    }
}

pub(super) fn filter_text(model: &Model, pane: Pane) -> &str {
    match pane {
        Pane::Namespaces => model.panes.namespaces.filter.text(),
        Pane::Pods => model.panes.pods.filter.text(),
        Pane::ServiceAccounts => model.panes.accounts.filter.text(),
        Pane::Secrets => model.panes.secrets.filter.text(),
        Pane::Events => model.panes.events.filter.text(),
    }
}

pub(super) fn set_filter(model: &mut Model, pane: Pane, text: &str) {
    let filter = Filter::parse(text);
    match pane {
        Pane::Namespaces => model.panes.namespaces.filter = filter,
        Pane::Pods => model.panes.pods.filter = filter,
        Pane::ServiceAccounts => model.panes.accounts.filter = filter,
        Pane::Secrets => model.panes.secrets.filter = filter,
        Pane::Events => model.panes.events.filter = filter,
    }
}

fn type_command(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let suggestions = palette::suggestions(palette.input.value(), &model.world);
    match key.code {
        _ if quits(&model.preferences.keymap, key) => return vec![Effect::Quit],
        Code::Esc => {
            model.overlays.pop();
        }
        Code::Backspace if palette.input.value().is_empty() => {
            model.overlays.pop();
        }
        // Above the first suggestion are the commands that were typed before.
        Code::Up if palette.chosen == 0 => {
            let blank = palette.input.value().is_empty() || palette.recalled > 0;
            if let Some(line) = model.memory.command(palette.recalled + 1).filter(|_| blank) {
                palette.recalled += 1;
                palette.input = line.to_owned().into();
            }
        }
        Code::Down if palette.recalled > 0 => {
            palette.recalled -= 1;
            let line = model.memory.command(palette.recalled).unwrap_or_default();
            palette.input = line.to_owned().into();
        }
        Code::Up => palette.chosen -= 1,
        Code::Down => {
            palette.chosen = (palette.chosen + 1).min(suggestions.len().saturating_sub(1));
        }
        Code::Tab => {
            if let Some(suggestion) = suggestions.get(palette.chosen) {
                palette.input = format!("{} ", suggestion.text).into();
                palette.chosen = 0;
            }
        }
        Code::Enter => {
            let typed = palette.input.value().to_owned();
            // A suggestion that was walked to is meant; else what is typed, if it is a command.
            let line = match (palette::read(&typed), suggestions.get(palette.chosen)) {
                (Asked::Unknown(_), Some(suggestion)) => suggestion.text.clone(),
                (_, Some(suggestion)) if palette.chosen > 0 => suggestion.text.clone(),
                _ => typed,
            };
            model.overlays.pop();
            return run(model, &line, now);
        }
        _ => {
            if field::edit(&mut palette.input, key) {
                palette.chosen = 0;
                palette.recalled = 0;
            }
        }
    }
    Vec::new()
}

fn run(model: &mut Model, line: &str, now: Timestamp) -> Vec<Effect> {
    let asked = palette::read(line);
    // What is no command may be a password that was pasted into the wrong field.
    if !matches!(asked, Asked::Unknown(_) | Asked::Misused(_)) {
        model.memory.note_command(line);
    }
    match asked {
        Asked::Act(action) => act::act(model, action, now),
        Asked::Namespace(namespace) => navigate::to_namespace(model, namespace),
        Asked::Context(context) => connect::connect(model, Some(context), now),
        Asked::Theme(theme) => vec![Effect::Theme(theme)],
        Asked::Misused(usage) => {
            model.flash(format!("usage: {usage}"), now);
            Vec::new()
        }
        Asked::Unknown(nearest) => {
            if !line.trim().is_empty() {
                let hint = nearest.map_or(String::new(), |name| format!("; did you mean {name}?"));
                model.flash(format!("no command {:?}{hint}", line.trim()), now);
            }
            Vec::new()
        }
    }
}
