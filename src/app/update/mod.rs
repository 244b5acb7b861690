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
    connect::save_location,
    detail::{default_tab, shown},
    key_context::active_contexts,
    selection::{current_pod, selected_pod},
};

use super::{effect::Effect, message::Message, model::Model, overlay::Overlay, scroll::Scroll};
use crate::domain::error::UserError;

/// Takes in one message and answers with what is to be done.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let mut effects = handle(model, message, now);
    effects.extend(fetched_view::sync_requests(model));
    effects
}

fn handle(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    if model
        .status
        .as_ref()
        .is_some_and(|flash| flash.until <= now)
    {
        model.status = None;
    }
    reveal::expire(model, now);
    model.dirty = true;
    match message {
        Message::Key(key) => return keys::on_key(model, key, now),
        // It may be a token.
        Message::Paste(text) => keys::paste(model, &Zeroizing::new(text), now),
        Message::Click { pane, row } => navigate::click(model, pane, row),
        Message::Scroll { pane, down } => overlays::scroll(model, pane, down),
        Message::Tick | Message::Redraw => {}
        Message::ShuttingDown(finishing) => model.shutdown = Some(finishing),
        Message::Connected(ticket, answer) => return connect::connected(model, ticket, answer),
        Message::Contexts(ticket, answer) => connect::contexts(model, ticket, answer),
        Message::Batch(ticket, batch) => {
            if ticket == model.connection.request_id {
                model.store.apply(batch, now);
            }
        }
        Message::Watch(ticket, id, state) => {
            if ticket == model.connection.request_id {
                model.connection.set_watch_state(id, state);
            }
        }
        Message::Unreadable(ticket, id, unreadable) => {
            if ticket == model.connection.request_id {
                model.connection.set_unreadable(id, unreadable);
            }
        }
        Message::WatchEnded(ticket, id) => {
            if ticket == model.connection.request_id {
                model.connection.remove_watch(&id);
            }
        }
        Message::DryRunDone(ticket, done) => plan_dialog::dry_run_done(model, ticket, &done),
        Message::ApplyProgress(ticket, change, outcome) => {
            plan_dialog::progressed(model, ticket, change, outcome);
        }
        Message::Applied(ticket, plan, done) => {
            plan_dialog::applied(model, ticket, &plan, &done, now);
        }
        Message::CredentialChecked(ticket, verdict) => {
            plan_dialog::credential_checked(model, ticket, *verdict)
        }
        Message::Imported(ticket, answer) => forms::imported(model, ticket, answer, now),
        Message::Saved(answer) => forms::saved(model, answer, now),
        Message::ProbeDone(ticket, answer) => {
            plan_dialog::probe_done(model, ticket, answer.as_deref().ok());
            probe::probe_done(model, ticket, answer, now);
        }
        Message::RbacLoaded(ticket, rules) => model.rbac.insert(ticket, rules),
        Message::ObjectFetched(ticket, answer) => fetched_view::fetched(model, ticket, answer, now),
        Message::Revealed(ticket, answer) => reveal::revealed(model, ticket, answer, now),
        Message::PullTestAnswered(ticket, node, pulled) => {
            pull_test::answered(model, ticket, node, pulled, now);
        }
        Message::Logged(ticket, lines) => fetched_view::log_lines(model, ticket, lines),
        Message::LogEnded(ticket, end) => fetched_view::log_ended(model, ticket, end),
    }
    Vec::new()
}

fn show_problem(model: &mut Model, problem: UserError) {
    let scroll = Scroll::TOP;
    model.overlays.push(Overlay::Problem { problem, scroll });
}
