//! Command line input: typing, completion, history and execution.

use jiff::Timestamp;

use super::{connect, dispatch, navigate, overlays, views};
use crate::app::{
    command_palette::{self, EnterAction, ParsedCommand},
    effect::Effect,
    key::{Code, Key},
    model::Model,
    overlay::Overlay,
    text_field,
};

/// Handles a key in the command line.
pub(super) fn type_into(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let suggestions =
        command_palette::suggestions(palette.input.value(), &model.store, &model.session);
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
            if let Some(line) = model
                .session
                .command(palette.recalled + 1)
                .filter(|_| blank)
            {
                palette.recalled += 1;
                palette.input = line.to_owned().into();
            }
        }
        Code::Down if palette.recalled > 0 => {
            palette.recalled -= 1;
            let line = model.session.command(palette.recalled).unwrap_or_default();
            palette.input = line.to_owned().into();
        }
        Code::Up => palette.chosen -= 1,
        Code::Down => {
            palette.chosen = (palette.chosen + 1).min(suggestions.len().saturating_sub(1));
        }
        Code::Tab => {
            if let Some(suggestion) = suggestions.get(palette.chosen) {
                palette.input = format!("{} ", suggestion.text).into();
                palette.on_input();
            }
        }
        Code::Enter => {
            match command_palette::resolve_enter(
                palette.input.value(),
                &suggestions,
                palette.chosen,
            ) {
                EnterAction::Run(line) => {
                    model.overlays.pop();
                    return run(model, &line, now);
                }
                EnterAction::Choose(name) => palette.unconfirmed = Some(name),
            }
        }
        _ => {
            if text_field::edit(&mut palette.input, key) {
                palette.on_input();
            }
        }
    }
    Vec::new()
}

/// Does what the line asks for, and keeps it if it was understood.
fn run(model: &mut Model, line: &str, now: Timestamp) -> Vec<Effect> {
    let asked = command_palette::parse(line);
    // What is no command may be a password that was pasted into the wrong field.
    if !matches!(
        asked,
        ParsedCommand::Unknown(_)
            | ParsedCommand::Misused(_)
            | ParsedCommand::NoArgument(_)
            | ParsedCommand::NoView(_)
    ) {
        model.session.push_command(line);
    }
    match asked {
        ParsedCommand::Act(action) => dispatch::dispatch(model, action, now),
        ParsedCommand::Pane(pane, namespace) => {
            if let Some(namespace) = namespace {
                navigate::to_namespace(model, namespace);
            }
            overlays::to_pane(model, pane);
            Vec::new()
        }
        ParsedCommand::NoView(answer) => {
            model.set_status(answer, now);
            Vec::new()
        }
        ParsedCommand::Namespace(namespace) => {
            navigate::to_namespace(model, namespace);
            Vec::new()
        }
        ParsedCommand::Context(context) => connect::connect(model, Some(context), now),
        ParsedCommand::Theme(theme) => vec![Effect::Theme(theme)],
        ParsedCommand::View(name) => views::go(model, name.as_deref(), now),
        ParsedCommand::Save(name) => {
            views::save(model, &name, now);
            Vec::new()
        }
        ParsedCommand::Forget(name) => {
            views::forget(model, name.as_deref(), now);
            Vec::new()
        }
        ParsedCommand::Misused(usage) => {
            model.set_status(format!("usage: :{usage}"), now);
            Vec::new()
        }
        ParsedCommand::NoArgument(name) => {
            model.set_status(
                format!("{name} takes no argument: it acts on the selection"),
                now,
            );
            Vec::new()
        }
        ParsedCommand::Unknown(nearest) => {
            if !line.trim().is_empty() {
                let hint = nearest.map_or_else(
                    || "; ctrl-a lists all commands".to_owned(),
                    |name| format!("; did you mean {name}?"),
                );
                model.set_status(format!("unknown command {:?}{hint}", line.trim()), now);
            }
            Vec::new()
        }
    }
}
