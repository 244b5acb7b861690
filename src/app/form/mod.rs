//! A form: what is asked for, field by field, with a word on each answer while it is given.
//!
//! Its end is a plan, which is shown before anything is done. It knows no terminal and no cluster.

mod derive;
mod field_id;
mod field_input;
mod fields;
mod hints;
mod plan;
mod pluralize;
mod source;
#[cfg(test)]
mod tests;
mod validate;

use std::fmt;

use tui_input::Input;

pub use self::{
    field_id::Answer,
    field_input::{Choice, Entry, Pick, Picks},
    plan::Unready,
    source::{Import, Imported, Origin, Source},
};
use super::{field, request_id::Ticket};
use crate::domain::{
    diagnostics::grouping::FaultId,
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::Secret,
    },
    plan::FormSpec,
    store::Store,
};

pub struct Field {
    pub answer: Answer,
    pub entry: Entry,
    /// Until it is given, it follows from other answers.
    touched: bool,
}

impl Field {
    fn new(answer: Answer, entry: Entry) -> Self {
        Self {
            answer,
            touched: matches!(&entry, Entry::Text(input) if !input.value().is_empty()),
            entry,
        }
    }

    /// What is typed into while the field has the keyboard; of a list its filter.
    pub fn input(&mut self) -> Option<&mut Input> {
        match &mut self.entry {
            Entry::Text(input) => Some(input),
            Entry::Many(picks) => Some(&mut picks.filter),
            Entry::One(_) => None,
        }
    }

    /// Edits what is typed into; `false` when the key means nothing to it.
    pub fn edit(&mut self, key: super::key::Key) -> bool {
        let masked = self.answer.is_masked();
        self.input().is_some_and(|input| {
            if masked {
                field::edit_masked(input, key)
            } else {
                field::edit(input, key)
            }
        })
    }

    /// The answer as a text; of a list nothing.
    pub fn value(&self) -> &str {
        match &self.entry {
            Entry::Text(input) => input.value(),
            Entry::One(choice) => choice.value(),
            Entry::Many(_) => "",
        }
    }
}

/// What stands in a masked field is not for a log or a report.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut field = f.debug_struct("Field");
        field.field("answer", &self.answer);
        if !self.answer.is_masked() {
            field.field("entry", &self.entry);
        }
        field.field("touched", &self.touched).finish()
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if self.answer.is_masked()
            && let Entry::Text(input) = &mut self.entry
        {
            field::wipe(input);
        }
    }
}

#[derive(Debug)]
pub struct Form {
    pub ask: FormSpec,
    pub fields: Vec<Field>,
    pub focus: usize,
    /// The fault that this is to remove.
    pub fault: Option<FaultId>,
    pub import: Import,
    /// Whether anything was given that leaving would lose.
    given: bool,
    /// Whether esc was pressed on what has been given.
    pub leaving: bool,
}

impl Form {
    pub fn new(ask: FormSpec, fault: Option<FaultId>, world: &Store) -> Self {
        let mut form = Self {
            fields: fields::of(&ask),
            ask,
            focus: 0,
            fault,
            import: Import::Idle,
            given: false,
            leaving: false,
        };
        form.follow(world);
        // What is known needs no typing: the first open question is asked first.
        let first_open = form.shown().position(|field| match &field.entry {
            Entry::Text(input) => input.value().is_empty(),
            Entry::Many(_) => true,
            // With the token of the one, no other is to be overwritten.
            Entry::One(_) => field.answer == Answer::Which,
        });
        let first = form
            .shown()
            .nth(first_open.unwrap_or(0))
            .map(|field| field.answer);
        if let Some(first) = first {
            form.go_to(first);
        }
        form
    }

