//! `update`: the only way in which the model changes. Pure: time comes in as a value, and what has to
//! be done outside goes out as data.

mod act;
mod connect;
mod copy;
mod detail;
#[cfg(test)]
mod detail_tests;
mod fix;
mod forms;
mod keys;
mod layers;
mod lists;
mod menu;
#[cfg(test)]
mod menu_tests;
mod navigate;
mod propose;
#[cfg(test)]
mod propose_tests;
mod pull_test;
mod reveal;
#[cfg(test)]
mod reveal_tests;
mod rollout;
mod settle;
#[cfg(test)]
mod tests;
mod views;
#[cfg(test)]
mod views_tests;
mod wizard;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use self::{
    connect::leave,
    detail::{fitting, shown},
    keys::path,
    navigate::{selected_pod, subject_of_interest},
};

use super::{effect::Effect, message::Message, model::Model, overlay::Overlay, scroll::Scroll};

/// Takes in one message and answers with what is to be done.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let mut effects = take(model, message, now);
    effects.extend(detail::keep_reading(model));
    effects
}

fn take(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    if model.flash.as_ref().is_some_and(|flash| flash.until <= now) {
        model.flash = None;
    }
    reveal::expire(model, now);
    model.dirty = true;
    match message {
        Message::Key(key) => keys::press(model, key, now),
        // It may be a token.
        Message::Paste(text) => keys::paste(model, &Zeroizing::new(text)),
        Message::Click { pane, row } => navigate::click(model, pane, row),
        Message::Scroll { pane, down } => navigate::scroll(model, pane, down),
        Message::Tick | Message::Redraw => Vec::new(),
        Message::Connected(ticket, answer) => connect::connected(model, ticket, answer),
        Message::Contexts(ticket, answer) => connect::contexts(model, ticket, answer),
        Message::Batch(ticket, batch) => {
            if ticket == model.connection.ticket {
                model.world.fold(batch, now);
            }
            Vec::new()
        }
        Message::Watch(ticket, id, state) => {
            if ticket == model.connection.ticket {
                model.connection.note(id, state);
            }
            Vec::new()
        }
        Message::Rehearsed(ticket, done) => {
            propose::rehearsed(model, ticket, &done);
            Vec::new()
        }
        Message::Progress(ticket, change, outcome) => {
            propose::progressed(model, ticket, change, outcome);
            Vec::new()
        }
        Message::CarriedOut(ticket, plan, done) => {
            propose::carried_out(model, ticket, &plan, &done, now);
            Vec::new()
        }
        Message::Verified(ticket, verdict) => {
            propose::verified(model, ticket, *verdict);
            Vec::new()
        }
        Message::Imported(ticket, answer) => {
            forms::imported(model, ticket, answer, now);
            Vec::new()
        }
        Message::Saved(answer) => {
            forms::saved(model, answer, now);
            Vec::new()
        }
        Message::Settled(ticket, answer) => {
            settle::answered(model, ticket, answer, now);
            Vec::new()
        }
        Message::Rights(ticket, rules) => {
            model.rights.told(ticket, rules);
            Vec::new()
        }
        Message::Read(ticket, answer) => {
            detail::read(model, ticket, answer, now);
            Vec::new()
        }
        Message::Revealed(ticket, answer) => {
            reveal::revealed(model, ticket, answer, now);
            Vec::new()
        }
        Message::Pulled(ticket, node, pulled) => {
            pull_test::answered(model, ticket, node, pulled, now);
            Vec::new()
        }
        Message::Logged(ticket, lines) => {
            detail::logged(model, ticket, lines);
            Vec::new()
        }
        Message::LogEnded(ticket, end) => {
            detail::log_ended(model, ticket, end);
            Vec::new()
        }
        Message::Ended(ticket, id) => {
            if ticket == model.connection.ticket {
                model.connection.forget(&id);
            }
            Vec::new()
        }
    }
}

/// The first effect of the program: connect as the command line says.
pub fn start(model: &Model) -> Effect {
    Effect::Connect {
        ticket: model.connection.ticket,
        context: None,
    }
}

fn show_problem(model: &mut Model, problem: crate::domain::problem::Problem) {
    model.overlays.push(Overlay::Problem {
        problem,
        scroll: Scroll::TOP,
    });
}
