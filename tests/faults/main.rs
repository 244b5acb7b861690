//! What befalls a connection in real life, done to it on purpose: after each fault the view equals the
//! server's state again, and meanwhile it is told how old the data is.
//!
//! The product speaks over a `line` (TCP that can be cut, go silent, drip) to a `front` (HTTP that can
//! answer wrongly) behind which stands the sandbox or a real kube-apiserver. Without
//! `KUBEBUILDER_ASSETS` the latter is left out, loudly.
//!
//! Most of a case is waiting for time-outs and back-off, so all cases run at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod changes;
mod front;
mod line;
mod logins;
mod network;
mod objects;
mod scene;
mod view;

#[allow(dead_code, reason = "the contract tests use the rest of it")]
#[path = "../contract/cluster.rs"]
mod cluster;
#[allow(dead_code, reason = "the contract tests use the rest of it")]
#[path = "../contract/observer.rs"]
mod observer;
#[allow(dead_code, reason = "the contract tests use the rest of it")]
#[path = "../contract/process.rs"]
mod process;
#[path = "../contract/server.rs"]
mod server;

use std::{future::Future, pin::Pin};

use scene::Place;
use tokio::task::JoinSet;

type Case = (&'static str, Pin<Box<dyn Future<Output = ()> + Send>>);

/// The named cases, each with its place.
macro_rules! cases {
    ($place:expr => $($module:ident :: $case:ident),* $(,)?) => {
        vec![$((stringify!($case), Box::pin($module::$case($place)) as _)),*]
    };
}

/// The cases that any server can stand behind.
fn common(place: Place) -> Vec<Case> {
    cases! { place =>
        network::cut_while_listing,
        network::cut_while_watching,
        network::closed_for_a_while,
        network::a_peer_gone_silent,
        network::connections_that_a_router_forgot,
        network::a_slow_drip,
        answers::too_many_requests_are_answered_with_patience,
        answers::internal_errors,
        answers::errors_of_watches_list_nothing,
        answers::truncated_lists,
        answers::truncated_changes,
        answers::a_list_cut_off_by_a_broken_connection,
        answers::carriage_returns_and_blank_lines,
        answers::a_page_of_a_captive_portal,
        answers::a_line_without_end,
        answers::a_body_without_end,
        objects::history_is_forgotten,
        objects::rights_are_revoked,
        objects::one_refusal_takes_nothing_back,
        objects::a_404_of_an_ingress_is_no_empty_list,
        objects::churn_under_cuts,
        objects::a_reader_that_does_not_keep_up,
        logins::a_token_expires,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_sandbox() {
    let mut cases = common(Place::Sandbox);
    cases.extend(cases! { Place::Sandbox =>
        objects::the_namespace_is_deleted,
        objects::clocks_differ,
        logins::a_plugin_that_hangs,
        logins::a_plugin_that_begins_to_hang,
    });
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_real_server() {
    if let Some(server) = server::shared() {
        let mut cases = common(Place::Server(server));
        cases.extend(cases! { Place::Server(server) =>
            network::cut_under_tls,
            network::one_connection_carries_all_watches,
            network::a_tls_connection_that_a_router_forgot,
        });
        all(cases).await;
    }
}

/// The cases of changes, which any server can stand behind.
fn changes(place: Place) -> Vec<Case> {
    cases! { place =>
        changes::a_rotation_is_all_or_none_when_an_answer_is_lost,
        changes::an_object_is_made_once_when_an_answer_is_lost,
        changes::a_conversion_survives_lost_answers,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_on_the_sandbox() {
    all(changes(Place::Sandbox)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_on_a_real_server() {
    if let Some(server) = server::shared() {
        all(changes(Place::Server(server))).await;
    }
}

/// On servers of their own, as these are harmed.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_that_is_harmed() {
    if let Some(server) = server::Server::start().unwrap() {
        let server: &'static server::Server = Box::leak(Box::new(server));
        logins::a_client_certificate_expires(server).await;
        network::the_server_is_restarted(server).await;
    }
}

/// Runs the cases at once, and names those that fail.
async fn all(cases: Vec<Case>) {
    let mut running = JoinSet::new();
    let mut names = std::collections::HashMap::new();
    for (name, case) in cases {
        names.insert(running.spawn(case).id(), name);
    }
    let mut failed = Vec::new();
    while let Some(ended) = running.join_next_with_id().await {
        if let Err(error) = ended {
            failed.push(names[&error.id()]);
        }
    }
    assert!(failed.is_empty(), "these failed, as told above: {failed:?}");
}