    /// The questions that the other answers leave.
    pub fn shown(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| self.asks(field.answer))
    }

    /// Whether a question is asked, as the other answers are.
    pub fn asks(&self, answer: Answer) -> bool {
        let source = self.source();
        match answer {
            Answer::File if self.ask == FormSpec::Export => {
                self.text(Answer::Destination) == fields::FILE
            }
            Answer::File => source == Some(Source::File),
            Answer::Variable => source == Some(Source::Variable),
            Answer::FromSecret => source == Some(Source::Secret),
            Answer::Server | Answer::Username | Answer::Token | Answer::Secret => {
                source != Some(Source::Nowhere) && self.in_place().is_none()
            }
            Answer::Which => match self.field(Answer::Which).map(|field| &field.entry) {
                Some(Entry::One(choice)) => choice.options.len() > 1,
                _ => false,
            },
            Answer::Existing => self.meets_another(),
            Answer::Restart => self.adds(),
            Answer::Accounts => match (&self.ask, self.picks(Answer::Accounts)) {
                (FormSpec::DeleteSecret { .. }, Some(picks)) => !picks.rows.is_empty(),
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether this form has the question and asks it.
    pub fn has(&self, answer: Answer) -> bool {
        self.shown().any(|field| field.answer == answer)
    }

    fn field(&self, answer: Answer) -> Option<&Field> {
        self.fields.iter().find(|field| field.answer == answer)
    }

    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    pub fn focused_mut(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    pub fn text(&self, answer: Answer) -> &str {
        self.field(answer).map_or("", Field::value)
    }

    fn picks(&self, answer: Answer) -> Option<&Picks> {
        match &self.field(answer)?.entry {
            Entry::Many(picks) => Some(picks),
            Entry::Text(_) | Entry::One(_) => None,
        }
    }

    /// Whether this row of a list is taken.
    fn takes(&self, answer: Answer, name: &str) -> bool {
        self.picks(answer).is_some_and(|picks| picks.is_taken(name))
    }

    /// Where the credential comes from, if one is asked for.
    pub fn source(&self) -> Option<Source> {
        self.field(Answer::Source)
            .map(|field| Source::read(field.value()))
    }

    /// The Secret that was chosen as the source.
    fn chosen_secret(&self) -> Option<ObjectRef<Secret>> {
        let (namespace, name) = self.text(Answer::FromSecret).split_once('/')?;
        Some(ObjectRef::new(Namespace::new(namespace), Name::new(name)))
    }

    /// The Secret that can be used where it is, because it is in the namespace of the workload.
    fn in_place(&self) -> Option<ObjectRef<Secret>> {
        let deploys = matches!(self.ask, FormSpec::Setup { .. } | FormSpec::Deploy { .. });
        if !deploys || self.source() != Some(Source::Secret) {
            return None;
        }
        let chosen = self.chosen_secret()?;
        (chosen.namespace.as_str() == self.text(Answer::Namespace)).then_some(chosen)
    }

    /// Whether anything was given that leaving would lose.
    pub fn is_given(&self) -> bool {
        self.given
    }

    /// Puts the keyboard on this question, if it is asked.
    pub fn go_to(&mut self, answer: Answer) {
        let found = self.fields.iter().position(|field| field.answer == answer);
        self.focus = found.filter(|_| self.asks(answer)).unwrap_or(self.focus);
    }

    pub fn next(&mut self) {
        self.focus = self.after().unwrap_or(self.focus);
    }

    pub fn previous(&mut self) {
        let before = (0..self.focus).rev();
        let asked = |index: &usize| self.fields.get(*index).is_some_and(|f| self.asks(f.answer));
        self.focus = before.into_iter().find(asked).unwrap_or(self.focus);
    }

    pub fn at_last(&self) -> bool {
        self.after().is_none()
    }

    fn after(&self) -> Option<usize> {
        let behind = self.focus + 1..self.fields.len();
        let asked = |index: &usize| self.fields.get(*index).is_some_and(|f| self.asks(f.answer));
        behind.into_iter().find(asked)
    }

    /// What was given in the focused field has changed.
    pub fn changed(&mut self, world: &Store) {
        self.leaving = false;
        self.given = true;
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        // Also what was emptied: else it would be filled again under the hands.
        field.touched = true;
        if let Entry::Many(picks) = &mut field.entry {
            picks.filtered();
        }
        let reads_again = matches!(
            field.answer,
            Answer::Source | Answer::File | Answer::Variable | Answer::FromSecret | Answer::Server
        );
        if reads_again {
            self.import = Import::Idle;
        }
        self.follow(world);
    }

    /// What is to be read before there is a credential.
    pub fn wants(&self) -> Option<Origin> {
        if self.import != Import::Idle && !matches!(self.import, Import::Failed(_)) {
            return None;
        }
        Some(match self.source()? {
            Source::Typed | Source::Nowhere => return None,
            Source::File => {
                let path = self.text(Answer::File).trim();
                Origin::File((!path.is_empty()).then(|| path.to_owned()))
            }
            Source::Variable => Origin::Variable(self.text(Answer::Variable).to_owned()),
            Source::Secret if self.in_place().is_some() => return None,
            Source::Secret => Origin::Secret(self.chosen_secret()?),
        })
    }

    /// Takes in what was read.
    pub fn imported(&mut self, ticket: Ticket, answer: Result<Imported, String>) {
        if self.import != Import::Reading(ticket) {
            return;
        }
        self.import = match answer {
            Err(why) => Import::Failed(why),
            // A part of it would be another credential.
            Ok(imported) if !field::fits(imported.login.password.expose()) => Import::Failed(
                format!("what was read {} is too long for a token", imported.from),
            ),
            Ok(imported) => {
                let login = imported.login;
                if !login.username.is_empty() {
                    self.put(Answer::Username, &login.username);
                }
                self.put(Answer::Token, login.password.expose());
                Import::Got(imported.from)
            }
        };
    }

    fn put(&mut self, answer: Answer, value: &str) {
        let field = self.fields.iter_mut().find(|field| field.answer == answer);
        if let Some(Field {
            entry: Entry::Text(input),
            touched,
            ..
        }) = field
        {
            if answer.is_masked() {
                field::wipe(input);
                *input = field::masked(value);
            } else {
                *input = value.into();
            }
            *touched = true;
        }
    }
}
