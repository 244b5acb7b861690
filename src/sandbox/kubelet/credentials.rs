//! The keyring of a Pod: what its listed Secrets hold.
//!
//! Reading and matching are `domain`'s, which is pinned by vectors from the kubelet's own code;
//! which Secrets are looked at, and what is said of those that are missing, is here
//! (`getPullSecretsForPod`, `MakeDockerKeyring`).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::puller::Login;
use crate::{
    domain::{
        dockerconfig::{self, Format},
        image::ImageRef,
        keyring::Keyring,
    },
    sandbox::{
        object::{self, list, map, text},
        resources::Kind,
        world::World,
    },
};

/// What the listed Secrets came to.
pub struct Found {
    /// Names of Secrets that are not there.
    pub missing: Vec<String>,
    /// The kubelet's words about the first Secret that it could not read: it stops the pull.
    pub unreadable: Option<String>,
    keyring: Keyring<Login>,
}

impl Found {
    /// The logins for an image, in the order of trial.
    pub fn logins(&self, image: &ImageRef) -> Vec<Login> {
        self.keyring
            .tries(image)
            .into_iter()
            .map(|found| found.entry.clone())
            .collect()
    }
}

pub fn find(world: &World, pod: &Value) -> Found {
    let mut found = Found {
        missing: Vec::new(),
        unreadable: None,
        keyring: Keyring::default(),
    };
    for reference in list(pod, "/spec/imagePullSecrets") {
        let name = text(reference, "/name");
        match world.store.get(Kind::Secret, object::namespace(pod), name) {
            Some(secret) => read(secret, &mut found),
            // An entry without a name is passed over in silence.
            None if name.is_empty() => {}
            None => found.missing.push(name.to_owned()),
        }
    }
    found
}

/// A Secret of another type, or without the key of its type, says nothing at all.
fn read(secret: &Value, found: &mut Found) {
    let format = match text(secret, "/type") {
        "kubernetes.io/dockerconfigjson" => Format::ConfigJson,
        "kubernetes.io/dockercfg" => Format::LegacyCfg,
        _ => return,
    };
    let content = map(secret, "/data")
        .and_then(|data| data.get(format.data_key()))
        .and_then(Value::as_str);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return;
    };
    let bytes = STANDARD.decode(content).unwrap_or_default();
    let config = dockerconfig::read(format, &bytes);
    match config.usable() {
        Err(malformation) => {
            found
                .unreadable
                .get_or_insert_with(|| malformation.text.to_string());
        }
        Ok(entries) => {
            for entry in entries {
                let login = Login::new(entry.username.to_string(), entry.password.clone());
                found.keyring.add(&entry.server, login);
            }
        }
    }
}
