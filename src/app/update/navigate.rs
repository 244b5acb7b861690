//! Navigation: within a pane, between panes, along the chain, to the next fault.

use jiff::Timestamp;

use super::{key_context, selection};
use crate::{
    app::{
        action::{Action, Motion},
        coverage,
        detail::{Details, Tab},
        jump_list::{JumpList, Location},
        model::{FaultCursor, Model},
        overlay::Overlay,
        panes::{Pane, pods},
    },
    domain::{
        diagnostics::grouping::{Fault, FaultId, Subject},
        k8s::{
            object_ref::{Namespace, ObjectRef},
            objects::{AnyObjectRef, Pod, Secret, ServiceAccount},
        },
        store::watch::Scope,
    },
};

/// Moves the selection of a pane; in Namespaces, the selection sets the scope of the others.
pub(super) fn move_selection(model: &mut Model, pane: Pane, motion: Motion) {
    model.panes.get_mut(pane).move_selection(motion);
    if pane == Pane::Namespaces {
        follow_namespace(model);
    }
}

fn follow_namespace(model: &mut Model) {
    if let Some(row) = model.panes.namespaces.list.selected() {
        let scope = row.clone().map_or(Scope::Cluster, Scope::Namespace);
        narrow(model, scope);
    }
}

fn narrow(model: &mut Model, scope: Scope) {
    if model.scope != scope {
        model.last_scope = Some(std::mem::replace(&mut model.scope, scope));
    }
}

/// Sets the scope to this namespace, which may be one that cannot be listed.
pub(super) fn to_namespace(model: &mut Model, namespace: Namespace) {
    model.known_namespaces.insert(namespace.clone());
    to_scope(model, Scope::Namespace(namespace));
}

/// Sets the scope to the namespace of the selection (k9s: warp).
pub(super) fn narrow_to_selection(model: &mut Model, now: Timestamp) {
    let Some(object) = selection::selected_object(model) else {
        model.set_status("select a namespaced object first", now);
        return;
    };
    let scope = Scope::Namespace(object.namespace().clone());
    if model.scope == scope {
        let all = key_context::key_name(model, Action::Favourite(0));
        let text = format!(
            "already showing only {}; {all} shows all",
            object.namespace()
        );
        model.set_status(text, now);
    } else {
        to_scope(model, scope);
    }
}

pub(super) fn to_scope(model: &mut Model, scope: Scope) {
    let row = match &scope {
        Scope::Cluster => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
    };
    model.panes.namespaces.list.select_when_present(row);
    narrow(model, scope);
}

/// Restores the previous scope.
pub(super) fn to_last_scope(model: &mut Model) {
    if let Some(scope) = model.last_scope.clone() {
        to_scope(model, scope);
    }
}

/// Focuses a pane and selects the row at this offset from its first visible one.
pub(super) fn click(model: &mut Model, pane: Pane, row: usize) {
    if !model.overlays.is_empty() {
        return;
    }
    model.focus = pane;
    model.panes.get_mut(pane).select_visible(row);
    if pane == Pane::Namespaces {
        follow_namespace(model);
    }
}

pub(super) fn to_pod(model: &mut Model, pod: ObjectRef<Pod>) {
    show_namespace_of(model, &pod.namespace);
    model.focus = Pane::Pods;
    let workload = model.store.pod(&pod);
    let workload = workload.and_then(|pod| model.store.workload_of(pod));
    if let Some(workload) = workload {
        model.panes.pods.unfold_workload(workload.id.clone());
    }
    model.panes.pods.reveal_and_select(pods::Row::Pod(pod));
}

pub(super) fn to_account(model: &mut Model, account: ObjectRef<ServiceAccount>) {
    show_namespace_of(model, &account.namespace);
    model.focus = Pane::ServiceAccounts;
    model.panes.accounts.reveal_and_select(account);
}

