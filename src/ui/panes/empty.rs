//! Explains why a pane has no rows, with the key to press.

use super::{DrawContext, column::PaneView};
use crate::app::action::Action;
use crate::{
    app::{
        connection::{ConnectionPhase, KindState},
        coverage,
        panes::PaneState,
    },
    domain::store::watch::Scope,
};

/// Why the pane has no rows, and the key to press.
pub(super) fn why_empty<P: PaneView>(cx: DrawContext<'_>, state: &PaneState<P>) -> Vec<String> {
    let model = cx.model;
    match &model.connection.phase {
        ConnectionPhase::Connecting { .. } => return vec!["connecting…".to_owned()],
        ConnectionPhase::Failed { .. } => return vec!["not connected".to_owned()],
        ConnectionPhase::Connected(_) => {}
    }
    let shows = P::INFO.shows;
    let watched = model.connection.state_of_kinds(shows, &model.scope);
    match watched {
        KindState::Forbidden { missing, .. } => {
            return vec![
                format!("forbidden: you may not {missing}"),
                "next: :ns NAME for another namespace, or request a Role:".to_owned(),
                missing.role_command(),
            ];
        }
        KindState::Loading { .. } => return vec!["listing…".to_owned()],
        KindState::Stale { why, .. } if !model.connection.was_listed(shows, &model.scope) => {
            return vec![format!("not read yet: {why}"), "retrying".to_owned()];
        }
        KindState::Live | KindState::Partial { .. } | KindState::Stale { .. } => {}
    }
    if !state.query.filter.is_empty() {
        let filter = &state.query.filter;
        let why = filter.error().map(str::to_owned);
        return vec![
            why.unwrap_or_else(|| format!("no match for /{}", filter.text())),
            format!("next: {} clears the filter", cx.pane_key(Action::Back)),
        ];
    }
    if state.query.faults_only {
        let all = cx.pane_key(Action::FaultsOnly);
        return vec![P::NO_FAULTS.to_owned(), format!("next: {all} shows all")];
    }
    nothing_there::<P>(cx, watched)
}

/// Text for a pane without rows: what is missing, where, and what to do.
fn nothing_there<P: PaneView>(cx: DrawContext<'_>, watched: KindState<'_>) -> Vec<String> {
    let (model, what) = (cx.model, P::NO_ROWS);
    let hint = P::hint(cx);
    if !P::INFO.namespaced {
        return std::iter::once(what.to_owned()).chain(hint).collect();
    }
    if let KindState::Partial { missing, .. } = watched {
        return vec![
            format!("{what} in the namespaces you may list"),
            "next: :ns NAME for another one, or request a Role:".to_owned(),
            missing.role_command(),
        ];
    }
    let place = match &model.scope {
        Scope::Namespace(namespace) if coverage::is_namespace_missing(model) => {
            return vec![
                format!("Namespace {namespace} does not exist"),
                "next: :ns NAME".to_owned(),
            ];
        }
        Scope::Cluster => "in any namespace".to_owned(),
        Scope::Namespace(namespace) => format!("in namespace {namespace}"),
    };
    let unreadable = model.connection.unreadable(P::INFO.shows, &model.scope);
    if !unreadable.is_empty() {
        return vec![
            format!("{what} {place} (not everything was read)"),
            format!("not read: {unreadable}"),
        ];
    }
    let mut lines = vec![format!("{what} {place}")];
    lines.extend(hint);
    if model.scope != Scope::Cluster {
        let all = cx.pane_key(Action::Favourite(0));
        lines.push(format!("next: {all} shows all namespaces"));
    }
    lines
}
