//! From the answers of a form to the plan that they make.

mod lists;
mod setup;

use super::{Answer, Entry, Field, Form, Picks, Source, fields};
use crate::domain::{
    credential::Password,
    image::ImageRef,
    key::{Key, Name, Namespace},
    objects::{Secret, ServiceAccount, WorkloadKey, WorkloadKind},
    plan::{Ask, Change, Copy, Edit, Existing, Login, Plan, Question, Restartable, Style},
    world::World,
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
    pub fn plan(&self, world: &World) -> Result<Plan, Unready> {
        if let Some(bad) = self.bad(world) {
            return Err(Unready::Field(bad));
        }
        let plan = if let Some(spread) = self.spread() {
            let mut plan = spread.rotated(&self.chosen_secrets(), &self.login());
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
            question: self.question(),
            ..plan
        })
    }

    /// The first field whose answer cannot be taken.
    pub fn bad(&self, world: &World) -> Option<usize> {
        self.fields.iter().position(|field: &Field| {
            self.asks(field.answer)
                && self
                    .complaint(field.answer, world)
                    .is_some_and(|complaint| complaint.refuses)
        })
    }

    /// As what a plan is exported.
    pub fn style(&self) -> Style {
        let label = self.text(Answer::Format);
        let found = Style::ALL.into_iter().find(|style| style.label() == label);
        found.unwrap_or(Style::Plain)
    }

    /// The file that it is exported to; `None`: the clipboard.
    pub fn path(&self) -> Option<&str> {
        (self.text(Answer::Destination) == fields::FILE).then(|| self.text(Answer::File))
    }

    /// What the registry can say of the login before it is saved.
    fn question(&self) -> Option<Question> {
        if self.source() == Some(Source::Nowhere) || self.in_place().is_some() {
            return None;
        }
        let image = match &self.ask {
            Ask::Login { image, .. } | Ask::NewSecret { image, .. } => {
                ImageRef::parse(image.as_deref()?).ok()?
            }
            Ask::Rotate { .. } => self.spread()?.image.clone()?,
            Ask::Setup { .. } | Ask::Deploy { .. } => {
                ImageRef::parse(self.text(Answer::Image)).ok()?
            }
            Ask::Copy { .. }
            | Ask::Image { .. }
            | Ask::Bind { .. }
            | Ask::List { .. }
            | Ask::RunAs { .. }
            | Ask::DeleteSecret { .. }
            | Ask::DeleteAccount { .. }
            | Ask::Export => return None,
        };
        Some(Question {
            image,
            login: self.login(),
        })
    }

    fn login(&self) -> Login {
        Login {
            username: self.text(Answer::Username).to_owned(),
            password: Password::new(self.text(Answer::Token)),
        }
    }

    /// The Secrets that were taken out of a list of keys.
    fn chosen_secrets(&self) -> Vec<Key<Secret>> {
        let taken = self
            .picks(Answer::Secrets)
            .into_iter()
            .flat_map(Picks::taken);
        taken
            .filter_map(|row| row.name.split_once('/'))
            .map(|(namespace, name)| Key::new(Namespace::new(namespace), Name::new(name)))
            .collect()
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

    fn changes(&self, world: &World) -> Vec<Change> {
        match &self.ask {
            Ask::Login {
                secret, waiting, ..
            } => {
                let edit = Edit::Put {
                    server: self.text(Answer::Server).to_owned(),
                    login: self.login(),
                };
                let change = Change::EditSecret {
                    key: secret.clone(),
                    edit,
                };
                let retries = waiting.iter().cloned().map(Change::DeletePod);
                std::iter::once(change).chain(retries).collect()
            }
            Ask::NewSecret {
                namespace,
                listed,
                workloads,
                ..
            } => {
                let mut changes = vec![self.save_secret(namespace, world)];
                if !self.text(Answer::Account).is_empty() {
                    let secret = Name::new(self.text(Answer::Secret));
                    changes.push(self.attach(namespace, &secret, world, listed));
                    let restartable = workloads.iter().cloned().filter_map(Restartable::new);
                    changes.extend(restartable.map(Change::Restart));
                }
                changes
            }
            Ask::Image {
                workload,
                container,
                before,
            } => Restartable::new(workload.clone())
                .map(|workload| Change::SetImage {
                    workload,
                    container: container.clone(),
                    before: before.clone(),
                    image: self.text(Answer::Image).to_owned(),
                })
                .into_iter()
                .collect(),
            Ask::Copy {
                from,
                brings,
                targets,
            } => {
                let chosen = targets.iter().filter(|target| {
                    self.picks(Answer::Namespaces)
                        .is_some_and(|picks| picks.is_taken(target.namespace.as_str()))
                });
                let name = self.text(Answer::Secret);
                let copy = |target: &crate::domain::plan::Target| {
                    let to = Key::new(target.namespace.clone(), Name::new(name));
                    Change::CopySecret(Copy {
                        from: from.clone(),
                        existing: self.existing(),
                        brings: brings.clone(),
                        there: world
                            .secret(&to)
                            .map(|secret| crate::domain::plan::servers(secret)),
                        to,
                    })
                };
                chosen.map(copy).collect()
            }
            Ask::Bind { .. } | Ask::List { .. } | Ask::RunAs { .. } => self.list_changes(),
            Ask::Setup { .. } | Ask::Deploy { .. } => self.setup(world),
            Ask::DeleteSecret {
                secret, accounts, ..
            } => {
                let detached = accounts.iter().filter(|listing| {
                    self.picks(Answer::Accounts)
                        .is_some_and(|picks| picks.is_taken(listing.account.as_str()))
                });
                let detach = |listing: &crate::domain::plan::Listing| Change::DetachSecret {
                    account: Key::new(secret.namespace.clone(), listing.account.clone()),
                    secret: secret.name.clone(),
                    seen: listing.list.clone(),
                };
                let delete = Change::DeleteSecret {
                    key: secret.clone(),
                };
                detached.map(detach).chain([delete]).collect()
            }
            Ask::DeleteAccount { account, .. } => vec![Change::DeleteAccount {
                key: account.clone(),
            }],
            // Its plan is spread over many Secrets, and is made elsewhere; an export changes nothing.
            Ask::Rotate { .. } | Ask::Export => Vec::new(),
        }
    }

    fn existing(&self) -> Existing {
        let label = self.text(Answer::Existing);
        let found = fields::EXISTING.iter().find(|(known, _)| *known == label);
        found.map_or(Existing::Keep, |(_, existing)| *existing)
    }

    /// What depends on what is changed.
    fn notes(&self) -> Vec<String> {
        match &self.ask {
            Ask::DeleteSecret { pods, .. } if *pods > 0 => vec![format!(
                "{pods} Pods list it. What runs goes on; the next pull on a node without the image fails."
            )],
            Ask::DeleteAccount {
                pods, workloads, ..
            } if *pods > 0 || !workloads.is_empty() => vec![format!(
                "{pods} Pods run as it. What runs goes on; no new Pod of {} can be made without it.",
                count(workloads.len(), "workload")
            )],
            Ask::Copy { .. } => {
                vec![
                    "Nobody lists the copies yet: in Secrets, b attaches one to ServiceAccounts."
                        .to_owned(),
                ]
            }
            Ask::Bind { .. }
                if self
                    .picks(Answer::Accounts)
                    .is_some_and(|p| p.is_taken("default")) =>
            {
                vec!["default: everything in the namespace that names no other ServiceAccount gets the credential too.".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn account(&self) -> Name<ServiceAccount> {
        Name::new(self.text(Answer::Account))
    }

    /// The Deployment that a workload is made as.
    pub(super) fn deployment_id(&self) -> Option<WorkloadKey> {
        let deploys = matches!(self.ask, Ask::Setup { .. } | Ask::Deploy { .. });
        deploys.then(|| WorkloadKey {
            kind: WorkloadKind::Deployment,
            key: Key::new(
                Namespace::new(self.text(Answer::Namespace)),
                Name::new(self.text(Answer::Deployment)),
            ),
        })
    }

    /// A new Secret, or another login for the one that is there.
    fn save_secret(&self, namespace: &Namespace, world: &World) -> Change {
        let key = Key::new(namespace.clone(), Name::new(self.text(Answer::Secret)));
        let server = self.text(Answer::Server).to_owned();
        let login = self.login();
        if world.secret(&key).is_some() {
            Change::EditSecret {
                key,
                edit: Edit::Put { server, login },
            }
        } else {
            Change::CreateSecret { key, server, login }
        }
    }

    /// Attaches a Secret to the ServiceAccount, which is made if there is none.
    fn attach(
        &self,
        namespace: &Namespace,
        secret: &Name<Secret>,
        world: &World,
        listed: &[Name<Secret>],
    ) -> Change {
        let key = Key::new(namespace.clone(), self.account());
        match world.account(&key) {
            Some(account) => Change::AttachSecret {
                account: key,
                secret: secret.clone(),
                seen: account.pull_secrets.to_vec(),
            },
            // Every namespace has its `default`, and one that may not be listed may be there.
            None if key.name.as_str() == "default" || !listed.is_empty() => Change::AttachSecret {
                account: key,
                secret: secret.clone(),
                seen: listed.to_vec(),
            },
            None => Change::CreateAccount {
                key,
                pull_secrets: vec![secret.clone()],
            },
        }
    }
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

impl Entry {
    /// Whether keys of a list speak to it.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Many(_))
    }
}
