//! Hints of form fields.

use std::collections::BTreeSet;

use super::{FieldId, FieldInput, Form, ImportState, validate::preset};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::Secret,
    },
    plan::{CredentialUsage, FormSpec, ImageTarget, Reach},
    plural::{number_or_no, pods_with_verb},
    registry_auth::{image_ref::ImageRef, registries::RegistryInfo},
    store::{Store, watch::Scope},
};

impl Form {
    /// Returns the hint of a form field.
    pub fn hint(&self, id: FieldId, store: &Store) -> String {
        let server = self.registry();
        let preset = preset(&server);
        match (id, preset) {
            (FieldId::Source, _) => match &self.import {
                ImportState::Loaded(from) => format!("read {from}"),
                ImportState::Reading(_) => "reading".to_owned(),
                ImportState::Idle | ImportState::Failed(_) => String::new(),
            },
            (FieldId::Username, Some(preset)) => preset.username.to_owned(),
            (FieldId::Token, Some(preset)) if !preset.token.is_empty() => token_hint(preset),
            (FieldId::Server, Some(preset)) => preset.name.to_owned(),
            (FieldId::File, _) if self.spec != FormSpec::Export => {
                "default: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG, ~/.docker/config.json; only this registry's entry is used".to_owned()
            }
            (FieldId::FromSecret, _) => match self.secret_in_namespace() {
                Some(_) => "already here; used unchanged".to_owned(),
                None => "only the entry for this registry is used".to_owned(),
            },
            (FieldId::Namespace, _) if !self.text(FieldId::Namespace).is_empty() => {
                let namespace = Namespace::new(self.text(FieldId::Namespace));
                if store.namespace(&namespace).is_some() {
                    return String::new();
                }
                let all = store.namespaces().map(|namespace| namespace.name.as_str());
                made_or_meant(namespace.as_str(), all)
            }
            (FieldId::Image, _) => self.image_hint(store),
            (FieldId::Tag, _) => match &self.spec {
                FormSpec::Image { tags, .. } => {
                    let listed = number_or_no(tags.len(), "tag");
                    let picked = self.text(FieldId::Tag);
                    if tags.iter().any(|tag| tag == picked) {
                        format!("in the registry: {listed}")
                    } else {
                        format!("{picked} is not in the registry, which has {listed}")
                    }
                }
                _ => String::new(),
            },
            (FieldId::Account, _) => self.account_hint(store),
            (FieldId::Port, _) => "port the container listens on, if any".to_owned(),
            (FieldId::Restart, _) => {
                "existing Pods keep their pull secrets".to_owned()
            }
            (FieldId::Confirm, _) => self.dependants(),
            (FieldId::Accounts, _) => match &self.spec {
                FormSpec::DeleteSecret { .. } => "the Secret is detached from the checked ones".to_owned(),
                _ => "checked: have the Secret".to_owned(),
            },
            (FieldId::Secrets, _) => match &self.spec {
                FormSpec::Rotate {
                    secret,
                    spreads,
                    reach,
                } => self.rotation_hint(secret, spreads, *reach),
                _ => "checked: attached to the ServiceAccount".to_owned(),
            },
            _ => String::new(),
        }
    }

    /// Which Secrets are checked, or why one is not: the API server refuses every change of an immutable one.
    fn rotation_hint(
        &self,
        secret: &ObjectRef<Secret>,
        spreads: &[CredentialUsage],
        reach: Reach,
    ) -> String {
        let chosen = match self.field(FieldId::Credential).map(|field| &field.input) {
            Some(FieldInput::Select(credential)) => credential.chosen,
            Some(_) | None => 0,
        };
        let holders = spreads.get(chosen).map_or(&[][..], |it| &it.holders);
        let expected = holders.iter().filter(|holder| match reach {
            Reach::Selected => holder.secret == *secret,
            Reach::All => true,
        });
        let mut immutable = expected.filter(|holder| holder.immutable);
        match (immutable.next(), immutable.count()) {
            (None, _) => match reach {
                Reach::Selected => "all have this login; only the checked ones get the new one",
                Reach::All => "checked: have it for this registry",
            }
            .to_owned(),
            (Some(one), 0) => format!("unchecked: Secret {} is immutable; recreate it", one.secret),
            (Some(_), more) => format!("unchecked: {} immutable Secrets; recreate them", more + 1),
        }
    }

