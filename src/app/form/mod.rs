//! Form state: fields, focus, validation and import of credentials.
//!
//! Its end is a plan, which is shown before anything is done. It knows no terminal and no cluster.

mod derive;
mod field_id;
mod field_input;
mod fields;
mod hints;
mod plan;
mod source;
#[cfg(test)]
mod tests;
mod validate;

use std::fmt;

use tui_input::Input;

pub use self::{
    field_id::FieldId,
    field_input::{
        ExportDestination, FieldInput, MultiSelect, RestartScope, Select, SelectItem, SelectOption,
        SelectValue,
    },
    plan::PlanError,
    source::{CredentialSource, ImportSource, ImportState, ImportedLogin},
};
use super::{request_id::RequestId, text_field};
use crate::domain::{
    diagnostics::grouping::FaultId,
    k8s::{object_ref::ObjectRef, objects::Secret},
    plan::FormSpec,
    registry_auth::image_ref::ImageRef,
    store::Store,
};

pub struct Field {
    pub id: FieldId,
    pub input: FieldInput,
    /// Until it is given, it follows from other answers.
    touched: bool,
}

impl Field {
    fn new(id: FieldId, input: FieldInput) -> Self {
        Self {
            id,
            touched: matches!(&input, FieldInput::Text(text) if !text.value().is_empty()),
            input,
        }
    }

    /// The text input of the focused field; the filter of a list.
    pub fn text_input(&mut self) -> Option<&mut Input> {
        match &mut self.input {
            FieldInput::Text(input) => Some(input),
            FieldInput::MultiSelect(picks) => Some(&mut picks.filter),
            FieldInput::Select(_) => None,
        }
    }

    /// Edits the focused input; returns `false` if the key has no meaning there.
    pub fn edit(&mut self, key: super::key::Key) -> bool {
        let masked = self.id.is_masked();
        self.text_input().is_some_and(|input| {
            if masked {
                text_field::edit_masked(input, key)
            } else {
                text_field::edit(input, key)
            }
        })
    }

    /// The value of a field as text; empty for a list.
    pub fn value(&self) -> &str {
        match &self.input {
            FieldInput::Text(input) => input.value(),
            FieldInput::Select(choice) => choice.label(),
            FieldInput::MultiSelect(_) => "",
        }
    }
}

/// What stands in a masked field is not for a log or a report.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut field = f.debug_struct("Field");
        field.field("id", &self.id);
        if !self.id.is_masked() {
            field.field("input", &self.input);
        }
        field.field("touched", &self.touched).finish()
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if self.id.is_masked()
            && let FieldInput::Text(input) = &mut self.input
        {
            text_field::zeroize_input(input);
        }
    }
}

#[derive(Debug)]
pub struct Form {
    pub spec: FormSpec,
    pub fields: Vec<Field>,
    pub focus: usize,
    /// The fault that this is to remove.
    pub fault: Option<FaultId>,
    pub import: ImportState,
    /// True if the user has changed a value.
    modified: bool,
    /// True after a first esc on a modified form.
    pub leave_confirmed: bool,
}

impl Form {
    pub fn new(spec: FormSpec, fault: Option<FaultId>, store: &Store) -> Self {
        let mut form = Self {
            fields: fields::fields_for(&spec),
            spec,
            focus: 0,
            fault,
            import: ImportState::Idle,
            modified: false,
            leave_confirmed: false,
        };
        form.derive_defaults(store);
        // What is known needs no typing: the first open question is asked first.
        let first_open = form.visible_fields().position(|field| match &field.input {
            FieldInput::Text(input) => input.value().is_empty(),
            FieldInput::MultiSelect(_) => true,
            // With the token of the one, no other is to be overwritten.
            FieldInput::Select(_) => field.id == FieldId::Credential,
        });
        let first = form
            .visible_fields()
            .nth(first_open.unwrap_or(0))
            .map(|field| field.id);
        if let Some(first) = first {
            form.focus_field(first);
        }
        form
    }

