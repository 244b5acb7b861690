//! From the answers of a form to the plan that they make.

mod lists;
mod secrets;
mod setup;

use super::{
    Answer, Field, Form, Picks, Source,
    counted::{counted, pods_do},
    fields,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{ServiceAccount, WorkloadKind, WorkloadRef},
    },
    plan::{
        Change, CredentialCheck, Credentials, DeleteAccount, ExportFormat, FormSpec, Plan,
        pods_with_the_old_list,
    },
    registry_auth::{credential::Password, image_ref::ImageRef},
    store::Store,
};

/// Why there is no plan yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// The answer of this field cannot be taken.
    Field(usize),
    /// Everything is so already.
    Nothing,
}

impl Form {
    /// The plan, or why there is none.
    pub fn plan(&self, world: &Store) -> Result<Plan, Unready> {
        if let Some(bad) = self.bad(world) {
            return Err(Unready::Field(bad));
        }
        let plan = if let Some(spread) = self.spread() {
            let mut plan = spread.rotation_plan(&self.chosen_holders(), &self.login());
            plan.notes.extend(self.unattested());
            plan
        } else {
            Plan {
                notes: self.notes(),
                ..Plan::new(self.ask.title(), self.changes(world))
            }
        };
        if plan.changes.is_empty() {
            return Err(Unready::Nothing);
        }
        Ok(Plan {
            credential_check: self.question(),
            ..plan
        })
    }

    /// The first field whose answer cannot be taken.
    pub fn bad(&self, world: &Store) -> Option<usize> {
        self.fields.iter().position(|field: &Field| {
            self.asks(field.answer)
                && self
                    .complaint(field.answer, world)
                    .is_some_and(|complaint| complaint.is_error)
        })
    }

    /// As what a plan is exported.
    pub fn style(&self) -> ExportFormat {
        let label = self.text(Answer::Format);
        let found = ExportFormat::ALL
            .into_iter()
            .find(|style| style.label() == label);
        found.unwrap_or(ExportFormat::Plain)
    }

    /// The file that it is exported to; `None`: the clipboard.
    pub fn path(&self) -> Option<&str> {
        (self.text(Answer::Destination) == fields::FILE).then(|| self.text(Answer::File))
    }

    /// What the registry can say of the login before it is saved.
    fn question(&self) -> Option<CredentialCheck> {
        if self.source() == Some(Source::Nowhere) || self.in_place().is_some() {
            return None;
        }
        let image = match &self.ask {
            FormSpec::Login { image, .. } | FormSpec::NewSecret { image, .. } => {
                ImageRef::parse(image.as_deref()?).ok()?
            }
            FormSpec::Rotate { .. } => self.spread()?.image.clone()?,
            FormSpec::Setup { .. } | FormSpec::Deploy { .. } => {
                ImageRef::parse(self.text(Answer::Image)).ok()?
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
            username: self.text(Answer::Username).to_owned(),
            password: Password::new(self.text(Answer::Token)),
        }
    }

    /// The Secrets that were taken out of a list of keys.
    fn chosen_holders(&self) -> Vec<String> {
        let taken = self
            .picks(Answer::Secrets)
            .into_iter()
            .flat_map(Picks::taken);
        taken.map(|row| row.name.clone()).collect()
    }

    /// Where no image is known that is pulled with it, nobody can be asked whether a login is taken.
    fn unattested(&self) -> Option<String> {
        self.spread()
            .is_some_and(|spread| spread.image.is_none())
            .then(|| {
                "No Pod pulls with it, so the registry cannot be asked about the new one."
                    .to_owned()
            })
    }

    fn changes(&self, world: &Store) -> Vec<Change> {
        match &self.ask {
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
            } => self.new_secret(namespace, listed, targets, world),
            FormSpec::Image { targets, .. } => {
                let image = self.text(Answer::Image);
                let targets = targets.iter();
                targets.flat_map(|target| target.set(image)).collect()
            }
            FormSpec::Copy {
                from,
                brings,
                targets,
            } => self.copies(from, brings, targets, world),
            FormSpec::Bind { .. } | FormSpec::List { .. } | FormSpec::RunAs { .. } => {
                self.list_changes()
            }
            FormSpec::Setup { .. } | FormSpec::Deploy { .. } => self.setup(world),
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
        let note = match &self.ask {
            FormSpec::DeleteSecret { pods, .. } if *pods > 0 => format!(
                "{} it. What runs goes on; the next pull on a node without the image fails.",
                pods_do(*pods, "lists", "list")
            ),
            FormSpec::DeleteAccount {
                pods, workloads, ..
            } if *pods > 0 || !workloads.is_empty() => {
                let of = match workloads.len() {
                    0 => String::new(),
                    number => format!(" of {}", counted(number, "workload")),
                };
                format!(
                    "{} as it. What runs goes on; no new Pod{of} can be made without it.",
                    pods_do(*pods, "runs", "run")
                )
            }
            FormSpec::Image { left_out, .. } => return left_out.clone(),
            FormSpec::NewSecret { targets, .. } => {
                let targets: Vec<_> = targets.iter().collect();
                return pods_with_the_old_list(&targets, &Name::new(self.text(Answer::Secret)));
            }
            FormSpec::Copy { .. } => {
                "Nobody lists the copies yet: in Secrets, b attaches one to ServiceAccounts."
                    .to_owned()
            }
            FormSpec::Bind { .. } if self.takes(Answer::Accounts, "default") => {
                "default: everything in the namespace that names no other ServiceAccount gets the credential too.".to_owned()
            }
            _ => return Vec::new(),
        };
        vec![note]
    }

    fn account(&self) -> Name<ServiceAccount> {
        Name::new(self.text(Answer::Account))
    }

    /// The Deployment that a workload is made as.
    pub(super) fn deployment_id(&self) -> Option<WorkloadRef> {
        let deploys = matches!(self.ask, FormSpec::Setup { .. } | FormSpec::Deploy { .. });
        deploys.then(|| WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: ObjectRef::new(
                Namespace::new(self.text(Answer::Namespace)),
                Name::new(self.text(Answer::Deployment)),
            ),
        })
    }
}
