//! From the answers of a form to the plan that they make.

use super::{Answer, Form};
use crate::domain::{
    credential::Password,
    image::ImageRef,
    key::{Key, Name, Namespace},
    objects::{Secret, ServiceAccount},
    plan::{Ask, Change, Edit, Login, Plan, Question, Restartable},
    world::World,
};

impl Form {
    /// The plan, or the first field whose answer cannot be taken.
    pub fn plan(&self, world: &World) -> Result<Plan, usize> {
        let bad = self.fields.iter().position(|field| {
            self.complaint(field.answer)
                .is_some_and(|complaint| complaint.refuses)
        });
        if let Some(bad) = bad {
            return Err(bad);
        }
        let mut plan = Plan::new(self.ask.title(), self.changes(world));
        plan.question = self.question();
        Ok(plan)
    }

    /// What the registry can say of the login before it is saved.
    fn question(&self) -> Option<Question> {
        let image = match &self.ask {
            Ask::Login { image, .. } | Ask::NewSecret { image, .. } => image.as_deref()?,
            Ask::Setup { .. } => self.text(Answer::Image),
            Ask::Image { .. } | Ask::Bind { .. } => return None,
        };
        Some(Question {
            image: ImageRef::parse(image).ok()?,
            login: self.login(),
        })
    }

    fn login(&self) -> Login {
        Login {
            username: self.text(Answer::Username).to_owned(),
            password: Password::new(self.text(Answer::Token)),
        }
    }

    fn changes(&self, world: &World) -> Vec<Change> {
        let server = self.text(Answer::Server).to_owned();
        match &self.ask {
            Ask::Login {
                secret, waiting, ..
            } => {
                let edit = Edit::Put {
                    server,
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
                let mut changes = vec![self.create_secret(namespace)];
                if !self.text(Answer::Account).is_empty() {
                    changes.push(self.attach(namespace, world, listed));
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
            Ask::Bind { secret } => {
                let account = Key::new(secret.namespace.clone(), self.account());
                let seen = world.account(&account);
                vec![Change::AttachSecret {
                    seen: seen
                        .map(|account| account.pull_secrets.to_vec())
                        .unwrap_or_default(),
                    account,
                    secret: secret.name.clone(),
                }]
            }
            Ask::Setup { .. } => self.setup(world),
        }
    }

    fn setup(&self, world: &World) -> Vec<Change> {
        let namespace = Namespace::new(self.text(Answer::Namespace));
        let mut changes = Vec::new();
        if world.namespace(&namespace).is_none() {
            changes.push(Change::CreateNamespace(namespace.clone()));
        }
        changes.push(self.create_secret(&namespace));
        changes.push(self.attach(&namespace, world, &[]));
        changes.push(Change::CreateDeployment {
            key: Key::new(namespace, Name::new(self.text(Answer::Deployment))),
            image: self.text(Answer::Image).to_owned(),
            account: self.account(),
            replicas: 1,
        });
        changes
    }

    fn account(&self) -> Name<ServiceAccount> {
        Name::new(self.text(Answer::Account))
    }

    fn create_secret(&self, namespace: &Namespace) -> Change {
        Change::CreateSecret {
            key: Key::new(namespace.clone(), Name::new(self.text(Answer::Secret))),
            server: self.text(Answer::Server).to_owned(),
            login: self.login(),
        }
    }

    /// Attaches the new Secret to the ServiceAccount, which is made if there is none.
    fn attach(&self, namespace: &Namespace, world: &World, listed: &[Name<Secret>]) -> Change {
        let key = Key::new(namespace.clone(), self.account());
        let secret = Name::new(self.text(Answer::Secret));
        match world.account(&key) {
            Some(account) => Change::AttachSecret {
                account: key,
                secret,
                seen: account.pull_secrets.to_vec(),
            },
            // Every namespace has its `default`, and one that may not be listed may be there.
            None if key.name.as_str() == "default" || !listed.is_empty() => Change::AttachSecret {
                account: key,
                secret,
                seen: listed.to_vec(),
            },
            None => Change::CreateAccount {
                key,
                pull_secrets: vec![secret],
            },
        }
    }
}
