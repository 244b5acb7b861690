//! Builds a plan from the values of a form.

mod lists;
mod secrets;
mod setup;

use super::{CredentialSource, Field, FieldId, Form, MultiSelect, SelectValue};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{ServiceAccount, WorkloadKind, WorkloadRef},
    },
    plan::{
        Change, CredentialCheck, Credentials, DeleteAccount, ExportFormat, FormSpec, Plan,
        pods_with_the_old_list,
    },
    plural::{number_or_no, pods_with_verb},
    registry_auth::{credential::Password, image_ref::ImageRef},
    store::Store,
};

/// Why the form cannot be turned into a plan yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The answer of this field cannot be taken.
    Field(usize),
    /// Everything is so already.
    Nothing,
}

impl Form {
    /// Builds the plan.
    pub fn plan(&self, store: &Store) -> Result<Plan, PlanError> {
        if let Some(bad) = self.first_invalid_field(store) {
            return Err(PlanError::Field(bad));
        }
        let plan = if let Some(spread) = self.credential_usage() {
            let mut plan = spread.rotation_plan(&self.chosen_holders(), &self.login());
            plan.notes.extend(self.unverifiable_login());
            plan
        } else {
            Plan {
                notes: self.notes(),
                ..Plan::new(self.spec.title(), self.changes(store))
            }
        };
        if plan.changes.is_empty() {
            return Err(PlanError::Nothing);
        }
        Ok(Plan {
            credential_check: self.credential_check(),
            ..plan
        })
    }

    /// The first field with an invalid value.
    pub fn first_invalid_field(&self, store: &Store) -> Option<usize> {
        self.fields.iter().position(|field: &Field| {
            self.is_visible(field.id)
                && self
                    .validate(field.id, store)
                    .is_some_and(|complaint| complaint.is_error)
        })
    }

    /// The chosen export format.
    pub fn export_format(&self) -> ExportFormat {
        match self.option(FieldId::Format) {
            Some(SelectValue::Format(format)) => *format,
            Some(_) | None => ExportFormat::Plain,
        }
    }

    /// The path of the exported file; `None` for the clipboard.
    pub fn export_path(&self) -> Option<&str> {
        self.exports_to_file().then(|| self.text(FieldId::File))
    }

    /// What the registry can say of the login before it is saved.
    fn credential_check(&self) -> Option<CredentialCheck> {
        if self.source() == Some(CredentialSource::NotNeeded)
            || self.secret_in_namespace().is_some()
        {
            return None;
        }
        let image = match &self.spec {
            FormSpec::Login { image, .. } | FormSpec::NewSecret { image, .. } => {
                ImageRef::parse(image.as_deref()?).ok()?
            }
            FormSpec::Rotate { .. } => self.credential_usage()?.image.clone()?,
            FormSpec::Setup { .. } | FormSpec::Deploy { .. } => {
                ImageRef::parse(self.text(FieldId::Image)).ok()?
            }
            FormSpec::Copy { .. }
            | FormSpec::Image { .. }
            | FormSpec::Bind { .. }
            | FormSpec::List { .. }
            | FormSpec::RunAs { .. }
            | FormSpec::DeleteSecret { .. }
            | FormSpec::DeleteAccount { .. }
            | FormSpec::Export => return None,
        };
        Some(CredentialCheck {
            image,
            login: self.login(),
        })
    }

    fn login(&self) -> Credentials {
        Credentials {
            username: self.text(FieldId::Username).to_owned(),
            password: Password::new(self.text(FieldId::Token)),
        }
    }

    /// The Secrets that were taken out of a list of keys.
    fn chosen_holders(&self) -> Vec<String> {
        let taken = self
            .multi_select(FieldId::Secrets)
            .into_iter()
            .flat_map(MultiSelect::selected);
        taken.map(|row| row.name.clone()).collect()
    }

    /// Where no image is known that is pulled with it, nobody can be asked whether a login is taken.
    fn unverifiable_login(&self) -> Option<String> {
        self.credential_usage()
            .is_some_and(|spread| spread.image.is_none())
            .then(|| "No Pod pulls with it, so the new credential cannot be tested.".to_owned())
    }

    fn changes(&self, store: &Store) -> Vec<Change> {
        match &self.spec {
            FormSpec::Login {
                secret,
                listed,
                targets,
                ..
            } => self.other_login(secret, listed, targets),
            FormSpec::NewSecret {
                namespace,
                listed,
                targets,
                ..
            } => self.new_secret(namespace, listed, targets, store),
            FormSpec::Image { targets, .. } => {
                let image = self.text(FieldId::Image);
                let targets = targets.iter();
                targets.flat_map(|target| target.set(image)).collect()
            }
            FormSpec::Copy {
                from,
                brings,
                targets,
            } => self.copies(from, brings, targets, store),
            FormSpec::Bind { .. } | FormSpec::List { .. } | FormSpec::RunAs { .. } => {
                self.list_changes()
            }
            FormSpec::Setup { .. } | FormSpec::Deploy { .. } => self.setup(store),
            FormSpec::DeleteSecret {
                secret, accounts, ..
            } => self.deletion(secret, accounts),
            FormSpec::DeleteAccount { account, .. } => {
                vec![Change::DeleteAccount(DeleteAccount::new(account.clone()))]
            }
            // Its plan is spread over many Secrets, and is made elsewhere; an export changes nothing.
            FormSpec::Rotate { .. } | FormSpec::Export => Vec::new(),
        }
    }

    /// What depends on what is changed.
    fn notes(&self) -> Vec<String> {
        let note = match &self.spec {
            FormSpec::DeleteSecret { pods, .. } if *pods > 0 => format!(
                "{} it. Running Pods keep running; the next pull on a node without the image fails.",
                pods_with_verb(*pods, "lists", "list")
            ),
            FormSpec::DeleteAccount {
                pods, workloads, ..
            } if *pods > 0 || !workloads.is_empty() => {
                let of = match workloads.len() {
                    0 => String::new(),
                    number => format!(" of {}", number_or_no(number, "workload")),
                };
                format!(
                    "{} as it. Running Pods keep running; no new Pod{of} can be created without it.",
                    pods_with_verb(*pods, "runs", "run")
                )
            }
            FormSpec::Image { left_out, .. } => return left_out.clone(),
            FormSpec::NewSecret { targets, .. } => {
                let targets: Vec<_> = targets.iter().collect();
                return pods_with_the_old_list(&targets, &Name::new(self.text(FieldId::Secret)));
            }
            FormSpec::Copy { .. } => {
                "No ServiceAccount uses the copies yet: in Secrets, :bind attaches one.".to_owned()
            }
            FormSpec::Bind { .. } if self.is_option_selected(FieldId::Accounts, "default") => {
                "default: every Pod without serviceAccountName gets the credential too.".to_owned()
            }
            _ => return Vec::new(),
        };
        vec![note]
    }

    fn account(&self) -> Name<ServiceAccount> {
        Name::new(self.text(FieldId::Account))
    }

    /// Reference to the Deployment to create.
    pub(super) fn deployment_id(&self) -> Option<WorkloadRef> {
        let deploys = matches!(self.spec, FormSpec::Setup { .. } | FormSpec::Deploy { .. });
        deploys.then(|| WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: ObjectRef::new(
                Namespace::new(self.text(FieldId::Namespace)),
                Name::new(self.text(FieldId::Deployment)),
            ),
        })
    }
}