    /// The fields that are visible, given the values of the others.
    pub fn visible_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| self.is_visible(field.id))
    }

    /// True if the field is visible, given the values of the others.
    pub fn is_visible(&self, id: FieldId) -> bool {
        let source = self.source();
        match id {
            FieldId::File if self.spec == FormSpec::Export => self.exports_to_file(),
            FieldId::Tag => self.names_listed_repository(),
            FieldId::File => source == Some(CredentialSource::File),
            FieldId::Variable => source == Some(CredentialSource::Variable),
            FieldId::FromSecret => source == Some(CredentialSource::Secret),
            FieldId::Server | FieldId::Username | FieldId::Token | FieldId::Secret => {
                source != Some(CredentialSource::NotNeeded) && self.secret_in_namespace().is_none()
            }
            FieldId::Credential => {
                match self.field(FieldId::Credential).map(|field| &field.input) {
                    Some(FieldInput::Select(choice)) => choice.options.len() > 1,
                    _ => false,
                }
            }
            FieldId::Existing => self.conflicts_with_existing(),
            FieldId::Restart => self.appends(),
            FieldId::Accounts => match (&self.spec, self.multi_select(FieldId::Accounts)) {
                (FormSpec::DeleteSecret { .. }, Some(picks)) => !picks.rows.is_empty(),
                _ => true,
            },
            _ => true,
        }
    }

    /// True if the form has the field and it is visible.
    /// Whether the image has the repository whose tags were listed: that of the image to replace.
    fn names_listed_repository(&self) -> bool {
        let FormSpec::Image { targets, .. } = &self.spec else {
            return false;
        };
        let before = targets.first().map(|target| &*target.before);
        let listed = before.and_then(|image| ImageRef::parse(image).ok());
        let named = ImageRef::parse(self.text(FieldId::Image)).ok();
        listed
            .zip(named)
            .is_some_and(|(listed, named)| listed.repository() == named.repository())
    }

    pub fn has_visible_field(&self, id: FieldId) -> bool {
        self.visible_fields().any(|field| field.id == id)
    }

    fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    pub fn focused_mut(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    pub fn text(&self, id: FieldId) -> &str {
        self.field(id).map_or("", Field::value)
    }

    fn multi_select(&self, id: FieldId) -> Option<&MultiSelect> {
        match &self.field(id)?.input {
            FieldInput::MultiSelect(picks) => Some(picks),
            FieldInput::Text(_) | FieldInput::Select(_) => None,
        }
    }

    /// What the chosen option of a field stands for.
    fn option(&self, id: FieldId) -> Option<&SelectValue> {
        match &self.field(id)?.input {
            FieldInput::Select(select) => select.value(),
            FieldInput::Text(_) | FieldInput::MultiSelect(_) => None,
        }
    }

    /// True if a plan is exported to a file.
    fn exports_to_file(&self) -> bool {
        let file = SelectValue::Destination(ExportDestination::File);
        self.option(FieldId::Destination) == Some(&file)
    }

    /// True if this option is selected.
    fn is_option_selected(&self, id: FieldId, name: &str) -> bool {
        self.multi_select(id)
            .is_some_and(|picks| picks.is_selected(name))
    }

    /// The source of the credential, if the form asks for one.
    pub fn source(&self) -> Option<CredentialSource> {
        match self.option(FieldId::Source)? {
            SelectValue::Source(source) => Some(*source),
            _ => None,
        }
    }

    /// The Secret that was chosen as the source.
    fn chosen_secret(&self) -> Option<ObjectRef<Secret>> {
        match self.option(FieldId::FromSecret)? {
            SelectValue::Secret(key) => Some(key.clone()),
            _ => None,
        }
    }

    /// The Secret that can be used where it is, because it is in the namespace of the workload.
    fn secret_in_namespace(&self) -> Option<ObjectRef<Secret>> {
        let deploys = matches!(self.spec, FormSpec::Setup { .. } | FormSpec::Deploy { .. });
        if !deploys || self.source() != Some(CredentialSource::Secret) {
            return None;
        }
        let chosen = self.chosen_secret()?;
        (chosen.namespace.as_str() == self.text(FieldId::Namespace)).then_some(chosen)
    }

    /// True if the user has changed a value.
    pub fn is_modified(&self) -> bool {
        self.modified
    }

    /// Focuses this field, if it is visible.
    pub fn focus_field(&mut self, id: FieldId) {
        let found = self.fields.iter().position(|field| field.id == id);
        self.focus = found.filter(|_| self.is_visible(id)).unwrap_or(self.focus);
    }

    pub fn next(&mut self) {
        self.focus = self.next_index().unwrap_or(self.focus);
    }

    pub fn previous(&mut self) {
        let before = (0..self.focus).rev();
        let asked = |index: &usize| {
            self.fields
                .get(*index)
                .is_some_and(|f| self.is_visible(f.id))
        };
        self.focus = before.into_iter().find(asked).unwrap_or(self.focus);
    }

    pub fn is_at_last_field(&self) -> bool {
        self.next_index().is_none()
    }

    fn next_index(&self) -> Option<usize> {
        let behind = self.focus + 1..self.fields.len();
        let asked = |index: &usize| {
            self.fields
                .get(*index)
                .is_some_and(|f| self.is_visible(f.id))
        };
        behind.into_iter().find(asked)
    }

    /// Derives other fields after the focused one has changed.
    pub fn on_field_changed(&mut self, store: &Store) {
        self.leave_confirmed = false;
        self.modified = true;
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        // Also what was emptied: else it would be filled again under the hands.
        field.touched = true;
        if let FieldInput::MultiSelect(picks) = &mut field.input {
            picks.clamp_cursor();
        }
        let reads_again = matches!(
            field.id,
            FieldId::Source
                | FieldId::File
                | FieldId::Variable
                | FieldId::FromSecret
                | FieldId::Server
        );
        if reads_again {
            self.import = ImportState::Idle;
        }
        self.derive_defaults(store);
    }

    /// The import to run before the credential is available.
    pub fn pending_import(&self) -> Option<ImportSource> {
        if self.import != ImportState::Idle && !matches!(self.import, ImportState::Failed(_)) {
            return None;
        }
        Some(match self.source()? {
            CredentialSource::Typed | CredentialSource::NotNeeded => return None,
            CredentialSource::File => {
                let path = self.text(FieldId::File).trim();
                ImportSource::File((!path.is_empty()).then(|| path.to_owned()))
            }
            CredentialSource::Variable => {
                ImportSource::Variable(self.text(FieldId::Variable).to_owned())
            }
            CredentialSource::Secret if self.secret_in_namespace().is_some() => return None,
            CredentialSource::Secret => ImportSource::Secret(self.chosen_secret()?),
        })
    }

    /// Stores an imported credential.
    pub fn imported(&mut self, request_id: RequestId, answer: Result<ImportedLogin, String>) {
        if self.import != ImportState::Reading(request_id) {
            return;
        }
        self.import = match answer {
            Err(why) => ImportState::Failed(why),
            // A part of it would be another credential.
            Ok(imported) if !text_field::is_accepted(imported.login.password.expose()) => {
                ImportState::Failed(format!(
                    "the value {} is too long for a token",
                    imported.from
                ))
            }
            Ok(imported) => {
                let login = imported.login;
                if !login.username.is_empty() {
                    self.set_text(FieldId::Username, &login.username);
                }
                self.set_text(FieldId::Token, login.password.expose());
                ImportState::Loaded(imported.from)
            }
        };
    }

    fn set_text(&mut self, id: FieldId, value: &str) {
        let field = self.fields.iter_mut().find(|field| field.id == id);
        if let Some(Field {
            input: FieldInput::Text(input),
            touched,
            ..
        }) = field
        {
            if id.is_masked() {
                text_field::zeroize_input(input);
                *input = text_field::masked(value);
            } else {
                *input = value.into();
            }
            *touched = true;
        }
    }
}
