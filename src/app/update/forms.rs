//! Forms: open, edit, import credentials, submit.

use jiff::Timestamp;

use super::{copy, key_context, plan_dialog};
use crate::{
    app::{
        action::{Action, Motion},
        effect::Effect,
        form::{FieldInput, Form, ImportState, ImportedLogin, MultiSelect, PlanError},
        model::Model,
        overlay::Overlay,
        request_id::RequestId,
    },
    domain::{
        diagnostics::grouping::FaultId, error::UserError, plan::FormSpec,
        registry_auth::image_ref::ImageRef,
    },
};

/// Opens a form, unless the program is read-only.
pub(super) fn open(model: &mut Model, mut spec: FormSpec, fault: Option<FaultId>, now: Timestamp) {
    if !plan_dialog::reject_if_read_only(model, now) {
        add_registry_tags(model, &mut spec, now);
        let form = Form::new(spec, fault, &model.store);
        model.overlays.push(Overlay::Form(form));
    }
}

/// Adds the tags that the registry has listed, if it was asked for the image not long ago.
fn add_registry_tags(model: &Model, ask: &mut FormSpec, now: Timestamp) {
    let FormSpec::Image { targets, tags, .. } = ask else {
        return;
    };
    let before = targets.first().map(|target| &*target.before);
    let image = before.and_then(|image| ImageRef::parse(image).ok());
    let listed = image.and_then(|image| model.probes.tags(&image.repository(), now));
    *tags = listed.unwrap_or_default().to_vec();
}

fn top(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Moves the focus; a source named in the field that is left is imported.
pub(super) fn move_focus(model: &mut Model, turn: fn(&mut Form)) -> Vec<Effect> {
    let Some(form) = top(model) else {
        return Vec::new();
    };
    let before = form.focus;
    turn(form);
    let moved = form.focus != before;
    if moved && is_behind_source(model) {
        start_import(model)
    } else {
        Vec::new()
    }
}

/// Whether the keyboard is behind the question where the credential comes from.
fn is_behind_source(model: &mut Model) -> bool {
    use crate::app::form::FieldId::{Account, Secret, Secrets, Token, Username};
    let answer = top(model).and_then(|form| Some(form.focused()?.id));
    matches!(answer, Some(Username | Token | Secret | Account | Secrets))
}

/// Reads the credential that the answers name.
fn start_import(model: &mut Model) -> Vec<Effect> {
    let request_id = model.request_ids.next_id();
    let Some(form) = top(model) else {
        return Vec::new();
    };
    let Some(origin) = form.pending_import() else {
        return Vec::new();
    };
    let server = form.registry();
    form.import = ImportState::Reading(request_id);
    vec![Effect::Import {
        request_id,
        origin,
        server,
    }]
}

/// Stores the result of an import.
pub(super) fn imported(
    model: &mut Model,
    request_id: RequestId,
    answer: Result<ImportedLogin, String>,
    now: Timestamp,
) {
    let awaiting = model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Form(form) if form.import == ImportState::Reading(request_id) => Some(form),
        _ => None,
    });
    let Some(form) = awaiting else { return };
    let failed = answer.as_ref().err().cloned();
    form.imported(request_id, answer);
    if let Some(why) = failed {
        model.set_status(why, now);
    }
}

pub(super) fn with_multi_select(model: &mut Model, change: fn(&mut MultiSelect)) {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return;
    };
    if let Some(FieldInput::MultiSelect(picks)) = form.focused_mut().map(|field| &mut field.input) {
        change(picks);
        form.on_field_changed(&model.store);
    }
}

pub(super) fn choose(model: &mut Model, forward: bool) {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => {
            let field = form.focused_mut().map(|field| &mut field.input);
            if let Some(FieldInput::Select(choice)) = field {
                choice.cycle(forward);
                form.on_field_changed(&model.store);
            }
        }
        Some(Overlay::NodeFiles(dialog)) => dialog.choose_image(forward),
        Some(_) | None => {}
    }
}

/// Moves the cursor in a list, and the focus at its ends.
pub(super) fn move_cursor(form: &mut Form, motion: Motion) {
    let down = match motion {
        Motion::Down => true,
        Motion::Up => false,
        Motion::PageUp | Motion::PageDown | Motion::First | Motion::Last => return,
    };
    let stays = match form.focused_mut().map(|field| &mut field.input) {
        Some(FieldInput::MultiSelect(picks)) => picks.move_cursor(down),
        _ => false,
    };
    if !stays {
        if down { form.next() } else { form.previous() }
    }
}

/// Moves to the next field; after the last one, to the plan.
pub(super) fn advance(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match top(model) {
        Some(form) if !form.is_at_last_field() => move_focus(model, Form::next),
        _ => submit(model, now),
    }
}

/// Takes the form's answers and shows the plan that they make.
fn submit(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let reads = start_import(model);
    if !reads.is_empty() {
        let submit = key_context::key_name(model, Action::Submit);
        model.set_status(
            format!("reading the credential; press {submit} again when it has been read"),
            now,
        );
        return reads;
    }
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if form.spec == FormSpec::Export {
        return export(model, now);
    }
    match form.plan(&model.store) {
        Ok(plan) => {
            let fault = form.fault.clone();
            plan_dialog::open(model, plan, fault, now)
        }
        Err(PlanError::Field(bad)) => {
            form.focus = bad;
            Vec::new()
        }
        Err(PlanError::Nothing) => {
            model.set_status("nothing to change", now);
            Vec::new()
        }
    }
}

/// Exports the plan below the form.
fn export(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if let Some(bad) = form.first_invalid_field(&model.store) {
        form.focus = bad;
        return Vec::new();
    }
    let (style, path) = (form.export_format(), form.export_path().map(str::to_owned));
    model.overlays.pop();
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        return Vec::new();
    };
    let text = dialog.plan.0.manifests(style);
    match path {
        Some(path) => vec![Effect::Save { path, text }],
        None => copy::text(model, text, "the YAML", now),
    }
}

/// Handles the result of writing a file.
pub(super) fn saved(model: &mut Model, answer: Result<String, UserError>, now: Timestamp) {
    match answer {
        Ok(path) => model.set_status(format!("saved to {path}"), now),
        Err(problem) => super::show_error(model, problem),
    }
}
