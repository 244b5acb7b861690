//! The command line behind `:`: typed, completed, recalled, and run.

use jiff::Timestamp;

use super::{connect, dispatch, navigate, overlays, views};
use crate::app::{
    effect::Effect,
    field,
    key::{Code, Key},
    model::Model,
    overlay::Overlay,
    palette::{self, Asked, Entered},
};

/// A key while a command is typed.
pub(super) fn type_into(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let suggestions = palette::suggestions(palette.input.value(), &model.world, &model.memory);
    match key.code {
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
                palette.typed();
            }
        }
        Code::Enter => {
            match palette::entered(palette.input.value(), &suggestions, palette.chosen) {
                Entered::Run(line) => {
                    model.overlays.pop();
                    return run(model, &line, now);
                }
                Entered::Choose(name) => palette.held = Some(name),
            }
        }
        _ => {
            if field::edit(&mut palette.input, key) {
                palette.typed();
            }
        }
    }
    Vec::new()
}

/// Does what the line asks for, and keeps it if it was understood.
fn run(model: &mut Model, line: &str, now: Timestamp) -> Vec<Effect> {
    let asked = palette::read(line);
    // What is no command may be a password that was pasted into the wrong field.
    if !matches!(
        asked,
        Asked::Unknown(_) | Asked::Misused(_) | Asked::NoArgument(_) | Asked::NoView(_)
    ) {
        model.memory.note_command(line);
    }
    match asked {
        Asked::Act(action) => dispatch::act(model, action, now),
        Asked::Pane(pane, namespace) => {
            let effects = namespace
                .map(|namespace| navigate::to_namespace(model, namespace))
                .unwrap_or_default();
            overlays::to_pane(model, pane);
            effects
        }
        Asked::NoView(answer) => {
            model.flash(answer, now);
            Vec::new()
        }
        Asked::Namespace(namespace) => navigate::to_namespace(model, namespace),
        Asked::Context(context) => connect::connect(model, Some(context), now),
        Asked::Theme(theme) => vec![Effect::Theme(theme)],
        Asked::View(name) => views::go(model, name.as_deref(), now),
        Asked::Save(name) => {
            views::save(model, &name, now);
            Vec::new()
        }
        Asked::Forget(name) => {
            views::forget(model, name.as_deref(), now);
            Vec::new()
        }
        Asked::Misused(usage) => {
            model.flash(format!("usage: {usage}"), now);
            Vec::new()
        }
        Asked::NoArgument(name) => {
            model.flash(
                format!("{name} takes no argument: it is for what is selected"),
                now,
            );
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
