//! `update`: the only way in which the model changes. Pure: time comes in as a value, and what has to
//! be done outside goes out as data.

mod command;
mod connect;
mod copy;
mod detail;
#[cfg(test)]
mod detail_tests;
mod dispatch;
mod fetched_view;
mod filter;
mod find;
mod fix;
mod forms;
mod key_context;
mod keys;
mod lists;
mod menu;
#[cfg(test)]
mod menu_tests;
mod navigate;
mod open_form;
mod overlays;
mod plan_dialog;
mod probe;
#[cfg(test)]
mod propose_tests;
mod pull_test;
mod reveal;
#[cfg(test)]
mod reveal_tests;
mod rollout;
mod selection;
#[cfg(test)]
mod tests;
mod views;
#[cfg(test)]
mod views_tests;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use self::{
    connect::leave,
    detail::{fitting, shown},
    key_context::path,
    selection::{selected_pod, subject_of_interest},
};

use super::{effect::Effect, message::Message, model::Model, overlay::Overlay, scroll::Scroll};
use crate::domain::error::UserError;

/// Takes in one message and answers with what is to be done.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let mut effects = take(model, message, now);
    effects.extend(fetched_view::keep(model));
    effects
}

fn take(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    if model.flash.as_ref().is_some_and(|flash| flash.until <= now) {
        model.flash = None;
    }
    reveal::expire(model, now);
    model.dirty = true;
    match message {
        Message::Key(key) => return keys::press(model, key, now),
        // It may be a token.
        Message::Paste(text) => keys::paste(model, &Zeroizing::new(text), now),
        Message::Click { pane, row } => navigate::click(model, pane, row),
        Message::Scroll { pane, down } => overlays::scroll(model, pane, down),
        Message::Tick | Message::Redraw => {}
        Message::Finishing(finishing) => model.finishing = Some(finishing),
        Message::Connected(ticket, answer) => return connect::connected(model, ticket, answer),
        Message::Contexts(ticket, answer) => connect::contexts(model, ticket, answer),
        Message::Batch(ticket, batch) => {
            if ticket == model.connection.ticket {
                model.world.apply(batch, now);
            }
        }
        Message::Watch(ticket, id, state) => {
            if ticket == model.connection.ticket {
                model.connection.note(id, state);
            }
        }
        Message::Unreadable(ticket, id, unreadable) => {
            if ticket == model.connection.ticket {
                model.connection.note_unreadable(id, unreadable);
            }
        }
        Message::Ended(ticket, id) => {
            if ticket == model.connection.ticket {
                model.connection.forget(&id);
            }
        }
        Message::Rehearsed(ticket, done) => plan_dialog::rehearsed(model, ticket, &done),
        Message::Progress(ticket, change, outcome) => {
            plan_dialog::progressed(model, ticket, change, outcome);
        }
        Message::CarriedOut(ticket, plan, done) => {
            plan_dialog::carried_out(model, ticket, &plan, &done, now);
        }
        Message::Verified(ticket, verdict) => plan_dialog::verified(model, ticket, *verdict),
        Message::Imported(ticket, answer) => forms::imported(model, ticket, answer, now),
        Message::Saved(answer) => forms::saved(model, answer, now),
        Message::Settled(ticket, answer) => {
            plan_dialog::settled(model, ticket, answer.as_deref().ok());
            probe::answered(model, ticket, answer, now);
        }
        Message::Rights(ticket, rules) => model.rights.told(ticket, rules),
        Message::Read(ticket, answer) => fetched_view::read(model, ticket, answer, now),
        Message::Revealed(ticket, answer) => reveal::revealed(model, ticket, answer, now),
        Message::Pulled(ticket, node, pulled) => {
            pull_test::answered(model, ticket, node, pulled, now);
        }
        Message::Logged(ticket, lines) => fetched_view::logged(model, ticket, lines),
        Message::LogEnded(ticket, end) => fetched_view::log_ended(model, ticket, end),
    }
    Vec::new()
}

fn show_problem(model: &mut Model, problem: UserError) {
    let scroll = Scroll::TOP;
    model.overlays.push(Overlay::Problem { problem, scroll });
}