pub(super) fn to_secret(model: &mut Model, secret: ObjectRef<Secret>) {
    show_namespace_of(model, &secret.namespace);
    model.focus = Pane::Secrets;
    model.panes.secrets.reveal_and_select(secret);
}

fn show_namespace_of(model: &mut Model, namespace: &Namespace) {
    let hidden = matches!(&model.scope, Scope::Namespace(shown) if shown != namespace);
    if hidden {
        to_scope(model, Scope::Namespace(namespace.clone()));
    }
}

/// Moves back or forward in the jump list.
pub(super) fn step_history(
    model: &mut Model,
    step: fn(&mut JumpList, Location) -> Option<Location>,
    now: Timestamp,
) {
    let here = model.location();
    let Some(place) = step(&mut model.jump_list, here) else {
        model.set_status("no further history", now);
        return;
    };
    to_scope(model, place.scope);
    model.focus = model.panes.reveal_and_select(place.selected);
}

/// Moves to the next fault of the cluster; two hundred Pods with one fault count once.
pub(super) fn next_problem(model: &mut Model, forward: bool, now: Timestamp) {
    let faults = model.diagnoses.faults();
    let count = faults.len();
    if count == 0 {
        model.set_status(coverage::no_problem(model, now), now);
        return;
    }
    let here = |stop: &FaultCursor| faults.iter().position(|fault| fault.id == stop.fault);
    let target = match (
        &model.fault_cursor,
        model.fault_cursor.as_ref().and_then(here),
    ) {
        (_, Some(position)) if forward => (position + 1) % count,
        (_, Some(position)) => (position + count - 1) % count,
        // It is gone, and another has taken its place.
        (Some(stop), None) if forward => stop.place % count,
        (Some(stop), None) => (stop.place + count - 1) % count,
        (None, None) if forward => 0,
        (None, None) => count - 1,
    };
    let Some(fault) = model.diagnoses.faults().get(target) else {
        return;
    };
    let (id, title) = (fault.id.clone(), fault.finding.title());
    let text = format!(
        "{} of {count}: {title}, {} · {}",
        target + 1,
        id.blame,
        affected_label(fault)
    );
    to_fault(model, &id);
    model.set_status(text, now);
}

/// Who suffers from a fault, in a few words.
fn affected_label(fault: &Fault) -> String {
    match (fault.pods.len(), fault.workloads.len()) {
        (0, workloads) => format!("{workloads} without Pods"),
        (1, _) => "1 Pod".to_owned(),
        (pods, _) => format!("{pods} Pods"),
    }
}

/// Moves to the example of a fault; an open detail view switches to it.
pub(super) fn to_fault(model: &mut Model, id: &FaultId) {
    let Some(fault) = model.diagnoses.fault(id) else {
        return;
    };
    let example = fault.example.clone();
    let faults = model.diagnoses.faults().iter();
    model.fault_cursor = Some(FaultCursor {
        fault: id.clone(),
        place: faults.take_while(|other| other.id != *id).count(),
    });
    match example {
        Subject::Pod(pod) => {
            if let Some(Overlay::Details(details)) = model.overlays.last_mut() {
                details.show_object(AnyObjectRef::Pod(pod.clone()));
            }
            to_pod(model, pod);
        }
        Subject::Workload(workload) => {
            // It has no Pod to go to.
            model.overlays.clear();
            show_namespace_of(model, &workload.key.namespace);
            let details = Details::new(AnyObjectRef::Workload(workload), Some(Tab::Rollout));
            model.overlays.push(Overlay::Details(details));
        }
    }
}

/// Moves to the ServiceAccount of the selected Pod.
pub(super) fn to_account_of_pod(model: &mut Model) {
    if let Some(account) = selection::account_of_pod(model) {
        to_account(model, account);
    }
}

/// Moves to a Pod that uses the selection.
pub(super) fn to_user_of_selection(model: &mut Model, now: Timestamp) {
    match selection::pod_using_selection(model) {
        Some(pod) => to_pod(model, pod),
        None => model.set_status("no Pod uses it", now),
    }
}