    /// What runs in the workload's namespace out of the same repository: mostly one of these is meant.
    fn image_hint(&self, store: &Store) -> String {
        let FormSpec::Image {
            targets, suggested, ..
        } = &self.spec
        else {
            return String::new();
        };
        let Some(ImageTarget { owner, before, .. }) = targets.first() else {
            return String::new();
        };
        if suggested.as_deref() == Some(self.text(FieldId::Image)) {
            return format!("suggested in place of {before}");
        }
        let Ok(wrong) = ImageRef::parse(before) else {
            return String::new();
        };
        let scope = Scope::Namespace(owner.subject().namespace().clone());
        let containers = store.pods(&scope).flat_map(|pod| &pod.containers);
        let running = containers.filter(|container| container.ready);
        let siblings: BTreeSet<String> = running
            .filter(|container| container.image != *before)
            .filter_map(|container| ImageRef::parse(&container.image).ok())
            .filter(|image| image.repository() == wrong.repository())
            .filter_map(|image| Some(image.tag().or(image.digest())?.to_owned()))
            .collect();
        if siblings.is_empty() {
            return String::new();
        }
        let some: Vec<String> = siblings.into_iter().take(NEAR).collect();
        format!("running in this namespace: {}", some.join(", "))
    }

    fn account_hint(&self, store: &Store) -> String {
        if self.text(FieldId::Account) == "default" {
            return "used by every Pod without serviceAccountName".to_owned();
        }
        let Some(key) = self
            .account_key()
            .filter(|key| !key.name.as_str().is_empty())
        else {
            return String::new();
        };
        match store.account(&key) {
            None => {
                let scope = Scope::Namespace(key.namespace.clone());
                let all = store
                    .accounts(&scope)
                    .map(|account| account.key.name.as_str());
                made_or_meant(key.name.as_str(), all)
            }
            Some(account) if account.pull_secrets.is_empty() => {
                "has no pull secrets yet".to_owned()
            }
            Some(account) => {
                let names: Vec<&str> = account.pull_secrets.iter().map(Name::as_str).collect();
                format!("already lists {} (kept)", names.join(", "))
            }
        }
    }

    /// Describes what depends on the object to be deleted.
    fn dependants(&self) -> String {
        match &self.spec {
            FormSpec::DeleteSecret { secret, pods, .. } => format!(
                "{} it; type {} to delete it",
                pods_with_verb(*pods, "uses", "use"),
                secret.name
            ),
            FormSpec::DeleteAccount {
                account,
                pods,
                workloads,
            } => {
                let names: Vec<String> =
                    workloads.iter().take(3).map(ToString::to_string).collect();
                let of = if names.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", names.join(", "))
                };
                format!(
                    "{} it{of}; type {} to delete it",
                    pods_with_verb(*pods, "uses", "use"),
                    account.name
                )
            }
            _ => String::new(),
        }
    }

    /// Summarizes a list in a few words.
    pub fn summary(input: &FieldInput) -> String {
        let FieldInput::MultiSelect(picks) = input else {
            return String::new();
        };
        let names: Vec<&str> = picks.selected().map(|row| row.name.as_str()).collect();
        match names.len() {
            0 => format!("none of {}", picks.rows.len()),
            number => format!("{number} of {}: {}", picks.rows.len(), names.join(", ")),
        }
    }
}

/// Says that a missing object is created, and suggests existing names with this prefix.
fn made_or_meant<'a>(typed: &str, all: impl Iterator<Item = &'a str>) -> String {
    let near: Vec<&str> = all
        .filter(|name| name.starts_with(typed))
        .take(NEAR)
        .collect();
    if near.is_empty() {
        "new: will be created".to_owned()
    } else {
        format!("new: will be created; existing: {}", near.join(", "))
    }
}

/// Maximum number of suggested names.
const NEAR: usize = 4;

/// Where a token is to be had, and how long it lives.
fn token_hint(preset: &RegistryInfo) -> String {
    let life = if preset.token_lifetime.is_empty() {
        String::new()
    } else {
        format!(" (expires after {})", preset.token_lifetime)
    };
    format!("{} · {}{life}", preset.token_page, preset.token)
}
