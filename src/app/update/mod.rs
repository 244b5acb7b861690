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
mod node;
mod node_questions;
mod open_form;
mod overlays;
mod plan_dialog;
#[cfg(test)]
mod plan_dialog_tests;
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
mod selection_tests;
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
    key_context::{active_contexts, contexts_of},
    node_questions::wanted_answers,
    selection::{current_pod, selected_pod},
};

use super::{effect::Effect, message::Message, model::Model, overlay::Overlay, scroll::Scroll};
use crate::domain::error::UserError;

/// Applies a message to the model and returns the effects to execute.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let watched = connect::watched_scope(model).cloned();
    let mut effects = handle(model, message, now);
    let scope = connect::watched_scope(model).filter(|scope| Some(*scope) != watched.as_ref());
    effects.extend(scope.cloned().map(Effect::WatchScope));
    effects.extend(fetched_view::sync_requests(model));
    effects.extend(node_questions::ask(model));
    effects.extend(node::sync_requests(model, now));
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
        Message::ShuttingDown(shutdown) => model.shutdown = Some(shutdown),
        Message::Connected(request_id, answer) => {
            connect::connected(model, request_id, answer);
        }
        Message::Contexts(request_id, answer) => connect::contexts(model, request_id, answer),
        Message::Batch(request_id, batch) => {
            if request_id == model.connection.request_id {
                model.store.apply(batch, now);
            }
        }
        Message::Watch(request_id, id, state) => {
            if request_id == model.connection.request_id {
                model.connection.set_watch_state(id, state);
            }
        }
        Message::Unreadable(request_id, id, unreadable) => {
            if request_id == model.connection.request_id {
                model.connection.set_unreadable(id, unreadable);
            }
        }
        Message::WatchEnded(request_id, id) => {
            if request_id == model.connection.request_id {
                model.connection.remove_watch(&id);
            }
        }
        Message::DryRunDone(request_id, done) => {
            plan_dialog::dry_run_done(model, request_id, &done);
        }
        Message::ApplyProgress(request_id, change, outcome) => {
            plan_dialog::progressed(model, request_id, change, outcome);
        }
        Message::Applied(request_id, plan, done) => {
            plan_dialog::applied(model, request_id, &plan, &done, now);
        }
        Message::CredentialChecked(request_id, conclusion) => {
            plan_dialog::credential_checked(model, request_id, *conclusion);
        }
        Message::Imported(request_id, answer) => forms::imported(model, request_id, answer, now),
        Message::Saved(answer) => forms::saved(model, answer, now),
        Message::ProbeDone(request_id, answer) => {
            plan_dialog::probe_done(model, request_id, answer.as_deref().ok());
            return probe::probe_done(model, request_id, answer, now);
        }
        Message::RbacLoaded(request_id, rules) => model.rbac.insert(request_id, rules),
        Message::NodesAnswered(request_id, answers) => {
            model.nodes.insert_answers(request_id, *answers);
        }
        Message::ObjectFetched(request_id, answer) => {
            fetched_view::fetched(model, request_id, answer, now);
        }
        Message::Revealed(request_id, answer) => reveal::revealed(model, request_id, answer, now),
        Message::PullTestAnswered(request_id, node, outcome) => {
            pull_test::answered(model, request_id, &node, outcome, now);
        }
        Message::NodeRead(request_id, facts) => node::answered(model, request_id, *facts),
        Message::NodeFilesRead(request_id, outcome) => {
            node::files_read(model, request_id, *outcome, now);
        }
        Message::Logged(request_id, lines) => fetched_view::log_lines(model, request_id, lines),
        Message::LogEnded(request_id, end) => fetched_view::log_ended(model, request_id, end),
    }
    Vec::new()
}

fn show_error(model: &mut Model, error: UserError) {
    let scroll = Scroll::TOP;
    model.overlays.push(Overlay::Error { error, scroll });
}
