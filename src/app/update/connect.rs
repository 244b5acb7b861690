//! Connecting and switching contexts: the store is cleared before the new connection is requested.

use jiff::Timestamp;

use super::show_error;
use crate::{
    app::{
        connection::{ConnectionPhase, ConnectionStatus},
        effect::Effect,
        list::List,
        model::{Model, PendingRestore},
        overlay::{ContextPicker, Overlay},
        panes::Pane,
        request_id::RequestId,
        session_state::SavedLocation,
    },
    domain::{
        error::UserError,
        k8s::connection::{ConnectionInfo, KubeContext},
        store::watch::Scope,
    },
};

/// Closes the connection and requests one to this context; `None` reconnects.
pub(super) fn connect(model: &mut Model, context: Option<String>, now: Timestamp) -> Vec<Effect> {
    let same = match &model.connection.phase {
        ConnectionPhase::Connected(identity) => Some(identity.context.clone()),
        ConnectionPhase::Connecting { context, .. } | ConnectionPhase::Failed { context, .. } => {
            context.clone()
        }
    };
    let leaves = context.is_some() && context != same;
    if leaves && !model.active_plans.is_empty() {
        // What becomes of them would be told to nobody, and a Secret that is lost could not be restored.
        model.set_status(
            "Changes are in progress: wait for them before you switch context",
            now,
        );
        return Vec::new();
    }
    if leaves && let Some(warning) = model.lost_secrets.warning(now) {
        model.set_status(warning, now);
        return Vec::new();
    }
    let context = context.or(same);
    let request_id = model.request_ids.next_id();
    if leaves {
        save_location(model);
    }
    let connection = ConnectionStatus::connecting(request_id, context.clone(), now);
    model.reset(connection, leaves);
    // The watches know nothing any more; what the user named is looked into again.
    let looks = model.known_namespaces.iter().cloned();
    let looks = looks.map(Effect::WatchNamespace);
    std::iter::once(Effect::Connect {
        request_id,
        context,
    })
    .chain(looks)
    .collect()
}

/// Saves the location in the context being left.
pub fn save_location(model: &mut Model) {
    if let ConnectionPhase::Connected(identity) = &model.connection.phase {
        let context = identity.context.clone();
        model
            .session
            .save_location(&context, &model.scope, model.focus);
    }
}

pub(super) fn connected(
    model: &mut Model,
    request_id: RequestId,
    answer: Result<ConnectionInfo, UserError>,
) {
    if request_id != model.connection.request_id {
        return;
    }
    match answer {
        Ok(identity) => {
            if let Some(namespace) = &identity.namespace {
                model.known_namespaces.insert(namespace.clone());
            }
            restore_location(model, &identity);
            model.connection.phase = ConnectionPhase::Connected(identity);
        }
        Err(problem) => {
            let context = match &model.connection.phase {
                ConnectionPhase::Connecting { context, .. } => context.clone(),
                ConnectionPhase::Connected(_) | ConnectionPhase::Failed { .. } => None,
            };
            model.connection.phase = ConnectionPhase::Failed { context, problem };
        }
    }
}

/// Goes to where the user was in this context, or else where the settings or the context say. A
/// connection that is made again leaves all where it is.
fn restore_location(model: &mut Model, identity: &ConnectionInfo) {
    let remembered = model.session.location(&identity.context).cloned();
    let pending = std::mem::replace(&mut model.pending_restore, PendingRestore::Nothing);
    if pending != PendingRestore::Nothing {
        let view = remembered
            .as_ref()
            .and_then(|place| Pane::from_name(&place.view));
        model.focus = view.unwrap_or(model.preferences.view);
    }
    if pending != PendingRestore::ScopeAndPane {
        return;
    }
    let scope = match (remembered, &model.preferences.scope) {
        (Some(SavedLocation { namespace, .. }), _) => {
            namespace.map_or(Scope::Cluster, Scope::Namespace)
        }
        (None, Some(scope)) => scope.clone(),
        (None, None) => match &identity.namespace {
            Some(namespace) => Scope::Namespace(namespace.clone()),
            None => return,
        },
    };
    model.scope = scope.clone();
    let Scope::Namespace(namespace) = scope else {
        return;
    };
    model
        .panes
        .namespaces
        .list
        .select_when_present(Some(namespace.clone()));
    // It may be one that cannot be listed.
    model.known_namespaces.insert(namespace);
}

/// The scope that is looked at, once connected.
pub(super) fn watched_scope(model: &Model) -> Option<&Scope> {
    match &model.connection.phase {
        ConnectionPhase::Connected(_) => Some(&model.scope),
        ConnectionPhase::Connecting { .. } | ConnectionPhase::Failed { .. } => None,
    }
}

pub(super) fn list_contexts(model: &mut Model) -> Vec<Effect> {
    let request_id = model.request_ids.next_id();
    model
        .overlays
        .push(Overlay::Contexts(ContextPicker::Loading(request_id)));
    vec![Effect::ListContexts { request_id }]
}

/// Opens the list of the kubeconfig's contexts.
pub(super) fn contexts(
    model: &mut Model,
    request_id: RequestId,
    answer: Result<Vec<KubeContext>, UserError>,
) {
    let awaited = model.overlays.iter().position(
        |overlay| matches!(overlay, Overlay::Contexts(ContextPicker::Loading(waiting)) if *waiting == request_id),
    );
    let Some(position) = awaited else { return };
    match answer {
        Ok(entries) => {
            let here = model
                .connection
                .identity()
                .map(|identity| identity.context.clone());
            let names = entries.iter().map(|entry| entry.name.clone());
            let mut list = List::unscrolled(names.collect());
            if let Some(here) = here {
                list.select(&here);
            }
            if let Some(overlay) = model.overlays.get_mut(position) {
                *overlay = Overlay::Contexts(ContextPicker::Ready { entries, list });
            }
        }
        Err(problem) => {
            model.overlays.remove(position);
            show_error(model, problem);
        }
    }
}
