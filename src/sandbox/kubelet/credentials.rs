//! The keyring of a Pod, from its listed Secrets.
//!
//! Reading and matching are `domain`'s, which is pinned by vectors from the kubelet's own code;
//! which Secrets are looked at, and what is said of those that are missing, is here
//! (`getPullSecretsForPod`, `MakeDockerKeyring`).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::login::{LoginSource, RegistryLogin};
use crate::{
    domain::registry_auth::{
        docker_config::{self, ConfigFormat},
        image_ref::ImageRef,
        keyring::Keyring,
    },
    sandbox::{
        object::{self, StoredObject, list, map, text},
        resources::ResourceKind,
        store::ObjectStore,
    },
};

/// The credentials of the listed Secrets.
pub struct PodCredentials {
    /// The kubelet's words about the first Secret that it could not read: it stops the pull.
    pub unreadable: Option<String>,
    keyring: Keyring<RegistryLogin>,
    /// Those that it was read from.
    secrets: Vec<StoredObject>,
}

impl PodCredentials {
    fn read(secrets: Vec<StoredObject>) -> Self {
        let mut found = Self {
            unreadable: None,
            keyring: Keyring::default(),
            secrets: Vec::new(),
        };
        for secret in &secrets {
            read(secret, &mut found);
        }
        found.secrets = secrets;
        found
    }

    /// Whether it was read from these: a Secret that was changed is another object.
    fn is_from(&self, secrets: &[StoredObject]) -> bool {
        self.secrets.len() == secrets.len()
            && self
                .secrets
                .iter()
                .zip(secrets)
                .all(|(mine, secret)| Arc::ptr_eq(mine, secret))
    }

    /// The logins for an image, in the order of attempts.
    pub fn logins(&self, image: &ImageRef) -> Vec<RegistryLogin> {
        self.keyring
            .candidates(image)
            .into_iter()
            .map(|found| found.entry.clone())
            .collect()
    }
}

/// Names of listed Secrets that do not exist.
pub fn missing(store: &ObjectStore, pod: &Value) -> Vec<String> {
    listed(store, pod)
        .filter(|(_, secret)| secret.is_none())
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Reads the credentials of the listed Secrets; reuses `before` if the Secrets are unchanged.
pub fn find(
    store: &ObjectStore,
    pod: &Value,
    before: Option<&Arc<PodCredentials>>,
) -> Arc<PodCredentials> {
    let secrets: Vec<StoredObject> = listed(store, pod)
        .filter_map(|(_, secret)| secret.cloned())
        .collect();
    match before {
        Some(before) if before.is_from(&secrets) => Arc::clone(before),
        _ => Arc::new(PodCredentials::read(secrets)),
    }
}

/// The names that the Pod lists, and the Secrets that are there. An entry without a name is passed
/// over in silence.
fn listed<'a>(
    store: &'a ObjectStore,
    pod: &'a Value,
) -> impl Iterator<Item = (&'a str, Option<&'a StoredObject>)> {
    let namespace = object::namespace(pod);
    list(pod, "/spec/imagePullSecrets")
        .iter()
        .map(|reference| text(reference, "/name"))
        .filter(|name| !name.is_empty())
        .map(move |name| (name, store.get(ResourceKind::Secret, namespace, name)))
}

/// A Secret of another type, or without the key of its type, says nothing at all.
fn read(secret: &Value, found: &mut PodCredentials) {
    let format = match text(secret, "/type") {
        "kubernetes.io/dockerconfigjson" => ConfigFormat::ConfigJson,
        "kubernetes.io/dockercfg" => ConfigFormat::LegacyCfg,
        _ => return,
    };
    let content = map(secret, "/data")
        .and_then(|data| data.get(format.data_key()))
        .and_then(Value::as_str);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return;
    };
    let bytes = STANDARD.decode(content).unwrap_or_default();
    let config = docker_config::read(format, &bytes);
    match config.usable_entries() {
        Err(malformation) => {
            found
                .unreadable
                .get_or_insert_with(|| malformation.text.to_string());
        }
        Ok(entries) => {
            for entry in entries {
                let source = LoginSource::Object(object::uid(secret).to_owned());
                let (user, password) = (entry.username.to_string(), entry.password.clone());
                let login = RegistryLogin::new(user, password, source);
                found.keyring.add(&entry.server, login);
            }
        }
    }
}
