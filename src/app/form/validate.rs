//! What there is to say of an answer while it is given.

use super::{Answer, Form, Import, Source};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Secret, ServiceAccount},
    },
    plan::{
        FormSpec, servers_in,
        validate::{self, ValidationError},
    },
    registry_auth::registries::{self, LoginSupport, RegistryInfo},
    store::{Store, watch::Scope},
};

impl Form {
    /// What there is to say of an answer.
    pub fn complaint(&self, answer: Answer, world: &Store) -> Option<ValidationError> {
        let text = self.text(answer);
        match answer {
            Answer::Namespace => validate::label(text).or_else(|| self.namespace_goes(world)),
            Answer::Image => validate::image(text),
            Answer::Server => validate::server(text).or_else(|| no_login(text)),
            Answer::Username => self
                .not_read()
                .or_else(|| validate::username(text, &self.registry())),
            Answer::Token => self
                .not_read()
                .or_else(|| validate::token(text, &self.registry(), self.text(Answer::Username))),
            Answer::Source => match &self.import {
                Import::Failed(why) => Some(validate::reject(why)),
                Import::Idle | Import::Reading(_) | Import::Got(_) => None,
            },
            Answer::File if self.ask == FormSpec::Export => text
                .is_empty()
                .then(|| validate::reject("the name of a file is needed")),
            Answer::Variable => validate::variable(text),
            Answer::FromSecret => text
                .is_empty()
                .then(|| validate::reject("no Secret has an entry for this registry")),
            // A Secret may be made without anybody who lists it.
            Answer::Account
                if text.is_empty() && matches!(self.ask, FormSpec::NewSecret { .. }) =>
            {
                None
            }
            Answer::Account => {
                validate::subdomain(text).or_else(|| self.account_is_elsewhere(world))
            }
            Answer::Secret => validate::subdomain(text).or_else(|| self.secret_is_there(world)),
            Answer::Deployment => validate::label(text).or_else(|| self.deployment_is_there(world)),
            Answer::Replicas => validate::replicas(text),
            Answer::Port => validate::port(text),
            Answer::Confirm => match &self.ask {
                FormSpec::DeleteSecret { secret, .. } => {
                    validate::confirmed(text, secret.name.as_str())
                }
                FormSpec::DeleteAccount { account, .. } => {
                    validate::confirmed(text, account.name.as_str())
                }
                _ => None,
            },
            Answer::Accounts => self.default_is_taken(),
            Answer::File
            | Answer::Secrets
            | Answer::Namespaces
            | Answer::Which
            | Answer::Policy
            | Answer::Existing
            | Answer::Restart
            | Answer::Format
            | Answer::Destination => None,
        }
    }

    fn not_read(&self) -> Option<ValidationError> {
        let reads = self.wants().is_some() || matches!(self.import, Import::Reading(_));
        // A variable holds the token only: the user name is typed.
        let typed = self.source() == Some(Source::Variable);
        (reads && !typed && self.text(Answer::Token).is_empty())
            .then(|| validate::reject("enter reads it"))
    }

    fn namespace_goes(&self, world: &Store) -> Option<ValidationError> {
        let namespace = Namespace::new(self.text(Answer::Namespace));
        let found = world.namespace(&namespace)?;
        found
            .terminating
            .then(|| validate::reject("it is being deleted: nothing new can be made in it"))
    }

    /// The namespace that the answers are about.
    fn place(&self) -> Option<Namespace> {
        match &self.ask {
            FormSpec::NewSecret { namespace, .. } => Some(namespace.clone()),
            FormSpec::Setup { .. } | FormSpec::Deploy { .. } => {
                Some(Namespace::new(self.text(Answer::Namespace)))
            }
            _ => None,
        }
    }

    pub(super) fn account_key(&self) -> Option<ObjectRef<ServiceAccount>> {
        Some(ObjectRef::new(
            self.place()?,
            Name::new(self.text(Answer::Account)),
        ))
    }

    /// A Pod can use only the ServiceAccounts of its own namespace.
    fn account_is_elsewhere(&self, world: &Store) -> Option<ValidationError> {
        let key = self.account_key()?;
        if world.account(&key).is_some() || key.name.as_str() == "default" {
            return None;
        }
        let mut others = world.accounts(&Scope::Cluster);
        let other = others.find(|account| account.key.name == key.name)?;
        Some(validate::warn(format!(
            "{} has one; a Pod uses those of its own namespace, so one is made here",
            other.key.namespace
        )))
    }

    fn secret_is_there(&self, world: &Store) -> Option<ValidationError> {
        let name = Name::new(self.text(Answer::Secret));
        let servers = servers_in(world, &self.place()?, &name)?;
        let server = self.registry();
        let same = servers.iter().any(|known| **known == *server);
        Some(validate::warn(if same {
            format!("it exists: its entry for {server} gets this login, the others stay")
        } else {
            format!("it exists, for {}: this entry is added", servers.join(", "))
        }))
    }

    fn deployment_is_there(&self, world: &Store) -> Option<ValidationError> {
        let id = self.deployment_id()?;
        world.workload(&id)?;
        Some(validate::warn(
            "it exists: it gets the image and the ServiceAccount",
        ))
    }

    /// Whether `default` is among the accounts that get a Secret.
    fn default_is_taken(&self) -> Option<ValidationError> {
        let gets =
            matches!(self.ask, FormSpec::Bind { .. }) && self.takes(Answer::Accounts, "default");
        gets.then(|| validate::warn("default: whatever names no other account gets it too"))
    }

    /// Whether a Secret of the copy's name is in one of the chosen namespaces.
    pub(super) fn meets_another(&self) -> bool {
        let FormSpec::Copy { targets, .. } = &self.ask else {
            return false;
        };
        targets.iter().any(|target| {
            target.existing_servers.is_some()
                && self.takes(Answer::Namespaces, target.namespace.as_str())
        })
    }

    /// Whether a list gets a Secret that it has not.
    pub(super) fn adds(&self) -> bool {
        match &self.ask {
            FormSpec::Bind { secret, accounts } => accounts.iter().any(|listing| {
                let taken = self.takes(Answer::Accounts, listing.account.as_str());
                taken && !listing.list.contains(&secret.name) && !listing.workloads.is_empty()
            }),
            FormSpec::List {
                listing, secrets, ..
            } => {
                let adds = |name: &Name<Secret>| {
                    !listing.list.contains(name) && self.takes(Answer::Secrets, name.as_str())
                };
                !listing.workloads.is_empty() && secrets.iter().any(adds)
            }
            _ => false,
        }
    }
}

/// A registry that has no accounts wants no Secret; one that dies soon has better ways.
fn no_login(server: &str) -> Option<ValidationError> {
    let preset = preset(server)?;
    if preset.login == LoginSupport::None {
        return Some(validate::warn(format!(
            "{} has no accounts: a Secret for it is useless",
            preset.name
        )));
    }
    (!preset.alternative.is_empty() && !preset.token_lifetime.is_empty()).then(|| {
        validate::warn(format!(
            "its token lives {}; better: {}",
            preset.token_lifetime, preset.alternative
        ))
    })
}

/// The row of a server string.
pub(super) fn preset(server: &str) -> Option<&'static RegistryInfo> {
    registries::find_by_server(server)
}
