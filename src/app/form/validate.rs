//! Validation of form fields.

use super::{CredentialSource, FieldId, Form, ImportState};
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
    /// Validates the value of a field.
    pub fn validate(&self, id: FieldId, store: &Store) -> Option<ValidationError> {
        let text = self.text(id);
        match id {
            FieldId::Namespace => {
                validate::label(text).or_else(|| self.namespace_terminating(store))
            }
            FieldId::Image => validate::image(text),
            FieldId::Server => validate::server(text).or_else(|| no_login(text)),
            FieldId::Username => self
                .import_missing()
                .or_else(|| validate::username(text, &self.registry())),
            FieldId::Token => self
                .import_missing()
                .or_else(|| validate::token(text, &self.registry(), self.text(FieldId::Username))),
            FieldId::Source => match &self.import {
                ImportState::Failed(why) => Some(validate::reject(why)),
                ImportState::Idle | ImportState::Reading(_) | ImportState::Loaded(_) => None,
            },
            FieldId::File if self.spec == FormSpec::Export => text
                .is_empty()
                .then(|| validate::reject("enter a file name")),
            FieldId::Variable => validate::variable(text),
            FieldId::FromSecret => text
                .is_empty()
                .then(|| validate::reject("no Secret has an entry for this registry")),
            // A Secret may be made without anybody who lists it.
            FieldId::Account
                if text.is_empty() && matches!(self.spec, FormSpec::NewSecret { .. }) =>
            {
                None
            }
            FieldId::Account => {
                validate::subdomain(text).or_else(|| self.account_in_other_namespace(store))
            }
            FieldId::Secret => validate::subdomain(text).or_else(|| self.secret_exists(store)),
            FieldId::Deployment => validate::label(text).or_else(|| self.deployment_exists(store)),
            FieldId::Replicas => validate::replicas(text),
            FieldId::Port => validate::port(text),
            FieldId::Confirm => match &self.spec {
                FormSpec::DeleteSecret { secret, .. } => {
                    validate::confirmed(text, secret.name.as_str())
                }
                FormSpec::DeleteAccount { account, .. } => {
                    validate::confirmed(text, account.name.as_str())
                }
                _ => None,
            },
            FieldId::Accounts => self.default_is_taken(),
            FieldId::File
            | FieldId::Secrets
            | FieldId::Namespaces
            | FieldId::Credential
            | FieldId::Tag
            | FieldId::Policy
            | FieldId::Existing
            | FieldId::Restart
            | FieldId::Format
            | FieldId::Destination => None,
        }
    }

    fn import_missing(&self) -> Option<ValidationError> {
        let reads =
            self.pending_import().is_some() || matches!(self.import, ImportState::Reading(_));
        // A variable holds the token only: the user name is typed.
        let typed = self.source() == Some(CredentialSource::Variable);
        (reads && !typed && self.text(FieldId::Token).is_empty())
            .then(|| validate::reject("not read yet: it is read when the form is submitted"))
    }

    fn namespace_terminating(&self, store: &Store) -> Option<ValidationError> {
        let namespace = Namespace::new(self.text(FieldId::Namespace));
        let found = store.namespace(&namespace)?;
        found
            .terminating
            .then(|| validate::reject("terminating: nothing can be created in it"))
    }

    /// The namespace that the answers are about.
    fn target_namespace(&self) -> Option<Namespace> {
        match &self.spec {
            FormSpec::NewSecret { namespace, .. } => Some(namespace.clone()),
            FormSpec::Setup { .. } | FormSpec::Deploy { .. } => {
                Some(Namespace::new(self.text(FieldId::Namespace)))
            }
            _ => None,
        }
    }

    pub(super) fn account_key(&self) -> Option<ObjectRef<ServiceAccount>> {
        Some(ObjectRef::new(
            self.target_namespace()?,
            Name::new(self.text(FieldId::Account)),
        ))
    }

    /// A Pod can use only the ServiceAccounts of its own namespace.
    fn account_in_other_namespace(&self, store: &Store) -> Option<ValidationError> {
        let key = self.account_key()?;
        if store.account(&key).is_some() || key.name.as_str() == "default" {
            return None;
        }
        let mut others = store.accounts(&Scope::Cluster);
        let other = others.find(|account| account.key.name == key.name)?;
        Some(validate::warn(format!(
            "exists in {} only; will be created here",
            other.key.namespace
        )))
    }

    fn secret_exists(&self, store: &Store) -> Option<ValidationError> {
        let name = Name::new(self.text(FieldId::Secret));
        let servers = servers_in(store, &self.target_namespace()?, &name)?;
        let server = self.registry();
        let same = servers.iter().any(|known| **known == *server);
        Some(validate::warn(if same {
            format!("exists: its entry for {server} will be updated")
        } else {
            format!(
                "exists, for {}: this entry will be added",
                servers.join(", ")
            )
        }))
    }

    fn deployment_exists(&self, store: &Store) -> Option<ValidationError> {
        let id = self.deployment_id()?;
        store.workload(&id)?;
        Some(validate::warn(
            "exists: image and serviceAccountName will be updated",
        ))
    }

    /// Whether `default` is among the accounts that get a Secret.
    fn default_is_taken(&self) -> Option<ValidationError> {
        let gets = matches!(self.spec, FormSpec::Bind { .. })
            && self.is_option_selected(FieldId::Accounts, "default");
        gets.then(|| validate::warn("default is used by every Pod without serviceAccountName"))
    }

    /// True if a Secret with the copy's name exists in a selected namespace.
    pub(super) fn conflicts_with_existing(&self) -> bool {
        let FormSpec::Copy { targets, .. } = &self.spec else {
            return false;
        };
        targets.iter().any(|target| {
            target.existing_servers.is_some()
                && self.is_option_selected(FieldId::Namespaces, target.namespace.as_str())
        })
    }

    /// True if a Secret is added to a list.
    pub(super) fn appends(&self) -> bool {
        match &self.spec {
            FormSpec::Bind { secret, accounts } => accounts.iter().any(|listing| {
                let taken = self.is_option_selected(FieldId::Accounts, listing.account.as_str());
                taken && !listing.list.contains(&secret.name) && !listing.workloads.is_empty()
            }),
            FormSpec::List {
                listing, secrets, ..
            } => {
                let adds = |name: &Name<Secret>| {
                    !listing.list.contains(name)
                        && self.is_option_selected(FieldId::Secrets, name.as_str())
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
            "{} has no accounts: no Secret needed",
            preset.name
        )));
    }
    (!preset.alternative.is_empty() && !preset.token_lifetime.is_empty()).then(|| {
        validate::warn(format!(
            "its token expires after {}; better: {}",
            preset.token_lifetime, preset.alternative
        ))
    })
}

/// The known registry of a server string.
pub(super) fn preset(server: &str) -> Option<&'static RegistryInfo> {
    registries::find_by_server(server)
}
