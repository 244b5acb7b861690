//! Copying names, messages and commands to the clipboard, and writing reports.

use jiff::Timestamp;

use super::selection;
use crate::{
    app::{
        action::{Action, ExternalTool},
        connection::ConnectionPhase,
        effect::Effect,
        model::Model,
        overlay::Overlay,
        panes::Pane,
    },
    domain::{
        diagnostics::{Fact, Finding, report},
        k8s::{
            object_ref::ObjectRef,
            objects::{AnyObjectRef, Pod},
        },
    },
};

/// Copies the text of an action to the clipboard and says so.
pub(super) fn copy_for_action(model: &mut Model, action: Action, now: Timestamp) -> Vec<Effect> {
    match action {
        Action::CopyNamespace => namespace(model, now),
        Action::CopyImage => image(model, now),
        Action::CopyMessage => message(model, now),
        Action::CopyCommands => commands(model, now),
        _ => name(model, now),
    }
}

/// Copies the name of what is selected; of an event its message, of a plan its commands, of a problem
/// its words.
fn name(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if let Some(Overlay::Error { error, .. }) = model.overlays.last() {
        let words = error.to_string();
        return text(model, words, "the problem", now);
    }
    if let Some(Overlay::ManualFix { fix, .. }) = model.overlays.last() {
        let (lines, what) = match fix.commands.as_slice() {
            [] => (&fix.steps, "the steps"),
            _ => (&fix.commands, "the commands"),
        };
        return text(model, lines.join("\n"), what, now);
    }
    copy(model, selected_name(model), now)
}

fn namespace(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    copy(model, selected_namespace(model), now)
}

/// Copies the image of the Pod that the keys speak of.
fn image(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let inspection = model.inspection.as_ref();
    let image = inspection.and_then(|inspection| Some(inspection.image()?.to_string()));
    copy(model, image, now)
}

/// Copies what the kubelet said last of the Pod's image.
fn message(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let finding = model
        .inspection
        .as_ref()
        .and_then(|it| it.diagnosis.first());
    let said = finding.and_then(|finding| {
        let facts = finding.evidence.iter().map(|evidence| &evidence.fact);
        let mut said = facts.filter_map(|fact| match fact {
            Fact::KubeletMessage { text } => Some(text.to_string()),
            _ => None,
        });
        said.next()
    });
    match said {
        Some(said) => text(model, said, "the message", now),
        None => nothing(model, "no message", now),
    }
}

/// Copies the kubectl commands of the Pod's best fix.
fn commands(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let finding = model
        .inspection
        .as_ref()
        .and_then(|it| it.diagnosis.first());
    let fixes = finding.map(Finding::filled_fixes).unwrap_or_default();
    let best = fixes.into_iter().find(|fix| !fix.commands.is_empty());
    match best {
        Some(fix) => {
            let name = format!("the commands: {}", fix.title);
            text(model, fix.commands.join("\n"), &name, now)
        }
        None => nothing(model, "no kubectl command fixes it", now),
    }
}

fn nothing(model: &mut Model, why: &str, now: Timestamp) -> Vec<Effect> {
    model.set_status(why, now);
    Vec::new()
}

/// Copies a text that is too long to be repeated.
pub(super) fn text(model: &mut Model, text: String, name: &str, now: Timestamp) -> Vec<Effect> {
    model.set_status(format!("copied {name}"), now);
    vec![Effect::Copy(text)]
}

fn copy(model: &mut Model, text: Option<String>, now: Timestamp) -> Vec<Effect> {
    let Some(text) = text else { return Vec::new() };
    model.set_status(format!("copied {text}"), now);
    vec![Effect::Copy(text)]
}

fn selected_name(model: &Model) -> Option<String> {
    if let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() {
        return Some(dialog.plan.0.commands().join("\n"));
    }
    if is_of_events(model) {
        return Some(selection::selected_line(model)?.event.message.to_string());
    }
    Some(selection::selected_object(model)?.name().to_owned())
}

fn selected_namespace(model: &Model) -> Option<String> {
    if is_of_events(model) {
        let subject = &selection::selected_line(model)?.event.regarding;
        return Some(subject.namespace.as_ref()?.to_string());
    }
    Some(selection::selected_object(model)?.namespace().to_string())
}

/// Whether the keys speak of an event, and not of an object.
fn is_of_events(model: &Model) -> bool {
    let details = matches!(model.overlays.last(), Some(Overlay::Details(_)));
    model.focus == Pane::Events && !details
}

/// Writes down all that is known of the Pod.
pub(super) fn report(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let server = match &model.connection.phase {
        ConnectionPhase::Connected(identity) => identity.server_version.as_deref(),
        ConnectionPhase::Connecting { .. } | ConnectionPhase::Failed { .. } => None,
    };
    let odd = model.inspection.as_ref().is_some_and(|inspection| {
        !inspection.pod.namespace.is_valid() || !inspection.pod.name.is_valid()
    });
    if odd {
        // It would be a part of a path.
        model.set_status(
            "Not saved: the Pod's name is not a valid Kubernetes name",
            now,
        );
        return Vec::new();
    }
    let written = model.inspection.as_ref().and_then(|inspection| {
        let text = report::report(&inspection.context, &inspection.diagnosis, server).ok()?;
        let (namespace, name) = (&inspection.pod.namespace, &inspection.pod.name);
        Some((format!("pullscope-{namespace}-{name}.json"), text))
    });
    let Some((path, text)) = written else {
        model.set_status("select a Pod first", now);
        return Vec::new();
    };
    vec![Effect::Save { path, text }]
}

/// Verbs that belong to k9s: the command is put on the clipboard, so that no habit is lost.
pub(super) fn copy_external_command(
    model: &mut Model,
    verb: ExternalTool,
    now: Timestamp,
) -> Vec<Effect> {
    let command = match verb {
        ExternalTool::Edit => selection::selected_object(model).map(|object| edit_command(&object)),
        ExternalTool::Shell | ExternalTool::Attach | ExternalTool::PortForward => {
            selection::selected_pod(model).map(|pod| pod_command(&pod, verb))
        }
    };
    let Some(command) = command else {
        model.set_status("not available for the selection", now);
        return Vec::new();
    };
    model.set_status(format!("copied: {command}"), now);
    vec![Effect::Copy(command)]
}

fn pod_command(pod: &ObjectRef<Pod>, verb: ExternalTool) -> String {
    let (name, namespace) = (&pod.name, &pod.namespace);
    match verb {
        ExternalTool::Shell => format!("kubectl exec -it -n {namespace} {name} -- sh"),
        ExternalTool::Attach => format!("kubectl attach -it -n {namespace} {name}"),
        ExternalTool::PortForward => {
            format!("kubectl port-forward -n {namespace} {name} 8080:8080")
        }
        ExternalTool::Edit => edit_command(&AnyObjectRef::Pod(pod.clone())),
    }
}

fn edit_command(object: &AnyObjectRef) -> String {
    let (kind, name) = (object.kind().to_lowercase(), object.name());
    match object {
        AnyObjectRef::Namespace(_) => format!("kubectl edit {kind} {name}"),
        _ => format!("kubectl edit -n {} {kind} {name}", object.namespace()),
    }
}
