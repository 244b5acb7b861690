//! What is handed out: names, messages and commands to the clipboard, a report to a file.

use jiff::Timestamp;

use super::navigate;
use crate::app::{
    action::Elsewhere,
    connection::Phase,
    effect::Effect,
    model::Model,
    overlay::Overlay,
    panes::{Pane, pods},
};
use crate::domain::{
    key::Key,
    objects::{ObjectKey, Pod},
    report,
};

/// Copies the name of what is selected; of an event its message, of a plan its commands.
pub(super) fn name(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    copy(model, selected_name(model), now)
}

pub(super) fn namespace(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    copy(model, selected_namespace(model), now)
}

/// Copies a text that is too long to be repeated.
pub(super) fn text(model: &mut Model, text: String, name: &str, now: Timestamp) -> Vec<Effect> {
    model.flash(format!("copied {name}"), now);
    vec![Effect::Copy(text)]
}

fn copy(model: &mut Model, text: Option<String>, now: Timestamp) -> Vec<Effect> {
    let Some(text) = text else { return Vec::new() };
    model.flash(format!("copied {text}"), now);
    vec![Effect::Copy(text)]
}

fn selected_name(model: &Model) -> Option<String> {
    if let Some(Overlay::Proposal(proposal)) = model.overlays.last() {
        return Some(proposal.plan.0.commands().join("\n"));
    }
    if let Some(Overlay::Details(details)) = model.overlays.last() {
        return Some(details.object.name().to_owned());
    }
    match model.focus {
        Pane::Namespaces => model
            .panes
            .namespaces
            .list
            .selected()?
            .as_ref()
            .map(ToString::to_string),
        Pane::Pods => match model.panes.pods.list.selected()? {
            pods::Row::Pod(key) => Some(key.name.to_string()),
            pods::Row::Workload(id) => Some(id.key.name.to_string()),
        },
        Pane::ServiceAccounts => Some(model.panes.accounts.list.selected()?.name.to_string()),
        Pane::Secrets => Some(model.panes.secrets.list.selected()?.name.to_string()),
        Pane::Events => {
            let line = navigate::selected_line(model)?;
            Some(line.event.message.to_string())
        }
    }
}

fn selected_namespace(model: &Model) -> Option<String> {
    let namespace = match model.focus {
        Pane::Namespaces => model.panes.namespaces.list.selected()?.clone()?,
        Pane::Pods => match model.panes.pods.list.selected()? {
            pods::Row::Pod(key) => key.namespace.clone(),
            pods::Row::Workload(id) => id.key.namespace.clone(),
        },
        Pane::ServiceAccounts => model.panes.accounts.list.selected()?.namespace.clone(),
        Pane::Secrets => model.panes.secrets.list.selected()?.namespace.clone(),
        Pane::Events => {
            let line = navigate::selected_line(model)?;
            line.event.subject.namespace.clone()?
        }
    };
    Some(namespace.to_string())
}

/// Writes down all that is known of the Pod.
pub(super) fn report(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let server = match &model.connection.phase {
        Phase::Connected(identity) => identity.server_version.as_deref(),
        Phase::Connecting { .. } | Phase::Failed { .. } => None,
    };
    let written = model.inquiry.as_ref().and_then(|inquiry| {
        let text = report::report(&inquiry.case, &inquiry.diagnosis, server).ok()?;
        let (namespace, name) = (&inquiry.pod.namespace, &inquiry.pod.name);
        Some((format!("pullscope-{namespace}-{name}.json"), text))
    });
    let Some((path, text)) = written else {
        model.flash("no Pod is selected", now);
        return Vec::new();
    };
    vec![Effect::Save { path, text }]
}

/// Verbs that belong to k9s: the command is put on the clipboard, so that no habit is lost.
pub(super) fn elsewhere(model: &mut Model, verb: Elsewhere, now: Timestamp) -> Vec<Effect> {
    let command = match verb {
        Elsewhere::Edit => navigate::selected_object(model).map(|object| edit(&object)),
        Elsewhere::Shell | Elsewhere::Attach | Elsewhere::PortForward => {
            navigate::selected_pod(model).map(|pod| of_pod(&pod, verb))
        }
    };
    let Some(command) = command else {
        model.flash("nothing is selected that this could be done with", now);
        return Vec::new();
    };
    model.flash(format!("copied: {command}"), now);
    vec![Effect::Copy(command)]
}

fn of_pod(pod: &Key<Pod>, verb: Elsewhere) -> String {
    let (name, namespace) = (&pod.name, &pod.namespace);
    match verb {
        Elsewhere::Shell => format!("kubectl exec -it -n {namespace} {name} -- sh"),
        Elsewhere::Attach => format!("kubectl attach -it -n {namespace} {name}"),
        Elsewhere::PortForward => format!("kubectl port-forward -n {namespace} {name} 8080:8080"),
        Elsewhere::Edit => edit(&ObjectKey::Pod(pod.clone())),
    }
}

fn edit(object: &ObjectKey) -> String {
    let (kind, name) = (object.kind().to_lowercase(), object.name());
    match object {
        ObjectKey::Namespace(_) => format!("kubectl edit {kind} {name}"),
        _ => format!("kubectl edit -n {} {kind} {name}", object.namespace()),
    }
}
